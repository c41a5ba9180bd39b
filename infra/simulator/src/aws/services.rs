//! The state of AWS's services, and their decisions about valid requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::ledger::AwsReport;
use super::{AwsAccount, AwsError, AwsEvent, AwsLedger, AwsSend, AwsService, AwsTrouble};

/// How many events an observer may lag behind before it loses the oldest.
const EVENTS: usize = 4096;

/// The state of all three services.
pub(crate) struct Services {
    account: Option<AwsAccount>,
    ledger: Mutex<AwsLedger>,
    events: broadcast::Sender<AwsEvent>,
    troubles: Mutex<BTreeMap<AwsService, AwsTrouble>>,
    /// The recipients whose first request was throttled.
    throttled: Mutex<BTreeSet<(AwsService, String)>>,
}

/// The decision about a valid request.
pub(crate) enum Decision {
    Refused(AwsError),
    /// Accepted with these reports to come.
    Accepted {
        reports: Vec<Report>,
        /// Whether they come late.
        is_late: bool,
        /// Whether the reply is withheld.
        is_silent: bool,
    },
}

/// What a service reports about an accepted message, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// Meta has taken it from AWS; a WhatsApp message only.
    Accepted,
    Sent,
    Delivered,
    /// A WhatsApp message only.
    Read,
    Failed,
    /// An e-mail only.
    Complaint,
}

impl Report {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Complaint => "complaint",
        }
    }
}

impl Services {
    pub fn new(account: Option<AwsAccount>) -> Self {
        Self {
            account,
            ledger: Mutex::default(),
            events: broadcast::Sender::new(EVENTS),
            troubles: Mutex::default(),
            throttled: Mutex::default(),
        }
    }

    pub fn account(&self) -> Option<&AwsAccount> {
        self.account.as_ref()
    }

    pub fn ledger(&self) -> AwsLedger {
        lock(&self.ledger).clone()
    }

    pub fn subscribe(&self) -> broadcast::Receiver<AwsEvent> {
        self.events.subscribe()
    }

    pub fn set_trouble(&self, service: AwsService, trouble: Option<AwsTrouble>) {
        let mut troubles = lock(&self.troubles);
        match trouble {
            Some(trouble) => troubles.insert(service, trouble),
            None => troubles.remove(&service),
        };
    }

    pub fn request_seen(&self) {
        lock(&self.ledger).requests += 1;
    }

    /// Hands the events about one report to the observers, if there are any, and records the report.
    pub fn publish(&self, events: Vec<AwsEvent>, send: &AwsSend, report: Report) {
        if events.is_empty() {
            return;
        }
        let report = AwsReport { message_id: send.message_id.clone(), status: report.word() };
        lock(&self.ledger).reports.push(report);
        for event in events {
            let _ = self.events.send(event);
        }
    }

    /// Decides about a valid request, whose recipient's own behaviour is `trouble`, and keeps an accepted message.
    pub fn decide(&self, send: &AwsSend, trouble: Option<AwsTrouble>) -> Decision {
        let service = send.service;
        let trouble = lock(&self.troubles).get(&service).copied().or(trouble);
        let is_first = || lock(&self.throttled).insert((service, send.recipient.clone()));
        let error = match trouble {
            Some(AwsTrouble::Throttled) => Some(AwsError::throttled(service)),
            Some(AwsTrouble::ThrottledOnce) => is_first().then(|| AwsError::throttled(service)),
            Some(AwsTrouble::AccessDenied) => Some(AwsError::new(403, "AccessDeniedException")),
            Some(AwsTrouble::ServerError) => Some(AwsError::failure(service)),
            Some(AwsTrouble::Account) => Some(account_trouble(service)),
            Some(AwsTrouble::OptedOut) => {
                Some(AwsError::with_reason("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"))
            }
            Some(AwsTrouble::InvalidRecipient) => Some(match service {
                AwsService::Sms => AwsError::invalid(service, "DestinationPhoneNumber"),
                AwsService::Email | AwsService::WhatsApp => AwsError::invalid(service, "recipient"),
            }),
            Some(
                AwsTrouble::NotDelivered
                | AwsTrouble::EventsLost
                | AwsTrouble::EventsTwice
                | AwsTrouble::EventsLate
                | AwsTrouble::Complaint
                | AwsTrouble::AcceptedInSilence,
            )
            | None => None,
        };
        if let Some(error) = error {
            return Decision::Refused(error);
        }
        lock(&self.ledger).accepted.push(send.clone());
        let mut reports = match (trouble, service) {
            (Some(AwsTrouble::EventsLost), _) => Vec::new(),
            (Some(AwsTrouble::NotDelivered), AwsService::WhatsApp) => {
                vec![Report::Accepted, Report::Sent, Report::Failed]
            }
            (Some(AwsTrouble::NotDelivered), _) => vec![Report::Sent, Report::Failed],
            (Some(AwsTrouble::Complaint), AwsService::Email) => {
                vec![Report::Sent, Report::Delivered, Report::Complaint]
            }
            (_, AwsService::WhatsApp) => {
                vec![Report::Accepted, Report::Sent, Report::Delivered, Report::Read]
            }
            (_, AwsService::Sms | AwsService::Email) => vec![Report::Sent, Report::Delivered],
        };
        if trouble == Some(AwsTrouble::EventsTwice) {
            reports = reports.into_iter().rev().flat_map(|report| [report, report]).collect();
        }
        Decision::Accepted {
            reports,
            is_late: trouble == Some(AwsTrouble::EventsLate),
            is_silent: trouble == Some(AwsTrouble::AcceptedInSilence),
        }
    }
}

fn account_trouble(service: AwsService) -> AwsError {
    match service {
        AwsService::Sms => {
            AwsError::with_reason("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
        }
        AwsService::Email => AwsError::new(400, "SendingPausedException"),
        AwsService::WhatsApp => AwsError::not_found(service),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
