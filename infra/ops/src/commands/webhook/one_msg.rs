//! `ops webhook register onemsg`: reads the list of URLs, adds ours, writes it back, and reads it again.

use clap::Args;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use url::Url;

use super::checks;
use super::list::{self, Merged, Shown, Whose};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::our_webhook::{Check, OurWebhook};
use crate::output::{Output, Report, style};
use crate::providers::one_msg::MAX_WEBHOOKS;
use crate::providers::{OneMsg, is_loopback};

/// Adds our webhook to those that 1MSG reports to, and turns its acknowledgements on.
///
/// Reads the channel's list of URLs, adds ours, writes the list back and reads it again. No URL that is there is dropped,
/// and 1MSG takes five at most. Running it again writes the same list, which has 1MSG try a URL again that it had given
/// up. It first makes sure that our webhook answers, for 1MSG gives up a URL that doesn't.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ops webhook register onemsg --dry-run --local
  ops webhook register onemsg --local")]
pub struct Arguments {
    /// Another URL than this deployment's own.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,

    /// Says what would be written, and writes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The result of the registration.
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
    let accounts = Accounts::of(deployment);
    let (webhook, url) = ours(arguments.url, accounts).await?;
    let client = OneMsg::new(&accounts.base_urls()?, &accounts.one_msg().await?)?;

    let check = webhook.probe(&url).await;
    if !check.is_passed() {
        let problem = format!("our webhook does not answer at the URL to be registered: {}", check.found);
        return Err(Failure::unavailable(format!("{problem}. Nothing was written"))
            .with_remedy("check WEBHOOK_URL or --url and the webhook secret, then run it again"));
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
                return Err(Failure::unavailable("1MSG says that acknowledgements are still off")
                    .with_remedy(
                        "turn ackNotificationsOn on in 1MSG's cabinet: without it no status ever comes",
                    ));
            }
        }
        after
    };
    let show = |urls: &[String]| urls.iter().map(|known| list::shown(known, &url)).collect();
    output.show(&Registered {
        dry_run: arguments.dry_run,
        our_url,
        before: show(&before),
        after: show(&after),
        acknowledgements,
        check,
    });
    Ok(Exit::Fine)
}

/// Our webhook, and the URL that 1MSG should call: this deployment's own, or another one.
pub(super) async fn ours(given: Option<Url>, accounts: Accounts<'_>) -> Result<(OurWebhook, Url), Failure> {
    match given {
        Some(url) if url.scheme() == "https" || is_loopback(&url) => Ok((OurWebhook::at(&url)?, url)),
        Some(_) => Err(Failure::usage("--url is not https: 1MSG's calls carry customers' phone numbers")),
        None => {
            let secret = accounts.one_msg_webhook().await?;
            let webhook = OurWebhook::at(&accounts.webhook_url()?)?;
            let url = webhook.address(&["onemsg", secret.url_secret.expose_secret()]);
            Ok((webhook, url))
        }
    }
}

fn full(known: &[String], url: &Url) -> Failure {
    let lines: Vec<String> = known.iter().map(|known| format!("  {}", list::shown(known, url).url)).collect();
    Failure::usage(format!(
        "1MSG takes {MAX_WEBHOOKS} URLs, and the channel has {} others:\n{}\nNothing was written",
        known.len(),
        lines.join("\n")
    ))
    .with_remedy("take out one that nobody needs any more, in 1MSG's cabinet, then run it again")
}

/// Checks that the new list contains everything that was written.
fn verify(written: &[String], after: &[String], url: &Url) -> Result<(), Failure> {
    let dropped = list::dropped(written, after);
    if dropped.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        dropped.iter().map(|known| format!("  {}", list::shown(known, url).url)).collect();
    Err(Failure::unavailable(format!(
        "1MSG did not keep all that was written; missing are:\n{}",
        lines.join("\n")
    ))
    .with_remedy("look at the channel's webhooks in 1MSG's cabinet, and enter what is missing there"))
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
                ("would report to", "our URL is there, and the list would be written anew")
            }
            (false, OurUrl::Added) => ("reports to", "our URL was added"),
            (false, OurUrl::AlreadyThere) => {
                ("reports to", "our URL was there, and the list was written anew")
            }
        };
        let acknowledgements = match (self.dry_run, self.acknowledgements) {
            (_, Acknowledgements::WereOn) => "acknowledgements are on",
            (true, Acknowledgements::TurnedOn) => "acknowledgements would be turned on",
            (false, Acknowledgements::TurnedOn) => "acknowledgements were turned on",
        };
        let title = if self.dry_run { "A dry run, nothing was written:" } else { "Done:" };
        format!(
            "{} {done}; {acknowledgements}.\n\n1MSG reported to\n{}\n1MSG {heading}\n{}\n\nOur webhook\n{}\n",
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
            style::pending(
                "(ours, with another secret: take it out in 1MSG's cabinet once the rotation is over)"
            )
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
    fn a_url_that_was_not_kept_is_named_without_its_secret() {
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
