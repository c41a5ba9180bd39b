//! `ops webhook show`: shows the webhooks that are registered with the providers.

use clap::Args;
use serde::Serialize;

use super::list::{self, Shown, Whose};
use super::one_msg::{line, ours};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, Report, style};
use crate::providers::{Meta, OneMsg};
use crate::senders::Choice;
use crate::webhook_probe::WebhookProbe;

/// Shows the webhooks that are registered with 1MSG and Meta.
///
/// Shows 1MSG's URLs and whether acknowledgements are on, and Meta's callback URL and subscribed apps. For other
/// applications' URLs, only the host is shown. Kaleyra has no interface for this.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 if a provider does not report to this deployment.

Examples:
  ops webhook show --local
  ops webhook show --local --json")]
pub struct Arguments {
    #[command(flatten)]
    senders: Choice,
}

/// The registered webhooks; none for a provider without credentials.
#[derive(Debug, Serialize)]
struct Registrations {
    onemsg: Option<AtOneMsg>,
    meta: Option<AtMeta>,
}

#[derive(Debug, Serialize)]
struct AtOneMsg {
    webhooks: Vec<Shown>,
    ack_notifications_on: Option<bool>,
}

#[derive(Debug, Serialize)]
struct AtMeta {
    callback_url: Option<Shown>,
    /// None if the secret doesn't name the business account.
    subscribed_apps: Option<Vec<String>>,
}

pub(super) async fn run(
    arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let chosen = arguments.senders.chosen(deployment, None).await;
    let (reports, exit) = chosen.run(deployment, registrations).await?;
    output.show(&reports);
    Ok(exit)
}

async fn registrations(accounts: Accounts<'_>) -> Result<(Registrations, Exit), Failure> {
    let credentials = accounts.credentials().await?;
    let base_urls = accounts.base_urls()?;
    let mut registrations = Registrations { onemsg: None, meta: None };
    if let Some(credentials) = &credentials.onemsg {
        let (_, url) = ours(None, accounts).await?;
        let client = OneMsg::new(&base_urls, credentials)?;
        registrations.onemsg = Some(AtOneMsg {
            webhooks: client.webhook().await?.iter().map(|known| list::shown(known, &url)).collect(),
            ack_notifications_on: client.settings().await?.ack_notifications_on,
        });
    }
    if let Some(credentials) = &credentials.meta {
        let url = WebhookProbe::new(&accounts.webhook_url()?)?.url(&["meta"]);
        let client = Meta::new(&base_urls, credentials)?;
        registrations.meta = Some(AtMeta {
            callback_url: client.callback_url().await?.map(|known| list::shown_plain(&known, &url)),
            subscribed_apps: match &credentials.waba_id {
                Some(waba) => Some(client.subscribed_apps(waba).await?),
                None => None,
            },
        });
    }
    let is_fine = registrations.onemsg.as_ref().is_none_or(AtOneMsg::is_fine)
        && registrations.meta.as_ref().is_none_or(AtMeta::is_fine);
    Ok((registrations, if is_fine { Exit::Fine } else { Exit::Attention }))
}

impl AtOneMsg {
    fn is_ours_registered(&self) -> bool {
        self.webhooks.iter().any(|shown| shown.whose == Whose::Ours)
    }

    fn is_fine(&self) -> bool {
        self.is_ours_registered() && self.ack_notifications_on == Some(true)
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![style::strong("1MSG reports to")];
        if self.webhooks.is_empty() {
            lines.push("  no URL".to_owned());
        }
        lines.extend(self.webhooks.iter().map(line));
        lines.push(match self.ack_notifications_on {
            Some(true) => format!("  acknowledgements are {}", style::good("on")),
            Some(false) => format!("  acknowledgements are {}: 1MSG posts no statuses", style::bad("off")),
            None => format!("  acknowledgements: {}", style::pending("unknown")),
        });
        if !self.is_ours_registered() {
            let missing = style::bad("our URL is missing");
            lines.push(format!("  {missing}: `ops webhook register onemsg` adds it"));
        } else if self.ack_notifications_on != Some(true) {
            lines.push("  `ops webhook register onemsg` turns them on".to_owned());
        }
        lines
    }
}

impl AtMeta {
    fn is_ours_registered(&self) -> bool {
        self.callback_url.as_ref().is_some_and(|shown| shown.whose == Whose::Ours)
    }

    fn is_fine(&self) -> bool {
        self.is_ours_registered() && self.subscribed_apps.as_ref().is_none_or(|apps| !apps.is_empty())
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![style::strong("Meta reports to")];
        lines.push(self.callback_url.as_ref().map_or_else(|| "  no URL".to_owned(), line));
        if !self.is_ours_registered() {
            let missing = style::bad("this is not our URL");
            lines.push(format!("  {missing}: `ops webhook register meta` prints the settings"));
        }
        lines.push(match self.subscribed_apps.as_deref() {
            None => format!(
                "  subscribed apps: {}, because the credentials secret has no meta.waba_id",
                style::pending("unknown")
            ),
            Some([]) => {
                let none = style::bad("no app is subscribed");
                format!(
                    "  {none}: Meta posts no statuses; `ops webhook register meta` shows how to subscribe the app"
                )
            }
            Some(apps) => format!("  subscribed apps: {}", apps.join(", ")),
        });
        lines
    }
}

impl Report for Registrations {
    fn text(&self) -> String {
        let absent = |name| vec![format!("{name}: not in the credentials secret")];
        let one_msg = self.onemsg.as_ref().map_or_else(|| absent("1MSG"), AtOneMsg::lines);
        let meta = self.meta.as_ref().map_or_else(|| absent("Meta"), AtMeta::lines);
        [one_msg, vec![String::new()], meta].concat().join("\n")
    }
}
