//! The ground truth for tests: requests, acceptances and callbacks.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::events::{CallbackAnswer, Endpoint};
use super::facts::Report;
use super::ids::Ids;
use super::message::{Content, Message};
use super::provider::Provider;

/// A request to a provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeen {
    /// The provider whose API was called.
    pub provider: Provider,
    /// The API's operation.
    pub endpoint: Endpoint,
    /// The time of arrival.
    pub at: SystemTime,
}

/// A callback that was posted, or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackRecord {
    /// The reported status.
    pub status: &'static str,
    /// The end of the last try.
    pub at: SystemTime,
    /// The number of tries.
    pub tries: usize,
    /// The webhook's last answer.
    pub answer: CallbackAnswer,
}

/// A send that a provider accepted.
#[derive(Clone)]
pub struct AcceptedSend {
    /// The name of the sender whose account accepted it; none for the default sender.
    pub sender: Option<String>,
    /// The content of the send.
    pub message: Message,
    /// The ids that the provider assigned.
    pub ids: Ids,
    /// The time of the acceptance.
    pub at: SystemTime,
    /// The callbacks about it, in the order in which they were posted.
    pub callbacks: Vec<CallbackRecord>,
    /// The message's statuses with their times.
    pub(super) facts: Vec<(Report, SystemTime)>,
}

impl fmt::Debug for AcceptedSend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcceptedSend")
            .field("sender", &self.sender)
            .field("provider", &self.message.provider)
            .field("recipient", &self.message.recipient)
            .field("template", &self.message.template.name)
            .field("callbacks", &self.callbacks)
            .finish_non_exhaustive()
    }
}

impl AcceptedSend {
    /// Whether the message ever reaches the customer: it is delivered or read, perhaps besides other reports.
    pub fn reaches_the_customer(&self) -> bool {
        self.facts.iter().any(|(report, _)| matches!(report, Report::Delivered | Report::Read))
    }

    /// The message's statuses until now, whether or not a callback has reported them: `sent`, `delivered`, `read`,
    /// `failed`, and `not sent` if Kaleyra accepted it and WhatsApp refused it.
    pub fn happened(&self) -> BTreeSet<&'static str> {
        let now = SystemTime::now();
        self.facts.iter().filter(|(_, at)| *at <= now).map(|(report, _)| report.word()).collect()
    }
}

/// A snapshot of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Every request, in order.
    pub requests: Vec<RequestSeen>,
    /// Every accepted send, in order.
    pub accepted: Vec<AcceptedSend>,
}

impl Ledger {
    /// The accepted sends to a number, with or without `+`.
    pub fn accepted_for(&self, phone: &str) -> Vec<&AcceptedSend> {
        let digits = phone.trim_start_matches('+');
        self.accepted.iter().filter(|send| send.message.recipient.digits() == digits).collect()
    }

    /// The accepted sends that carry this key of the caller's (Kaleyra `ref`, Meta `biz_opaque_callback_data`).
    pub fn accepted_with_key(&self, key: &str) -> Vec<&AcceptedSend> {
        self.accepted.iter().filter(|send| send.message.echo.key() == Some(key)).collect()
    }

    /// The accepted sends with this body variable (such as an order number) or this order reference.
    pub fn accepted_about(&self, order: &str) -> Vec<&AcceptedSend> {
        self.accepted
            .iter()
            .filter(|send| match &send.message.template.content {
                Content::Body(values) => values.iter().any(|value| value == order),
                Content::OrderStatus(status) => status.reference_id == order,
            })
            .collect()
    }

    /// The accepted sends of a sender; of the default sender for none.
    pub fn accepted_by(&self, sender: Option<&str>) -> Vec<&AcceptedSend> {
        self.accepted.iter().filter(|send| send.sender.as_deref() == sender).collect()
    }

    /// The number of requests of a kind to a provider.
    pub fn requests_to(&self, provider: Provider, endpoint: Endpoint) -> usize {
        self.requests.iter().filter(|seen| (seen.provider, seen.endpoint) == (provider, endpoint)).count()
    }
}

/// The index of an accepted send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SendNumber(usize);

/// The ledger that the simulator writes.
#[derive(Default)]
pub(super) struct LedgerBook(Mutex<Ledger>);

impl LedgerBook {
    pub fn request_seen(&self, provider: Provider, endpoint: Endpoint) {
        self.with(|ledger| {
            ledger.requests.push(RequestSeen { provider, endpoint, at: SystemTime::now() });
        });
    }

    pub fn accepted(&self, send: AcceptedSend) -> (SendNumber, Arc<AcceptedSend>) {
        self.with(|ledger| {
            ledger.accepted.push(send.clone());
            (SendNumber(ledger.accepted.len() - 1), Arc::new(send))
        })
    }

    pub fn callback_posted(&self, number: SendNumber, record: CallbackRecord) {
        self.with(|ledger| {
            if let Some(send) = ledger.accepted.get_mut(number.0) {
                send.callbacks.push(record);
            }
        });
    }

    /// A sender's accepted send with this wamid.
    pub fn find(&self, sender: Option<&str>, provider: Provider, wamid: &str) -> Option<AcceptedSend> {
        self.with(|ledger| {
            let asked = |send: &&AcceptedSend| {
                send.sender.as_deref() == sender
                    && send.message.provider == provider
                    && send.ids.wamid == wamid
            };
            ledger.accepted.iter().find(asked).cloned()
        })
    }

    pub fn snapshot(&self) -> Ledger {
        self.with(|ledger| ledger.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
