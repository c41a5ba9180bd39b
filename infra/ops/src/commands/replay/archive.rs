//! The archive of order events, and its replays.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{ReplayDestination, ReplayState};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::window::Window;
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;

/// A deployment's archive of order events, and the rule to which replays go.
pub(super) struct Archive {
    client: Client,
    arn: String,
    bus: String,
    rule: String,
    named: Named,
    pub(super) known: Known,
}

/// EventBridge's description of an archive. Its counts are updated about once a day.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) state: String,
    /// None if the archive keeps events for ever.
    pub(super) retention_days: Option<u32>,
    pub(super) events: i64,
    pub(super) bytes: i64,
}

/// A replay that was started.
pub(super) struct Replay<'a> {
    client: &'a Client,
    pub(super) name: String,
}

impl Archive {
    pub(super) async fn find(deployment: &Deployment) -> Result<Self, Failure> {
        let Some(name) = deployment.environment().get("ORDER_EVENTS_ARCHIVE_NAME") else {
            return Err(Failure::not_found(absent(deployment.named())).with_remedy(
                "deploy with ArchiveRetentionDays above 0 to archive later events; earlier ones must be published again by \
                 their producers",
            ));
        };
        let client = deployment.event_bridge();
        let found = client.describe_archive().archive_name(name).send().await;
        let found = found.map_err(|error| Failure::aws("describe the archive", &error))?;
        let rule = client
            .describe_rule()
            .name(deployment.required("ORDER_EVENTS_RULE_NAME")?)
            .event_bus_name(deployment.order_event_bus()?)
            .send()
            .await
            .map_err(|error| Failure::aws("describe the rule of the order events", &error))?;
        let whole = |value: Option<String>, what: &str| {
            value.ok_or_else(|| Failure::unavailable(format!("AWS did not return {what}")))
        };
        let known = Known {
            name: name.to_owned(),
            state: found.state().map_or("unknown", |state| state.as_str()).to_owned(),
            retention_days: found
                .retention_days
                .and_then(|days| u32::try_from(days).ok())
                .filter(|days| *days > 0),
            events: found.event_count,
            bytes: found.size_bytes,
        };
        Ok(Self {
            arn: whole(found.archive_arn, "the archive's ARN")?,
            bus: whole(found.event_source_arn, "the archive's bus")?,
            rule: whole(rule.arn, "the rule's ARN")?,
            named: deployment.named().clone(),
            client,
            known,
        })
    }

    pub(super) const fn retention_days(&self) -> Option<u32> {
        self.known.retention_days
    }

    /// The command that shows a replay's progress; none for a local run.
    pub(super) fn progress_command(&self, replay: &str) -> Option<String> {
        match self.named {
            Named::Local(_) => None,
            Named::Stack(_) | Named::Environment => {
                Some(format!("aws events describe-replay --replay-name {replay}"))
            }
        }
    }

    /// A second concurrent replay would do no harm, but the operator probably doesn't know of the first.
    pub(super) async fn refuse_a_second_replay(&self) -> Result<(), Failure> {
        // API_ListReplays: one filter at a time; replays stay listed for 90 days.
        let mut pages = None;
        loop {
            let asked = self.client.list_replays().event_source_arn(&self.arn).set_next_token(pages);
            let listed = asked
                .send()
                .await
                .map_err(|error| Failure::aws("list the replays of the archive", &error))?;
            let going_on = listed.replays().iter().find(|replay| {
                matches!(
                    replay.state(),
                    Some(ReplayState::Starting | ReplayState::Running | ReplayState::Cancelling)
                )
            });
            if let Some(replay) = going_on {
                let name = replay.replay_name().unwrap_or_default();
                return Err(Failure::usage(format!("a replay of this archive is already running: {name}"))
                    .with_remedy(match self.progress_command(name) {
                        Some(progress_command) => format!(
                            "wait until it is complete ({progress_command}), or cancel it (aws events cancel-replay --replay-name \
                             {name})"
                        ),
                        None => "wait until it is complete".to_owned(),
                    }));
            }
            pages = listed.next_token;
            if pages.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) async fn replay(&self, window: &Window, now: Timestamp) -> Result<Replay<'_>, Failure> {
        // A name can be used only once; every replayed event contains it.
        let name = now.to_zoned_datetime(TimeZone::UTC).strftime("ops-%Y%m%dT%H%M%S-%3f").to_string();
        let destination = ReplayDestination::builder().arn(&self.bus).filter_arns(&self.rule).build();
        let destination = destination.map_err(Failure::unavailable)?;
        self.client
            .start_replay()
            .replay_name(&name)
            .event_source_arn(&self.arn)
            .event_start_time(DateTime::from_secs(window.from.as_second()))
            .event_end_time(DateTime::from_secs(window.to.as_second()))
            .destination(destination)
            .send()
            .await
            .map_err(|error| Failure::aws("start the replay", &error))?;
        Ok(Replay { client: &self.client, name })
    }
}

impl Replay<'_> {
    /// The replay's state, and the time of the latest event that was replayed.
    pub(super) async fn state(&self) -> Result<(ReplayState, Option<Timestamp>), Failure> {
        let found = self.client.describe_replay().replay_name(&self.name).send().await;
        let found = found.map_err(|error| Failure::aws("describe the replay", &error))?;
        let reached =
            found.event_last_replayed_time().and_then(|time| Timestamp::from_second(time.secs()).ok());
        Ok((found.state.unwrap_or(ReplayState::Starting), reached))
    }
}

fn absent(named: &Named) -> String {
    match named {
        Named::Stack(stack) => format!("the stack {stack} has no archive of order events"),
        Named::Local(_) => "the local run has no archive of order events".to_owned(),
        Named::Environment => "ORDER_EVENTS_ARCHIVE_NAME is not set".to_owned(),
    }
}
