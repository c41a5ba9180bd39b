//! Makes the fallback of a failed message due at once.

use shared::message::Reference;
use tokio::time::Instant;

use crate::Publisher;

/// Makes the stored events of these notifications due. Returns the index of the first record for which that was not done: the
/// stream must deliver it again.
///
/// Without a fallback a notification has no such event; the write then meets its condition and changes nothing.
pub(crate) async fn hasten(
    publisher: &Publisher,
    failures: &[(usize, Reference)],
    begin_by: Instant,
) -> Option<usize> {
    for (index, reference) in failures {
        if Instant::now() >= begin_by {
            return Some(*index);
        }
        if let Err(error) = publisher.table.hasten_event(reference, publisher.clock.now()).await {
            tracing::error!(%error, "a fallback could not be made due: the stream will deliver the record again");
            return Some(*index);
        }
    }
    None
}
