//! Replays of the archive.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>: a replayed event
//! is the same, with `replay-name` in its envelope. It goes to the rules that the destination names, in the order of
//! the events' own minutes, and isn't archived again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::json_protocol::ServiceError;
use super::rule::Rule;
use super::{Archive, EventBus, arn, bus_arn, not_found};

/// The pause between two events; a replay by EventBridge takes minutes at least.
const PACE: Duration = Duration::from_millis(5);

/// Every replay, by name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Replays(Arc<Mutex<BTreeMap<String, Replay>>>);

#[derive(Debug)]
struct Replay {
    state: &'static str,
    from: Timestamp,
    to: Timestamp,
    rules: Vec<String>,
    last_replayed: Option<Timestamp>,
    started: Timestamp,
    ended: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartReplay {
    replay_name: String,
    event_source_arn: String,
    event_start_time: f64,
    event_end_time: f64,
    destination: Destination,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    arn: String,
    #[serde(default)]
    filter_arns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListReplays {
    name_prefix: Option<String>,
    state: Option<String>,
    event_source_arn: Option<String>,
}

impl Replays {
    pub(super) fn start(&self, bus: &EventBus, request: StartReplay) -> Result<Value, ServiceError> {
        let archive = bus.archive.as_ref().filter(|_| request.event_source_arn == Archive::arn());
        let Some(archive) = archive else {
            let name = request.event_source_arn.rsplit('/').next().unwrap_or_default();
            return Err(invalid("EventSourceArn", &format!("Archive {name} does not exist.")));
        };
        if request.destination.arn != bus_arn() {
            return Err(invalid("Destination.Arn", "Cross event bus replay is not permitted."));
        }
        let (from, to) = (time(request.event_start_time)?, time(request.event_end_time)?);
        if to <= from {
            return Err(invalid("EventEndTime", "EventStartTime must be before EventEndTime."));
        }
        let mut replays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = request.replay_name;
        if replays.contains_key(&name) {
            let message = format!("Replay {name} already exists.");
            return Err(ServiceError::new("ResourceAlreadyExistsException", message));
        }
        let started = Timestamp::now();
        let rules = request.destination.filter_arns;
        let is_ours = rules.is_empty() || rules.contains(&Rule::arn());
        let (last_replayed, ended) = (None, None);
        let replay = Replay { state: "STARTING", from, to, rules, last_replayed, started, ended };
        replays.insert(name.clone(), replay);
        drop(replays);

        let events = archive.between(from, to);
        let rule = is_ours.then(|| bus.rule.clone());
        tokio::spawn(self.clone().run(name.clone(), events, rule));
        Ok(
            json!({ "ReplayArn": replay_arn(&name), "State": "STARTING", "ReplayStartTime": started.as_second() }),
        )
    }

    async fn run(self, name: String, events: Vec<(Timestamp, Value)>, rule: Option<Rule>) {
        self.change(&name, |replay| replay.state = "RUNNING");
        for (time, mut envelope) in events {
            if let Some(envelope) = envelope.as_object_mut() {
                envelope.insert("replay-name".to_owned(), name.clone().into());
            }
            if let Some(rule) = &rule {
                rule.deliver(&envelope);
            }
            self.change(&name, |replay| replay.last_replayed = Some(time));
            tokio::time::sleep(PACE).await;
        }
        self.change(&name, |replay| {
            replay.state = "COMPLETED";
            replay.ended = Some(Timestamp::now());
        });
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Replay)) {
        if let Some(replay) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(name) {
            change(replay);
        }
    }

    pub(super) fn describe(&self, name: &str) -> Result<Value, ServiceError> {
        let replays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replay = replays.get(name).ok_or_else(|| not_found(format!("Replay {name} does not exist.")))?;
        let mut description = replay.to_json(name);
        if let Some(description) = description.as_object_mut() {
            description.insert("ReplayArn".to_owned(), replay_arn(name).into());
            description
                .insert("Destination".to_owned(), json!({ "Arn": bus_arn(), "FilterArns": replay.rules }));
        }
        Ok(description)
    }

    pub(super) fn list(&self, asked: &ListReplays) -> Result<Value, ServiceError> {
        // API_ListReplays: one filter at a time.
        let filters = [&asked.name_prefix, &asked.state, &asked.event_source_arn];
        if filters.into_iter().flatten().count() > 1 {
            let message = "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.";
            return Err(ServiceError::new("ValidationException", message));
        }
        let replays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |(name, replay): &(&String, &Replay)| {
            asked.name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix))
                && asked.state.as_ref().is_none_or(|state| replay.state == state)
                && asked.event_source_arn.as_ref().is_none_or(|arn| *arn == Archive::arn())
        };
        let found: Vec<Value> =
            replays.iter().filter(matches).map(|(name, replay)| replay.to_json(name)).collect();
        Ok(json!({ "Replays": found }))
    }
}

impl Replay {
    fn to_json(&self, name: &str) -> Value {
        let mut description = json!({
            "ReplayName": name,
            "EventSourceArn": Archive::arn(),
            "State": self.state,
            "EventStartTime": self.from.as_second(),
            "EventEndTime": self.to.as_second(),
            "ReplayStartTime": self.started.as_second(),
        });
        for (key, time) in [("EventLastReplayedTime", self.last_replayed), ("ReplayEndTime", self.ended)] {
            if let (Some(description), Some(time)) = (description.as_object_mut(), time) {
                description.insert(key.to_owned(), time.as_second().into());
            }
        }
        description
    }
}

fn replay_arn(name: &str) -> String {
    arn(&format!("replay/{name}"))
}

fn time(seconds: f64) -> Result<Timestamp, ServiceError> {
    SignedDuration::try_from_secs_f64(seconds)
        .and_then(Timestamp::from_duration)
        .map_err(|_| ServiceError::new("SerializationException", "a time is out of range"))
}

fn invalid(parameter: &str, reason: &str) -> ServiceError {
    ServiceError::new("ValidationException", format!("Parameter {parameter} is not valid. Reason: {reason}"))
}
