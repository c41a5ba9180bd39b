//! Predicts an event's outcome from the catalogue, the protocol and, if there is one, the notification's record. The
//! decisions are made by order-notifier's own code.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, Entry, Notification, OrderEvent, render};
use shared::fault::{Fault, Faults};
use shared::protocol::{
    ClaimToken, Context, Decision, Guard, Policy, Progress, Reason, Record, Relevance, Staleness, State,
    Step, decide, relevance, superseded,
};
use shared::provider::Provider;
use shared::secrets::KeySecret;
use shared::table::{NotificationRow, Table, TableError};

use super::nearest::nearest;
use super::{Near, explain_faults};

/// The catalogue's result for an event.
#[derive(Debug, Clone)]
pub enum Judgement<'a> {
    /// The event can't become a message.
    Invalid {
        /// The matching entry, if there is one.
        notification: Option<&'a str>,
        /// All faults of the event.
        faults: Faults,
    },
    /// No entry matches the event.
    Ignored {
        /// The event's source.
        source: String,
        /// The event's detail type.
        detail_type: String,
        /// The most similar entries.
        nearest: Vec<Near>,
    },
    /// The event becomes this notification.
    Notification(Box<Notification>, &'a Entry),
}

/// The predicted processing of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "forecast", rename_all = "snake_case")]
pub enum Forecast {
    /// It would be sent.
    Sent {
        /// The first provider asked.
        provider: Option<Provider>,
        /// The next providers, each asked if the one before definitely did not send it.
        then: Vec<Provider>,
    },
    /// It would get this outcome without being sent.
    Ended {
        /// The outcome's state.
        state: State,
        /// The reason for the outcome.
        reason: Option<Reason>,
    },
    /// It has an outcome already: nothing more is sent.
    Done {
        /// The outcome's state.
        state: State,
        /// The reason, unless the state explains itself.
        reason: Option<Reason>,
    },
    /// It is still being processed.
    UnderWay {
        /// The current state.
        state: State,
        /// When it is processed again.
        until: Timestamp,
    },
}

/// The table's data about a notification; empty without a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The notification's record.
    pub record: Option<Record>,
    /// Whether the record is known to come from this very event, perhaps under another key because the catalogue has
    /// changed.
    pub is_same_event: bool,
    /// The progress of the order's statuses.
    pub progress: Progress,
    /// The key of an accepted notification about the same occurrence, if there is no record under this key.
    pub accepted_under: Option<String>,
}

impl Known {
    /// Reads the notification's data from the table.
    pub async fn read(table: &Table, notification: &Notification) -> Result<Self, TableError> {
        let mut reference = notification.reference.clone();
        let own_key = table.key_of_event(&reference.order, &notification.event_id, None).await?;
        let is_same_event = own_key.is_some();
        reference.key = own_key.unwrap_or(reference.key);
        let record = table.notification(&reference).await?;
        let progress = match Step::from_notification(notification) {
            Some(_) => table.settled_progress(&notification.reference.order, Timestamp::now()).await?,
            None => Progress::default(),
        };
        let accepted_under = match &record {
            Some(_) => None,
            None => accepted_under(&table.order(&notification.reference.order).await?, notification),
        };
        Ok(Self { record, is_same_event, progress, accepted_under })
    }

    /// The warning before a second message about the same occurrence.
    pub fn warning(&self) -> Option<String> {
        let key = self.accepted_under.as_ref()?;
        Some(format!(
            "was sent already under another key ({key}) and would be sent again: without `key` in the catalogue, the key is \
             a keyed hash of name, order, recipient and values, one of which has changed"
        ))
    }
}

/// The key of an accepted notification of this name about an occurrence at the same time.
fn accepted_under(known: &[NotificationRow], notification: &Notification) -> Option<String> {
    let is_same = |view: &&NotificationRow| {
        view.notification == notification.name
            && view.record.state == State::Accepted
            // EventBridge returns an event's time in whole seconds, even if its producer set a fraction.
            && view.event_time.as_second() == notification.event_time.as_second()
            && view.reference != notification.reference
    };
    known.iter().find(is_same).map(|view| view.reference.key.to_string())
}

/// Applies the catalogue to an event that arrives at `now`. Without the key secret the notification's key may be unknown.
pub fn judge<'a>(
    catalogue: &'a Catalogue,
    event: Value,
    key_secret: Option<&KeySecret>,
    now: Timestamp,
) -> Judgement<'a> {
    let content = event.clone();
    let event = match OrderEvent::parse(event) {
        Ok(event) => event,
        Err(faults) => return Judgement::Invalid { notification: None, faults },
    };
    let Some(entry) = catalogue.entry_for(&event) else {
        let nearest = nearest(catalogue, &event, &content);
        return Judgement::Ignored { source: event.source, detail_type: event.detail_type, nearest };
    };
    match render(entry, &event, key_secret) {
        Ok(mut notification) => {
            notification.limit_event_time(now);
            Judgement::Notification(Box::new(notification), entry)
        }
        Err(faults) => {
            let faults = explain_faults(entry, &faults, &content);
            Judgement::Invalid { notification: Some(&entry.name), faults }
        }
    }
}

