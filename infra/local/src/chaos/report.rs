//! The figures of a run: its inputs and its results.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use serde_json::{Value, json};
use shared::provider::Provider;
use simulator::{Behaviour, Intake, Posting, Reply};

use super::evidence::Evidence;
use super::judge::{Reach, Verdict, Violation};
use super::plan::{Action, Plan};
use super::planned_event::PlannedEvent;
use super::{ChaosOptions, World};

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Messages that arrived at the queue.
    pub events_in: usize,
    /// Their number by outcome; some may still be queued.
    pub ends: BTreeMap<&'static str, usize>,
    /// Sends on WhatsApp that the providers accepted.
    pub accepted_sends: usize,
    /// Callbacks that the providers posted.
    pub callbacks: usize,
    /// How many reachable customers got their message.
    pub reach: Reach,
    /// How many customers were reached on WhatsApp or on a channel that follows it, of those whom any of them can reach.
    pub reach_on_any_channel: Reach,
    /// Text messages and e-mails that the services accepted.
    pub followers: usize,
    /// The broken rules. A sound run has none.
    pub violations: Vec<Violation>,
    world: &'static str,
    seed: u64,
    orders: usize,
    rows: Vec<(&'static str, String)>,
}

/// Counters of the run, and its duration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    /// Messages that became dead letters.
    pub buried: usize,
    /// Claims whose reply was lost.
    pub lost_replies: usize,
    pub took: Duration,
}

impl Report {
    pub(super) fn new(
        options: &ChaosOptions,
        plan: &Plan,
        evidence: &Evidence,
        verdict: Verdict,
        done: Done,
    ) -> Self {
        let events_in = evidence.deliveries.len();
        let (followers, sends): (Vec<_>, Vec<_>) =
            evidence.sends.iter().partition(|send| send.provider.is_aws());
        let of_channel = |provider| followers.iter().filter(|send| send.provider == provider).count();
        let reports: usize = followers.iter().map(|send| send.callbacks.len()).sum();
        let callbacks: Vec<_> = sends.iter().flat_map(|send| &send.callbacks).collect();
        let tries: usize = callbacks.iter().map(|callback| callback.tries).sum();
        let again = plan.count(|action| matches!(action, Action::Redeliver(_)));
        let put = plan.count(|action| matches!(action, Action::Publish(_)));
        let mut rows = vec![
            ("world", world(options.world).to_owned()),
            ("seed", options.seed.to_string()),
            ("orders", options.orders.to_string()),
            ("events", plan.events.len().to_string()),
            ("duplicates", format!("{} put again, {again} delivered again", put - plan.events.len())),
        ];
        if options.world == World::Plain {
            rows.extend(troubles(plan, evidence, done));
        }
        rows.extend([
            ("faults of providers", figures(&faults(&plan.events))),
            ("events in", events_in.to_string()),
            ("outcomes", figures(&verdict.tally)),
            ("accepted sends", sends.len().to_string()),
            ("callbacks", format!("{}, posted {tries} times", callbacks.len())),
            (
                "sent on other channels",
                format!(
                    "{} text messages\n{} e-mails\n{reports} delivery events about them",
                    of_channel(Provider::AwsSms),
                    of_channel(Provider::AwsEmail)
                ),
            ),
            ("answers that came too late", verdict.too_late.to_string()),
            ("status events", evidence.published.values().sum::<usize>().to_string()),
            ("reach rate", verdict.reach.to_string()),
            ("missed, because unclear", unclear(&verdict.reach)),
            ("reached on any channel", verdict.reach_on_any_channel.to_string()),
            ("missed on all, because unclear", unclear(&verdict.reach_on_any_channel)),
            ("violations", verdict.violations.len().to_string()),
            ("time", format!("{:.1} s", done.took.as_secs_f64())),
            ("orders per second", format!("{:.1}", rate(options.orders, done.took))),
        ]);
        Self {
            events_in,
            ends: verdict.tally,
            accepted_sends: sends.len(),
            callbacks: callbacks.len(),
            reach: verdict.reach,
            reach_on_any_channel: verdict.reach_on_any_channel,
            followers: followers.len(),
            violations: verdict.violations,
            world: match options.world {
                World::Plain => "plain",
                World::Open => "open",
            },
            seed: options.seed,
            orders: options.orders,
            rows,
        }
    }
}

impl Report {
    /// The figures for a program.
    pub fn to_json(&self) -> Value {
        let violations: Vec<String> = self.violations.iter().map(ToString::to_string).collect();
        json!({
            "world": self.world,
            "seed": self.seed,
            "orders": self.orders,
            "events_in": self.events_in,
            "outcomes": self.ends,
            "accepted_sends": self.accepted_sends,
            "callbacks": self.callbacks,
            "sent_on_other_channels": self.followers,
            "reach": reach(&self.reach),
            "reach_on_any_channel": reach(&self.reach_on_any_channel),
            "violations": violations,
        })
    }
}

