//! `ops webhook register onemsg`: adds our URL to the channel's list.

use clap::Args;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use shared::provider::Provider;
use url::Url;

use super::checks;
use super::list::{self, Merged, Shown, Whose};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::labels;
use crate::output::{Output, Report, style};
use crate::providers::one_msg::MAX_WEBHOOKS;
use crate::providers::{OneMsg, is_loopback};
use crate::senders::WriteChoice;
use crate::webhook_probe::{Check, WebhookProbe};

/// Adds the webhook to the channel's URLs at 1MSG, and turns acknowledgements on.
///
/// First checks that the webhook answers, because 1MSG disables URLs that don't. Then adds the URL to the channel's list,
/// which has at most five, and verifies the list. No other URL is removed. Running the command again writes the same list,
/// which makes 1MSG retry disabled URLs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ops webhook register onemsg --dry-run --local
  ops webhook register onemsg --local")]
pub struct Arguments {
    /// The URL to register [default: this deployment's].
    #[arg(long, value_name = "URL")]
    url: Option<Url>,

    /// Shows what would be written without writing it.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    senders: WriteChoice,
}

#[derive(Debug, Serialize)]
struct Registered {
    /// Whether nothing was written.
    dry_run: bool,
    /// The result for our URL.
    our_url: OurUrl,
    before: Vec<Shown>,
    after: Vec<Shown>,
    acknowledgements: Acknowledgements,
    check: Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum OurUrl {
    Added,
    AlreadyThere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Acknowledgements {
    WereOn,
    TurnedOn,
}

pub(super) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let chosen = arguments.senders.chosen(deployment, Some(Provider::OneMsg)).await?;
    let register = async |accounts: Accounts<'_>| Ok((register(&arguments, accounts).await?, Exit::Fine));
    let (reports, exit) = chosen.run(deployment, register).await?;
    output.show(&reports);
    Ok(exit)
}

async fn register(arguments: &Arguments, accounts: Accounts<'_>) -> Result<Registered, Failure> {
    let (webhook, url) = ours(arguments.url.clone(), accounts).await?;
    let client = OneMsg::new(&accounts.base_urls()?, &accounts.one_msg().await?)?;

    let check = webhook.probe(&url).await;
    if !check.is_passed() {
        let problem = format!("the webhook does not answer at the URL to be registered: {}", check.found);
        return Err(Failure::unavailable(format!("{problem}; nothing was written"))
            .with_remedy("check WEBHOOK_URL or --url and the webhook secret, then run the command again"));
    }
    let before = client.webhook().await?;
    let (our_url, planned) = match list::merge(&before, url.as_str()) {
        Merged::Added(list) => (OurUrl::Added, list),
        Merged::AlreadyThere(list) => (OurUrl::AlreadyThere, list),
        Merged::Full => return Err(full(&before, &url)),
    };
    let settings = client.settings().await?;
    let acknowledgements = match settings.ack_notifications_on {
        Some(true) => Acknowledgements::WereOn,
        Some(false) | None => Acknowledgements::TurnedOn,
    };
    let after = if arguments.dry_run {
        planned
    } else {
        client.set_webhook(&planned).await?;
        let after = client.webhook().await?;
        verify(&planned, &after, &url)?;
        if acknowledgements == Acknowledgements::TurnedOn {
            client.set_ack_notifications_on().await?;
            if client.settings().await?.ack_notifications_on == Some(false) {
                return Err(Failure::unavailable("acknowledgements are still off at 1MSG").with_remedy(
                    "turn ackNotificationsOn on in 1MSG's cabinet: otherwise 1MSG posts no statuses",
                ));
            }
        }
        after
    };
    let show = |urls: &[String]| urls.iter().map(|known| list::shown(known, &url)).collect();
    Ok(Registered {
        dry_run: arguments.dry_run,
        our_url,
        before: show(&before),
        after: show(&after),
        acknowledgements,
        check,
    })
}

/// The webhook and its URL for 1MSG: `given`, otherwise this deployment's.
pub(super) async fn ours(given: Option<Url>, accounts: Accounts<'_>) -> Result<(WebhookProbe, Url), Failure> {
    match given {
        Some(url) if url.scheme() == "https" || is_loopback(&url) => Ok((WebhookProbe::new(&url)?, url)),
        Some(_) => {
            Err(Failure::usage("--url must be https, because 1MSG's calls contain customers' phone numbers"))
        }
        None => {
            let secret = accounts.one_msg_webhook().await?;
            let webhook = WebhookProbe::new(&accounts.webhook_url()?)?;
            let url = webhook.url(&["onemsg", secret.url_secret.expose_secret()]);
            Ok((webhook, url))
        }
    }
}

fn full(known: &[String], url: &Url) -> Failure {
    let lines: Vec<String> = known.iter().map(|known| format!("  {}", list::shown(known, url).url)).collect();
    Failure::usage(format!(
        "nothing was written, because 1MSG accepts {MAX_WEBHOOKS} URLs and the channel has {}:\n{}",
        labels::count(known.len(), "other"),
        lines.join("\n")
    ))
    .with_remedy("remove an unused URL in 1MSG's cabinet, then run the command again")
}

/// Checks that the new list contains everything that was written.
fn verify(written: &[String], after: &[String], url: &Url) -> Result<(), Failure> {
    let dropped = list::dropped(written, after);
    if dropped.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        dropped.iter().map(|known| format!("  {}", list::shown(known, url).url)).collect();
    Err(Failure::unavailable(format!("1MSG did not store all URLs; missing are:\n{}", lines.join("\n")))
        .with_remedy("add the missing URLs to the channel's webhooks in 1MSG's cabinet"))
}

impl Report for Registered {
    fn text(&self) -> String {
        let lines = |urls: &[Shown]| match urls {
            [] => "  none".to_owned(),
            urls => urls.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        let (heading, done) = match (self.dry_run, self.our_url) {
            (true, OurUrl::Added) => ("would report to", "our URL would be added"),
            (true, OurUrl::AlreadyThere) => {
                ("would report to", "our URL is already in the list, which would be written again")
            }
            (false, OurUrl::Added) => ("reports to", "our URL was added"),
            (false, OurUrl::AlreadyThere) => {
                ("reports to", "our URL was already in the list, which was written again")
            }
        };
        let acknowledgements = match (self.dry_run, self.acknowledgements) {
            (_, Acknowledgements::WereOn) => "acknowledgements are on",
            (true, Acknowledgements::TurnedOn) => "acknowledgements would be turned on",
            (false, Acknowledgements::TurnedOn) => "acknowledgements were turned on",
        };
        let title = if self.dry_run { "Dry run, nothing was written:" } else { "Done:" };
        format!(
            "{} {done}; {acknowledgements}.\n\n1MSG reported to\n{}\n1MSG {heading}\n{}\n\nTest calls to the webhook\n{}\n",
            style::strong(title),
            lines(&self.before),
            lines(&self.after),
            checks::text(std::slice::from_ref(&self.check))
        )
    }
}

/// A URL with its owner.
pub(super) fn line(shown: &Shown) -> String {
    match shown.whose {
        Whose::Ours => format!("  {} {}", shown.url, style::good("(ours)")),
        Whose::OursWithAnotherSecret => format!(
            "  {} {}",
            shown.url,
            style::pending("(ours, with another secret: remove it in 1MSG's cabinet after the rotation)")
        ),
        Whose::Anothers => format!("  {}", shown.url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://api.example/webhooks/onemsg/s3cret";

    fn list(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|url| (*url).to_owned()).collect()
    }

    #[test]
    fn a_missing_url_is_named_without_its_secret() {
        let url: Url = OURS.parse().unwrap();
        let written = list(&["https://crm.example/t0ken", OURS]);
        assert!(verify(&written, &written, &url).is_ok());
        assert!(
            verify(&written, &list(&[OURS, "https://new.example", "https://crm.example/t0ken"]), &url)
                .is_ok()
        );
        for (after, missing) in [
            (list(&[OURS]), "https://crm.example/…"),
            (list(&["https://crm.example/t0ken"]), "https://api.example/webhooks/onemsg/<url_secret>"),
        ] {
            let failure = verify(&written, &after, &url).unwrap_err();
            assert!(failure.problem().ends_with(missing), "{failure:?}");
            assert!(!failure.problem().contains("s3cret") && !failure.problem().contains("t0ken"));
        }
    }
}