/// Predicts the processing of a notification at this time by a deployment with this `RECIPIENTS`. Fails if its key belongs to
/// a notification with other content.
pub fn forecast(
    notification: &Notification,
    known: &Known,
    guard: Guard,
    policy: &Policy,
    now: Timestamp,
) -> Result<Forecast, Fault> {
    let record = known.record.as_ref();
    let providers = notification.providers();
    let context = Context {
        now,
        lease_end: now,
        // No claim is written.
        token: ClaimToken(0),
        may_send: true,
        fingerprint: &notification.fingerprint,
        is_same_event: known.is_same_event,
        providers: &providers,
        guard,
        consent: notification.consent,
        event_time: notification.event_time,
        is_outdated: false,
        staleness: Staleness::classify(notification, now),
        is_urgent: notification.is_urgent(now),
        policy,
    };
    Ok(match decide(record, &context) {
        Decision::Claim(Record { provider, refused_by, .. }) => {
            let then = providers.into_iter().filter(|it| Some(*it) != provider && !refused_by.contains(it));
            let sent = Forecast::Sent { provider, then: then.collect() };
            blocked_by_order_status(notification, known, now).unwrap_or(sent)
        }
        Decision::Move(Record { state, reason, .. }) => Forecast::Ended { state, reason },
        Decision::Done(Record { state, reason, .. }) => Forecast::Done { state, reason },
        Decision::Wait { until, state, .. } => Forecast::UnderWay { state, until },
        Decision::Conflict => {
            return Err(Fault::new(
                "key",
                "was used before with other content: a key identifies one message",
            ));
        }
    })
}

/// The reason why an order's status isn't sent now, if there is one.
fn blocked_by_order_status(notification: &Notification, known: &Known, now: Timestamp) -> Option<Forecast> {
    // No claim is written.
    match relevance(&known.progress, &Step::from_notification(notification)?, now, now, ClaimToken(0)) {
        Relevance::Relevant(_) => None,
        Relevance::Superseded => {
            let Record { state, reason, .. } =
                superseded(known.record.as_ref(), &notification.fingerprint, now);
            Some(Forecast::Ended { state, reason })
        }
        Relevance::Wait { until } => Some(Forecast::UnderWay { state: State::Sending, until }),
        // It has expired since the progress was read.
        Relevance::Expired { .. } => Some(Forecast::UnderWay { state: State::Sending, until: now }),
    }
}

/// The grammatical mood of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The event was published.
    Will,
    /// The event was not published.
    Would,
}

impl Mood {
    const fn word(self) -> &'static str {
        match self {
            Self::Will => "will",
            Self::Would => "would",
        }
    }
}

impl Forecast {
    /// A predicate, such as "would be sent by meta".
    pub fn summary(&self, mood: Mood) -> String {
        let would = mood.word();
        let because = |reason: &Option<Reason>| {
            reason.as_ref().map(|reason| format!(": {}", reason.text)).unwrap_or_default()
        };
        match self {
            Self::Sent { provider, then } => {
                let by = provider.map(|provider| format!(" by {provider}")).unwrap_or_default();
                let then: Vec<String> = then.iter().map(ToString::to_string).collect();
                if then.is_empty() {
                    format!("{would} be sent{by}")
                } else {
                    format!("{would} be sent{by}; if that definitely fails, by {}", then.join(", then "))
                }
            }
            Self::Ended { state, reason } => format!("{would} be {state}{}", because(reason)),
            Self::Done { state, reason } => {
                format!("is {state} already{}; nothing more is sent", because(reason))
            }
            Self::UnderWay { state, until } => {
                format!("is in progress ({state} until {})", crate::output::time(*until))
            }
        }
    }

    /// Whether it would be sent.
    pub const fn is_sent(&self) -> bool {
        matches!(self, Self::Sent { .. })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::message::{NotificationKey, Reference};
    use shared::metric_names::MetricNames;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);
    const SHIPPED: &str = include_str!("../../../../tests/shop/notifications.toml");

    fn event(change: impl FnOnce(&mut Value)) -> Value {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../../tests/events/order-cancelled.json")).unwrap();
        change(&mut event);
        event
    }

    fn key_secret() -> KeySecret {
        KeySecret::new("k".repeat(32).into()).unwrap()
    }

    fn notification(event: Value) -> Notification {
        let catalogue = Catalogue::parse("shipped", SHIPPED).unwrap();
        match judge(&catalogue, event, Some(&key_secret()), NOW) {
            Judgement::Notification(notification, _) => *notification,
            other => panic!("{other:?}"),
        }
    }

