//! An event's expected outcome, and whether it is reached.
//!
//! The catalogue determines whether an event becomes a notification, and the simulator's table of magic numbers the
//! providers' response.

use std::fmt;

use jiff::Timestamp;
use shared::catalogue::{Catalogue, Consent, Notification, OrderEvent, render};
use shared::delivery::DeliveryStatus;
use shared::message::Reference;
use shared::protocol::State;
use shared::provider::{Channel, Provider};
use shared::secrets::KeySecret;
use shared::table::NotificationRow;
use simulator::aws::AWS_MAGIC_NUMBERS;
use simulator::{Behaviour, Expected, Intake, MAGIC_NUMBERS, Magic};

use crate::records::Records;
use crate::truth::find_simulated;

/// An event's expected outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// A notification, with this final state at the providers.
    Sent(Reference, Expected),
    /// A notification whose message fails or is refused, with this final state, and the delivered message of its fallback.
    Followed {
        /// The notification.
        first: Reference,
        /// The final state of its message.
        expected: Expected,
        /// The notification that follows.
        follower: Reference,
        /// The channel of the message that follows.
        channel: Channel,
    },
    /// A notification that isn't sent.
    Suppressed(Reference),
    /// A record of the event's faults.
    Invalid,
    /// No record: the catalogue has no entry for it.
    Ignored,
}

/// An event's outcome so far.
#[derive(Debug, Clone)]
pub enum Reached {
    /// No record.
    Nothing,
    /// The event is recorded as invalid.
    Invalid,
    /// A notification is recorded.
    Notification(Box<NotificationRow>),
    /// A notification is recorded, and the one that follows it.
    Followed(Box<NotificationRow>, Box<NotificationRow>),
}

/// Whether an event has its expected outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The outcomes are equal.
    Complete,
    /// The outcome isn't reached, yet or for good.
    Incomplete,
}

impl Expectation {
    /// The expected outcome of an event under a catalogue.
    pub fn of_event(event: &OrderEvent, catalogue: &Catalogue, key_secret: &KeySecret) -> Self {
        let Some(entry) = catalogue.entry_for(event) else {
            return Self::Ignored;
        };
        let Ok(notification) = render(entry, event, Some(key_secret)) else {
            return Self::Invalid;
        };
        if notification.consent == Consent::NotGiven || notification.is_stale(Timestamp::now()) {
            return Self::Suppressed(notification.reference);
        }
        let expected = match notification.unusable_recipient {
            None => at_the_providers(notification.recipient.as_str(), &notification.providers()),
            Some(_) => Expected::Rejected,
        };
        let fails = matches!(expected, Expected::Failed | Expected::Rejected);
        match fails.then(|| follower(&notification)).flatten() {
            Some(next) => Self::Followed {
                first: notification.reference,
                expected,
                follower: next.reference.clone(),
                channel: next.channel(),
            },
            None => Self::Sent(notification.reference, expected),
        }
    }

    /// The reference of the expected notification, if there is one.
    pub const fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Sent(reference, _) | Self::Suppressed(reference) => Some(reference),
            Self::Followed { first, .. } => Some(first),
            Self::Invalid | Self::Ignored => None,
        }
    }

    /// Compares the outcome so far with the expected one.
    pub fn verdict(&self, reached: &Reached) -> Verdict {
        let complete = match (self, reached) {
            (Self::Sent(_, expected), Reached::Notification(view)) => is_end(*expected, view),
            (Self::Followed { expected, .. }, Reached::Followed(first, follower)) => {
                is_end(*expected, first) && follower.delivery_status() == Some(DeliveryStatus::Delivered)
            }
            (Self::Suppressed(_), Reached::Notification(view)) => view.record.state == State::Suppressed,
            (Self::Invalid, Reached::Invalid) | (Self::Ignored, Reached::Nothing) => true,
            _ => false,
        };
        if complete { Verdict::Complete } else { Verdict::Incomplete }
    }
}

