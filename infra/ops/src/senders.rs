//! Commands about accounts, for one sender or for each in turn.

use clap::Args;
use serde::Serialize;
use shared::message::Sender;
use shared::provider::Provider;

use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Report, style};

/// Whose accounts a command reads.
#[derive(Debug, Args)]
pub struct Choice {
    /// Only this sender's accounts [default: every sender's in turn].
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
    /// Only the default sender's accounts.
    #[arg(long, conflicts_with = "sender")]
    default_sender: bool,
}

/// Whose accounts a command writes to.
#[derive(Debug, Args)]
pub struct WriteChoice {
    /// This sender's accounts. Where there are several senders, this, --default-sender or --all-senders is required.
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,
    /// The default sender's accounts.
    #[arg(long, conflicts_with = "sender")]
    default_sender: bool,
    /// Every sender's accounts in turn.
    #[arg(long, conflicts_with_all = ["sender", "default_sender"])]
    all_senders: bool,
}

/// The senders that a command works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// One, which the user named, or the default sender of a deployment without others. Its report is the command's.
    One(Option<Sender>),
    /// Each in turn, with its name above its report.
    Each(Vec<Option<Sender>>),
}

impl Choice {
    /// The named sender, otherwise each sender with an account at this provider.
    pub async fn chosen(&self, deployment: &Deployment, provider: Option<Provider>) -> Chosen {
        match (&self.sender, self.default_sender) {
            (Some(sender), _) => Chosen::One(Some(sender.clone())),
            (None, true) => Chosen::One(None),
            (None, false) => Chosen::all(deployment, provider).await,
        }
    }
}

impl WriteChoice {
    /// Like [`Choice::chosen`]; an error if these are several senders that the user did not ask for.
    pub async fn chosen(
        &self,
        deployment: &Deployment,
        provider: Option<Provider>,
    ) -> Result<Chosen, Failure> {
        match (&self.sender, self.default_sender) {
            (Some(sender), _) => Ok(Chosen::One(Some(sender.clone()))),
            (None, true) => Ok(Chosen::One(None)),
            (None, false) => Chosen::all(deployment, provider).await.confirmed(self.all_senders),
        }
    }
}

impl Chosen {
    /// If the secret can't be read, this is the default sender: the command itself then reports the error if it needs the
    /// secret.
    async fn all(deployment: &Deployment, provider: Option<Provider>) -> Self {
        let senders = Accounts::default_sender(deployment).senders_with(provider).await.unwrap_or_default();
        match senders.as_slice() {
            [] | [None] => Self::One(None),
            _ => Self::Each(senders),
        }
    }

    fn confirmed(self, all_senders: bool) -> Result<Self, Failure> {
        match &self {
            Self::Each(senders) if senders.len() > 1 && !all_senders => {
                let names: Vec<String> = senders.iter().map(|sender| name(sender.as_ref())).collect();
                Err(Failure::usage(format!("there are several senders: {}", names.join(", "))).with_remedy(
                    "name one with --sender NAME or --default-sender, or all of them with --all-senders",
                ))
            }
            Self::One(_) | Self::Each(_) => Ok(self),
        }
    }

    /// Fails if an option that belongs to one account is given for several.
    pub fn only_one_for(&self, option: &str, is_given: bool) -> Result<(), Failure> {
        match self {
            Self::Each(senders) if is_given && senders.len() > 1 => Err(Failure::usage(format!(
                "{option} belongs to one sender's account, and there are several"
            ))
            .with_remedy("name the sender with --sender NAME or --default-sender")),
            Self::One(_) | Self::Each(_) => Ok(()),
        }
    }