    fn predict(notification: &Notification, record: Option<&Record>, now: &str) -> String {
        let known = Known { record: record.cloned(), ..Known::default() };
        let now = now.parse().unwrap();
        forecast(notification, &known, Guard::Allowed, &Policy::default(), now).unwrap().summary(Mood::Would)
    }

    #[test]
    fn who_is_not_allowed_gets_nothing() {
        let known = Known::default();
        let found =
            forecast(&notification(event(|_| ())), &known, Guard::NotAllowed, &Policy::default(), NOW)
                .unwrap();
        let summary = "would be suppressed: the setting RECIPIENTS does not allow this recipient";
        assert_eq!((found.summary(Mood::Would).as_str(), found.is_sent()), (summary, false));
    }

    #[test]
    fn missing_consent_and_an_old_event_are_suppressed() {
        let fresh = notification(event(|_| ()));
        let in_time = "2026-11-20T10:00:00Z";
        let sent = "would be sent by onemsg; if that definitely fails, by meta, then kaleyra";
        assert_eq!(predict(&fresh, None, in_time), sent);
        let stale = "would be suppressed: the event is older than the catalogue's max_age";
        assert_eq!(predict(&fresh, None, "2026-11-24T10:00:00Z"), stale);
        let no_consent =
            notification(event(|event| event["detail"]["customer"]["whatsapp_opt_in"] = json!("yes")));
        let suppressed = "would be suppressed: the customer has not agreed to be contacted";
        assert_eq!(predict(&no_consent, None, in_time), suppressed);
    }

    #[test]
    fn an_existing_record_determines_the_forecast() {
        let notification = notification(event(|_| ()));
        let now = "2026-11-20T10:00:00Z";
        let mut record = Record {
            state: State::Accepted,
            attempt: 1,
            provider: Some(Provider::OneMsg),
            ..Record::untried(&notification.fingerprint)
        };
        assert_eq!(predict(&notification, Some(&record), now), "is accepted already; nothing more is sent");
        record.state = State::Waiting;
        record.due_at = Some("2026-11-20T11:00:00Z".parse().unwrap());
        let waits = "is in progress (waiting until 2026-11-20 11:00:00 UTC)";
        assert_eq!(predict(&notification, Some(&record), now), waits);
        record.fingerprint = "another".to_owned();
        let known = Known { record: Some(record), ..Known::default() };
        let conflict =
            forecast(&notification, &known, Guard::Allowed, &Policy::default(), now.parse().unwrap());
        assert_eq!(conflict.unwrap_err().place, "key");
    }

    #[test]
    fn a_second_key_for_the_same_occurrence_is_a_warning() {
        let notification = notification(event(|_| ()));
        let view = |key: &str, state, event_time| NotificationRow {
            reference: Reference {
                key: NotificationKey::parse(key).unwrap(),
                ..notification.reference.clone()
            },
            notification: notification.name.clone(),
            template: None,
            language: None,
            names: MetricNames::default(),
            event_time,
            order_status: None,
            created_at: None,
            updated_at: event_time,
            record: Record {
                state,
                attempt: 1,
                provider: Some(Provider::OneMsg),
                ..Record::untried("another")
            },
            requests: Some(1),
            answers: Vec::new(),
            messages: Vec::new(),
        };
        let at = notification.event_time;
        let own = notification.reference.key.to_string();
        let found = |view: NotificationRow| accepted_under(&[view], &notification);
        assert_eq!(found(view("other", State::Accepted, at)).as_deref(), Some("other"));
        assert_eq!(found(view(&own, State::Accepted, at)), None);
        assert_eq!(found(view("other", State::Suppressed, at)), None);
        assert_eq!(found(view("other", State::Accepted, at + jiff::SignedDuration::from_secs(1))), None);
        let known = Known { accepted_under: Some("other".to_owned()), ..Known::default() };
        assert!(known.warning().unwrap().contains("under another key (other)"));
    }

    #[test]
    fn an_event_is_invalid_or_ignored_with_the_reason() {
        let catalogue = Catalogue::parse("shipped", SHIPPED).unwrap();
        let bad = event(|event| event["detail"]["customer"]["phone"] = json!("2025550100"));
        let Judgement::Invalid { notification: Some("order-cancelled"), faults } =
            judge(&catalogue, bad, None, NOW)
        else {
            panic!("not invalid")
        };
        assert_eq!(faults[0].place, "recipient (detail.customer.phone)");
        let other = event(|event| event["source"] = json!("crm"));
        let Judgement::Ignored { nearest, .. } = judge(&catalogue, other, None, NOW) else {
            panic!("not ignored")
        };
        assert_eq!(nearest[0].notification, "order-cancelled");
    }
}
