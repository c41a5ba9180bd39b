//! Puts status events on the event bus.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use tokio::time::{Instant, sleep};

use crate::batch::Entry;
use crate::event::SOURCE;

/// Tries per entry. The SDK retries a request that failed as a whole; these tries are for single refused entries, as
/// the API reference requires.
const MAX_TRIES: u32 = 4;
/// The pause before the second try; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The bus that receives the status events.
#[derive(Debug)]
pub(crate) struct Bus {
    client: Client,
    name: String,
}

/// Entries that EventBridge did not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} events were not accepted: {problem}", .records.len())]
pub(crate) struct PutError {
    /// The indexes of the stream records that they come from.
    pub(crate) records: Vec<usize>,
    /// EventBridge's error code, or text of our own. Never EventBridge's message, which may quote an entry.
    pub(crate) problem: String,
}

impl Bus {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts the entries of one request on the bus. Entries that are refused singly are sent again until
    /// `begin_by`.
    pub(crate) async fn put(&self, entries: &[Entry], begin_by: Instant) -> Result<(), PutError> {
        let mut left: Vec<&Entry> = entries.iter().collect();
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let refused = self.try_to_put(&left).await.map_err(|problem| put_error(&left, problem))?;
            let Some((_, problem)) = refused.first() else { return Ok(()) };
            let problem = problem.clone();
            left = refused.into_iter().map(|(entry, _)| entry).collect();
            let jittered = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            if tries == MAX_TRIES || Instant::now() + jittered >= begin_by {
                return Err(put_error(&left, problem));
            }
            tracing::warn!(events = left.len(), code = problem, "events were refused; trying again");
            sleep(jittered).await;
            pause *= 2;
            tries += 1;
        }
    }

    /// Sends one request and returns the refused entries, each with its error code.
    async fn try_to_put<'a>(&self, entries: &[&'a Entry]) -> Result<Vec<(&'a Entry, String)>, String> {
        let requested = entries.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(entry.status.detail_type())
                .detail(entry.detail.as_str())
                .build()
        });
        let output =
            self.client.put_events().set_entries(Some(requested.collect())).send().await.map_err(problem)?;
        let results = output.entries();
        // "The result order matches the order of the entries in the request."
        if results.len() != entries.len() {
            return Err("a reply with the wrong number of results".to_owned());
        }
        let refused =
            entries.iter().zip(results).filter_map(|(entry, result)| Some((*entry, refusal(result)?)));
        Ok(refused.collect())
    }
}

/// Why an entry was refused; `None` if the result has an event id and no error code, as that of an accepted
/// entry does.
fn refusal(result: &PutEventsResultEntry) -> Option<String> {
    match (result.event_id(), result.error_code()) {
        (Some(_), None) => None,
        (_, code) => Some(code.unwrap_or("no code").to_owned()),
    }
}

fn put_error(entries: &[&Entry], problem: String) -> PutError {
    PutError { records: entries.iter().map(|entry| entry.record).collect(), problem }
}

fn problem<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("no code").to_owned(),
        SdkError::TimeoutError(_) => "no reply in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time".to_owned(),
        SdkError::DispatchFailure(_) => "EventBridge can't be reached".to_owned(),
        SdkError::ResponseError(_) => "an unreadable reply".to_owned(),
        _ => "the request could not be built".to_owned(),
    }
}