/// The first message of the fallback that may be sent. Only those to numbers without trouble are expected to be delivered.
fn follower(notification: &Notification) -> Option<Notification> {
    let channels = 0..notification.fallback.as_ref()?.messages.len();
    let usable = channels.filter_map(|index| notification.in_channel(index)?.ok());
    usable.filter(|message| message.consent == Consent::Given).find(|message| {
        message.channel() == Channel::Email
            || !AWS_MAGIC_NUMBERS.iter().any(|magic| magic.phone() == message.recipient.as_str())
    })
}

fn at_the_providers(phone: &str, providers: &[Provider]) -> Expected {
    let behaviour = MAGIC_NUMBERS.iter().find(|magic| magic.phone() == phone).map(|magic| magic.behaviour);
    let behaviour = behaviour.unwrap_or(Behaviour::SMOOTH);
    // Kaleyra requires a wait of five minutes after a WA429, which is longer than a run.
    if behaviour.intake == Intake::ThrottleOnce && providers.first() == Some(&Provider::Kaleyra) {
        return Expected::Waiting;
    }
    // AWS's own WhatsApp has none of these magic numbers.
    if providers.first() == Some(&Provider::AwsWhatsApp) {
        return Expected::Read;
    }
    let providers: Vec<_> = providers.iter().copied().filter_map(find_simulated).collect();
    Magic { number: 0, summary: "", behaviour }.expected(&providers)
}

fn is_end(expected: Expected, view: &NotificationRow) -> bool {
    let delivery = view.delivery_status();
    match expected {
        Expected::Read => delivery == Some(DeliveryStatus::Read),
        Expected::Delivered => delivery == Some(DeliveryStatus::Delivered),
        Expected::Failed => delivery == Some(DeliveryStatus::Failed),
        Expected::Accepted => delivery == Some(DeliveryStatus::Accepted),
        Expected::Rejected => view.record.state == State::Rejected,
        Expected::Waiting => view.record.state == State::Waiting,
        Expected::Unknown => matches!(view.record.state, State::Unknown | State::Held),
    }
}

impl Reached {
    /// Reads the outcome so far of the event with this id.
    pub async fn read(records: &Records, event_id: &str, expectation: &Expectation) -> anyhow::Result<Self> {
        if let Some(reference) = expectation.reference()
            && let Some(view) = records.notification(reference).await?
        {
            let view = Box::new(view);
            let Expectation::Followed { follower, .. } = expectation else {
                return Ok(Self::Notification(view));
            };
            let follower = records.notification(follower).await?.map(Box::new);
            return Ok(
                follower.map_or(Self::Notification(view.clone()), |follower| Self::Followed(view, follower))
            );
        }
        Ok(if records.is_invalid(event_id).await? { Self::Invalid } else { Self::Nothing })
    }

    /// Whether neither the sender nor a provider will change the outcome before this time.
    pub fn is_final_until(&self, end: Timestamp) -> bool {
        let view = match self {
            Self::Nothing => return false,
            Self::Invalid => return true,
            Self::Notification(view) | Self::Followed(_, view) => view,
        };
        match view.record.state {
            State::Rejected | State::Suppressed | State::Held => true,
            State::Waiting => view.record.due_at.is_some_and(|due| due > end),
            State::Accepted => {
                matches!(view.delivery_status(), Some(DeliveryStatus::Read | DeliveryStatus::Failed))
            }
            State::Sending | State::Unknown => false,
        }
    }

    /// Whether the sender has finished: any further change comes from the provider.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Invalid => true,
            Self::Notification(view) | Self::Followed(view, _) => {
                !matches!(view.record.state, State::Sending | State::Waiting | State::Unknown)
            }
        }
    }
}

/// The delivery status, or the state of a message that no provider has accepted.
fn status(view: &NotificationRow) -> String {
    view.delivery_status().map_or_else(|| view.record.state.to_string(), |status| status.to_string())
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suppressed(_) => "suppressed",
            Self::Invalid => "recorded as invalid",
            Self::Ignored => "ignored",
            Self::Followed { expected, channel, .. } => {
                return write!(f, "{}, then delivered by {channel}", name(*expected));
            }
            Self::Sent(_, expected) => name(*expected),
        })
    }
}