/// `reachable` also counts the customers whose provider never answers, although nothing may follow then.
fn reach(reach: &Reach) -> Value {
    let unclear = reach
        .unclear
        .iter()
        .map(|((provider, reason), count)| json!({ "provider": provider, "reason": reason, "count": count }));
    json!({
        "reachable": reach.reachable,
        "reached": reach.reached,
        "unclear": unclear.collect::<Vec<_>>(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).force_no_tty();
        for (name, figure) in &self.rows {
            table.add_row([*name, figure.as_str()]);
        }
        write!(f, "{table}")?;
        self.violations.iter().try_for_each(|violation| write!(f, "\n{violation}"))
    }
}

const fn world(world: World) -> &'static str {
    match world {
        World::Plain => "plain: every kind of fault",
        World::Open => "open: undocumented input",
    }
}

/// The faults besides the providers' answers to single messages.
fn troubles(plan: &Plan, evidence: &Evidence, done: Done) -> Vec<(&'static str, String)> {
    let Done { buried, lost_replies, .. } = done;
    let credentials = plan.count(|action| matches!(action, Action::RotateCredentials(_)));
    vec![
        ("kills of order-notifier", evidence.kills.len().to_string()),
        ("rotations", format!("{credentials} of credentials, 1 of all webhook secrets")),
        (
            "temporary faults",
            "expired credentials at every provider\nan unpaid account at Kaleyra and Meta, paused templates at 1MSG\n\
             AWS's spend limit for text messages, and paused e-mail\n\
             another catalogue\nclocks of producers that jump"
                .to_owned(),
        ),
        ("claims whose reply was lost", lost_replies.to_string()),
        ("dead letters, put back", buried.to_string()),
    ]
}

fn unclear(reach: &Reach) -> String {
    if reach.unclear.is_empty() {
        return "none".to_owned();
    }
    let lines =
        reach.unclear.iter().map(|((provider, reason), count)| format!("{count} by {provider}: {reason}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn rate(orders: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(orders).unwrap_or(u32::MAX)) / took.as_secs_f64().max(f64::EPSILON)
}

fn figures(counts: &BTreeMap<&'static str, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join("\n")
}

/// The number of events by the fault of their magic number.
fn faults(events: &[PlannedEvent]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        if let Some(fault) = fault(event.behaviour()) {
            *counts.entry(fault).or_default() += 1;
        }
    }
    counts
}

fn fault(behaviour: Behaviour) -> Option<&'static str> {
    Some(match (behaviour.intake, behaviour.posting) {
        (Intake::ThrottleOnce | Intake::ThrottleAlways, _) => "throttled",
        (Intake::RefuseCredentialsOnce | Intake::RefuseCredentialsAlways, _) => "refused for the credentials",
        (Intake::NotOnWhatsApp, _) => "refused for the recipient",
        (Intake::AccountTrouble | Intake::AccountTroubleExceptAtMeta, _) => "refused for the account",
        (Intake::TemplateStopped, _) => "refused for the template",
        (Intake::ServerError, _) => "HTTP 500",
        (Intake::Redirect, _) => "redirected",
        (Intake::Hang, _) => "timeouts, not accepted",
        (Intake::Accept(Reply::Hang), _) => "timeouts, accepted",
        (Intake::Accept(Reply::Reset), _) => "connections reset, accepted",
        (Intake::Accept(Reply::CutOff | Reply::Unreadable), _) => "replies cut off",
        (Intake::Accept(Reply::WithoutId), _) => "replies without an id",
        (Intake::Accept(Reply::Queued), _) => "queued by 1MSG",
        (Intake::Accept(Reply::Complete), Posting::DuplicatedInReverse) => {
            "callbacks duplicated and reversed"
        }
        (Intake::Accept(Reply::Complete), Posting::BeforeReply) => "callbacks before the reply",
        (Intake::Accept(Reply::Complete), Posting::Late) => "callbacks late",
        (Intake::Accept(Reply::Complete), Posting::Lost) => "callbacks lost",
        (Intake::Accept(Reply::Complete), Posting::InOrder) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_a_reach_has_its_counts_and_the_unclear_ones() {
        let unclear = BTreeMap::from([(("aws-sms", "timeout, no answer".to_owned()), 2)]);
        let reach = reach(&Reach { reachable: 10, reached: 8, unclear });
        let unclear = json!([{ "provider": "aws-sms", "reason": "timeout, no answer", "count": 2 }]);
        assert_eq!(reach, json!({ "reachable": 10, "reached": 8, "unclear": unclear }));
    }
}
