//! Predicts an event's outcome as order-notifier would decide it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use shared::catalogue::{Catalogue, Consent, Entry, Notification, OrderEvent, render};
use shared::fault::{Fault, Faults};
use shared::message::OrderId;
use shared::protocol::{Record, State};
use shared::provider::Provider;
use shared::secrets::KeySecret;
use shared::table::{Table, TableError};

use crate::events::explain_faults;
use crate::order_id;

/// An event with its predicted outcome.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    /// The event's order, if it can be read.
    #[serde(flatten, serialize_with = "order_id::serialize_known")]
    pub(super) order: Option<OrderId>,
    /// Its notification's name, if an entry matches.
    pub(super) notification: Option<String>,
    pub(super) prospect: Prospect,
}

impl Check {
    /// The check of a text that contains no event.
    pub(super) fn from_faults(faults: &Faults) -> Self {
        let prospect = Prospect::Invalid { faults: faults.to_vec() };
        Self { order: None, notification: None, prospect }
    }
}

/// A predicted outcome.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Prospect {
    /// It is sent.
    Sent {
        /// The first provider asked.
        provider: Provider,
    },
    /// It is suppressed.
    Suppressed {
        /// The reason in words.
        why: &'static str,
    },
    /// Its notification exists already, and continues from its state.
    Known {
        /// The notification's state.
        state: State,
    },
    /// No entry of the catalogue matches it.
    Ignored,
    /// It has faults.
    Invalid {
        /// All faults.
        faults: Vec<Fault>,
    },
}

/// Predicts the outcome from the catalogue and from the notification's record in the table.
pub(super) async fn predict(
    table: &Table,
    catalogue: &Catalogue,
    key_secret: &KeySecret,
    event: Value,
    now: Timestamp,
) -> Result<Check, TableError> {
    match read(catalogue, event.clone()) {
        Ok((entry, parsed)) => {
            let (order, notification) = (entry.order_id(&parsed), Some(entry.name.clone()));
            let prospect = match render(entry, &parsed, Some(key_secret)) {
                Ok(notification) => {
                    let known = table.notification(&notification.reference).await?;
                    prospect(&notification, known.as_ref(), now)
                }
                Err(faults) => Prospect::Invalid { faults: explain_faults(entry, &faults, &event).to_vec() },
            };
            Ok(Check { order, notification, prospect })
        }
        Err(prospect) => Ok(Check { order: None, notification: None, prospect }),
    }
}

/// The matching entry.
fn read(catalogue: &Catalogue, mut event: Value) -> Result<(&Entry, OrderEvent), Prospect> {
    // The bus assigns a new id.
    if let Some(envelope) = event.as_object_mut() {
        envelope.insert("id".to_owned(), json!("new"));
    }
    let invalid = |faults: Faults| Prospect::Invalid { faults: faults.to_vec() };
    let event = OrderEvent::parse(event).map_err(invalid)?;
    let entry = catalogue.entry_for(&event).ok_or(Prospect::Ignored)?;
    Ok((entry, event))
}

fn prospect(notification: &Notification, known: Option<&Record>, now: Timestamp) -> Prospect {
    match known {
        Some(record) if record.fingerprint != notification.fingerprint && !record.lacks_number() => {
            let problem = "was used before with other content: a key identifies one message";
            Prospect::Invalid { faults: vec![Fault::new("key", problem)] }
        }
        Some(record) => Prospect::Known { state: record.state },
        // What a channel sends doesn't depend on the consent to WhatsApp.
        None if notification.consent == Consent::NotGiven && notification.unusable_recipient.is_none() => {
            Prospect::Suppressed { why: "the customer has not agreed to be contacted" }
        }
        None if notification.is_stale(now) => Prospect::Suppressed {
            why: "the event is older than the catalogue's max_age; correct its time if it is wrong",
        },
        // Without a usable phone number the fallback's first channel is asked.
        None => match notification.routes.first().or_else(|| notification.first_in_reach()?.routes.first()) {
            Some(route) => Prospect::Sent { provider: route.provider },
            // Every notification of a catalogue has a provider.
            None => Prospect::Ignored,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const TIME: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn event() -> Value {
        json!({
            "source": "oms", "detail-type": "Order Cancelled", "time": TIME.to_string(),
            "detail": {
                "order": {"number": "10482"}, "product": {"name": "Headphones"}, "next_step": "A refund",
                "customer": {"name": "Alexey", "phone": "+12025550100", "language": "en", "whatsapp_opt_in": true},
            },
        })
    }

    fn catalogue() -> Catalogue {
        Catalogue::parse(
            "notifications.toml",
            include_str!("../../../../../../tests/shop/notifications.toml"),
        )
        .unwrap()
    }

    fn judged(event: Value, known: Option<State>, age: SignedDuration) -> Prospect {
        let catalogue = catalogue();
        let (entry, event) = match read(&catalogue, event) {
            Ok(read) => read,
            Err(prospect) => return prospect,
        };
        let notification = render(entry, &event, None).unwrap();
        let known = known.map(|state| Record {
            state,
            attempt: 1,
            unclear: state == State::Held,
            ..Record::untried(&notification.fingerprint)
        });
        prospect(&notification, known.as_ref(), TIME + age)
    }

    #[test]
    fn an_event_is_predicted_as_order_notifier_would_decide() {
        let (soon, later) = (SignedDuration::from_mins(1), SignedDuration::from_hours(24 * 30));
        assert_eq!(judged(event(), None, soon), Prospect::Sent { provider: Provider::OneMsg });
        assert_eq!(judged(event(), Some(State::Held), soon), Prospect::Known { state: State::Held });
        assert!(matches!(judged(event(), None, later), Prospect::Suppressed { .. }));
        let mut refused = event();
        refused["detail"]["customer"]["whatsapp_opt_in"] = json!(false);
        assert!(matches!(judged(refused, None, soon), Prospect::Suppressed { .. }));
        let mut other = event();
        other["source"] = json!("crm");
        assert_eq!(judged(other, None, soon), Prospect::Ignored);
        let mut broken = event();
        broken["time"] = json!("yesterday");
        assert!(matches!(judged(broken, None, soon), Prospect::Invalid { .. }));
    }

    #[test]
    fn without_a_number_the_channel_that_reaches_the_customer_is_predicted() {
        let mut pickup = event();
        pickup["source"] = json!("wms");
        pickup["detail-type"] = json!("Order Ready for Pickup");
        pickup["detail"]["pickup"] = json!({"place": "Main Street 5"});
        pickup["detail"]["customer"]["phone"] = json!(null);
        pickup["detail"]["customer"]["email"] = json!("alexey@shop.example");
        pickup["detail"]["customer"]["email_opt_in"] = json!(true);
        let sent = Prospect::Sent { provider: Provider::AwsEmail };
        assert_eq!(judged(pickup, None, SignedDuration::from_mins(1)), sent);
    }

    #[test]
    fn a_key_that_was_used_with_other_content_is_a_fault() {
        let catalogue = catalogue();
        let (entry, event) = read(&catalogue, event()).ok().unwrap();
        let notification = render(entry, &event, None).unwrap();
        let other = Record { state: State::Accepted, attempt: 1, ..Record::untried("another") };
        let Prospect::Invalid { faults } = prospect(&notification, Some(&other), TIME) else {
            panic!("a fault")
        };
        assert_eq!(faults[0].place, "key");
    }
}
