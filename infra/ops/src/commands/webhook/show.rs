//! `ops webhook show`: where 1MSG reports to now.

use clap::Args;
use serde::Serialize;

use super::list::{self, Shown, Whose};
use super::one_msg::{line, ours};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, Report, style};
use crate::providers::OneMsg;

/// Shows where 1MSG reports to now.
///
/// Reads the channel's list of URLs and its switch for acknowledgements. Of others' URLs only the host is shown. Meta and
/// Kaleyra offer no such list: `ops webhook register meta` and `… kaleyra` check their side from here.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1 where our URL isn't among them, or no status would come.

Examples:
  ops webhook show --local
  ops webhook show --local --json")]
pub struct Arguments {}

#[derive(Debug, Serialize)]
struct Registration {
    webhooks: Vec<Shown>,
    ack_notifications_on: Option<bool>,
}

impl Registration {
    fn is_ours_registered(&self) -> bool {
        self.webhooks.iter().any(|shown| shown.whose == Whose::Ours)
    }
}

pub(super) async fn run(
    _arguments: &Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::of(deployment);
    let (_, url) = ours(None, accounts).await?;
    let client = OneMsg::new(&accounts.base_urls()?, &accounts.one_msg().await?)?;
    let registration = Registration {
        webhooks: client.webhook().await?.iter().map(|known| list::shown(known, &url)).collect(),
        ack_notifications_on: client.settings().await?.ack_notifications_on,
    };
    output.show(&registration);
    let is_fine = registration.is_ours_registered() && registration.ack_notifications_on == Some(true);
    Ok(if is_fine { Exit::Fine } else { Exit::Attention })
}

impl Report for Registration {
    fn text(&self) -> String {
        let mut lines = vec!["1MSG reports to".to_owned()];
        if self.webhooks.is_empty() {
            lines.push("  none".to_owned());
        }
        lines.extend(self.webhooks.iter().map(line));
        lines.push(match self.ack_notifications_on {
            Some(true) => format!("Acknowledgements are {}.", style::good("on")),
            Some(false) => format!("Acknowledgements are {}: no status ever comes.", style::bad("off")),
            None => format!("Acknowledgements: {}.", style::pending("1MSG doesn't say")),
        });
        if !self.is_ours_registered() {
            let missing = style::bad("Our URL is not among them");
            lines.push(format!("{missing}: `ops webhook register onemsg` adds it."));
        } else if self.ack_notifications_on != Some(true) {
            lines.push("`ops webhook register onemsg` turns them on.".to_owned());
        }
        lines.join("\n")
    }
}