const fn name(expected: Expected) -> &'static str {
    match expected {
        Expected::Read => "read",
        Expected::Delivered => "delivered",
        Expected::Failed => "failed",
        Expected::Accepted => "accepted",
        Expected::Rejected => "rejected",
        Expected::Waiting => "waiting",
        Expected::Unknown => "unknown or held",
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing recorded"),
            Self::Invalid => f.write_str("recorded as invalid"),
            Self::Notification(view) => f.write_str(&status(view)),
            Self::Followed(first, follower) => {
                let channel =
                    follower.record.provider.map_or("another channel", |provider| provider.channel().name());
                write!(f, "{}, then {} by {channel}", status(first), status(follower))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalogue;
    use crate::environment::key_secret;

    fn expectation(change: impl Fn(&mut Value)) -> Expectation {
        let mut event = json!({
            "id": "1", "source": "oms", "detail-type": "Order Cancelled", "time": Timestamp::now().to_string(),
            "detail": {
                "order": { "number": "1" },
                "customer": { "name": "A", "phone": "+12025550100", "language": "en", "whatsapp_opt_in": true },
                "product": { "name": "B" },
                "next_step": "C",
            },
        });
        change(&mut event);
        let catalogue = catalogue::read(&catalogue::shipped()).unwrap();
        Expectation::of_event(&OrderEvent::parse(event).unwrap(), &catalogue, &key_secret().unwrap())
    }

    #[test]
    fn the_catalogue_and_the_magic_number_determine_the_expected_outcome() {
        let of_phone = |phone: &str| {
            expectation(|event| event["detail"]["customer"]["phone"] = phone.into()).to_string()
        };
        assert_eq!(of_phone("+12025550100"), "read");
        assert_eq!(of_phone("+12025550102"), "failed");
        assert_eq!(of_phone("+12025550112"), "rejected");
        assert_eq!(of_phone("+12025550130"), "waiting");
        assert_eq!(of_phone("+12025550135"), "read");
        assert_eq!(of_phone("2025550100"), "recorded as invalid");
        let of_change = |change: fn(&mut Value)| expectation(change).to_string();
        assert_eq!(
            of_change(|event| event["detail"]["customer"]["whatsapp_opt_in"] = false.into()),
            "suppressed"
        );
        assert_eq!(of_change(|event| event["time"] = "2020-01-01T00:00:00Z".into()), "suppressed");
        assert_eq!(of_change(|event| event["source"] = "crm".into()), "ignored");
    }

    #[test]
    fn without_a_usable_number_the_channel_that_reaches_the_customer_is_expected() {
        let expected = |change: fn(&mut Value)| {
            let mut event = json!({
                "id": "1", "source": "wms", "detail-type": "Order Ready for Pickup", "time": Timestamp::now().to_string(),
                "detail": {
                    "order": { "number": "1" },
                    "customer": {
                        "name": "A", "language": "en", "whatsapp_opt_in": true,
                        "email": "success@simulator.amazonses.com", "email_opt_in": true,
                    },
                    "pickup": { "place": "B", "url": "https://shop.example", "until": "C" },
                },
            });
            change(&mut event);
            let catalogue = catalogue::read(&catalogue::shipped()).unwrap();
            Expectation::of_event(&OrderEvent::parse(event).unwrap(), &catalogue, &key_secret().unwrap())
                .to_string()
        };
        assert_eq!(expected(|_| ()), "rejected, then delivered by email");
        let no_consent = |event: &mut Value| event["detail"]["customer"]["email_opt_in"] = false.into();
        assert_eq!(expected(no_consent), "recorded as invalid");
    }

    #[test]
    fn only_the_expected_outcome_is_complete() {
        let sent = expectation(|_| ());
        for (expectation, reached, verdict) in [
            (&sent, Reached::Nothing, Verdict::Incomplete),
            (&sent, Reached::Invalid, Verdict::Incomplete),
            (&Expectation::Invalid, Reached::Invalid, Verdict::Complete),
            (&Expectation::Invalid, Reached::Nothing, Verdict::Incomplete),
            (&Expectation::Ignored, Reached::Nothing, Verdict::Complete),
        ] {
            assert_eq!(expectation.verdict(&reached), verdict, "{expectation} and {reached}");
        }
    }
}