    /// Runs `one` for each chosen sender. A failure for one of several is a part of the report, and ends no other.
    pub async fn run<R: Report>(
        &self,
        deployment: &Deployment,
        one: impl AsyncFn(Accounts<'_>) -> Result<(R, Exit), Failure>,
    ) -> Result<(Reports<R>, Exit), Failure> {
        let senders = match self {
            Self::One(sender) => {
                let (report, exit) = one(Accounts::for_sender(deployment, sender.as_ref())).await?;
                return Ok((Reports::One(report), exit));
            }
            Self::Each(senders) => senders,
        };
        let (mut reports, mut exit) = (Vec::new(), Exit::Fine);
        for sender in senders {
            let (found, its_exit) = match one(Accounts::for_sender(deployment, sender.as_ref())).await {
                Ok((report, exit)) => (Found::Report(report), exit),
                Err(failure) => (Found::failed(&failure), failure.exit()),
            };
            reports.push(SenderReport { sender: sender.clone(), found });
            exit = if its_exit.code() > exit.code() { its_exit } else { exit };
        }
        Ok((Reports::Each { senders: reports }, exit))
    }
}

/// One report, or one for each sender.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Reports<R> {
    One(R),
    Each { senders: Vec<SenderReport<R>> },
}

/// A sender's report.
#[derive(Debug, Serialize)]
pub struct SenderReport<R> {
    /// Missing for the default sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    #[serde(flatten)]
    found: Found<R>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Found<R> {
    Report(R),
    Failed { error: String, next: Option<String> },
}

impl<R> Found<R> {
    fn failed(failure: &Failure) -> Self {
        Self::Failed { error: failure.problem().to_owned(), next: failure.remedy().map(str::to_owned) }
    }
}

impl<R: Report> Report for Reports<R> {
    fn text(&self) -> String {
        let senders = match self {
            Self::One(report) => return report.text(),
            Self::Each { senders } => senders,
        };
        let text = |report: &SenderReport<R>| {
            let heading = match &report.sender {
                Some(sender) => format!("Sender {sender}"),
                None => "The default sender".to_owned(),
            };
            let found = match &report.found {
                Found::Report(report) => report.text().trim_end().to_owned(),
                Found::Failed { error, next } => {
                    let next = next.as_ref().map(|next| format!("\n{} {next}", style::strong("next:")));
                    format!("{} {error}{}", style::bad("error:"), next.unwrap_or_default())
                }
            };
            format!("{}\n{found}", style::strong(heading))
        };
        senders.iter().map(text).collect::<Vec<_>>().join("\n\n")
    }
}

/// A sender in a sentence.
fn name(sender: Option<&Sender>) -> String {
    sender.map_or_else(|| "the default sender".to_owned(), Sender::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Plain {
        what: &'static str,
    }

    impl Report for Plain {
        fn text(&self) -> String {
            format!("{}\n", self.what)
        }
    }

    fn acme() -> Sender {
        Sender::parse("acme").unwrap()
    }

    #[test]
    fn several_senders_are_written_to_only_on_request() {
        let several = Chosen::Each(vec![None, Some(acme())]);
        let refused = several.clone().confirmed(false).unwrap_err();
        assert_eq!(refused.exit(), Exit::Usage);
        assert_eq!(refused.problem(), "there are several senders: the default sender, acme");
        assert_eq!(several.clone().confirmed(true).unwrap(), several);
        let one = Chosen::Each(vec![Some(acme())]);
        assert_eq!(one.clone().confirmed(false).unwrap(), one);
        assert!(several.only_one_for("--waba-id", true).is_err());
        assert!(
            several.only_one_for("--waba-id", false).is_ok() && one.only_one_for("--waba-id", true).is_ok()
        );
    }

    #[test]
    fn one_report_is_shown_as_it_is_and_several_with_their_senders() {
        let one = Reports::One(Plain { what: "a" });
        assert_eq!(
            (one.text().as_str(), serde_json::to_value(&one).unwrap()),
            ("a\n", serde_json::json!({"what": "a"}))
        );
        let failure = Failure::usage("no").with_remedy("try");
        let each = Reports::Each {
            senders: vec![
                SenderReport { sender: None, found: Found::Report(Plain { what: "a" }) },
                SenderReport { sender: Some(acme()), found: Found::failed(&failure) },
            ],
        };
        let text = anstream::adapter::strip_str(&each.text()).to_string();
        assert_eq!(text, "The default sender\na\n\nSender acme\nerror: no\nnext: try");
        assert_eq!(
            serde_json::to_value(&each).unwrap(),
            serde_json::json!({"senders": [{"what": "a"}, {"sender": "acme", "error": "no", "next": "try"}]})
        );
    }
}
