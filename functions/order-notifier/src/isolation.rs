//! Runs each record in a task of its own, so that a panic ends only that record.

use crate::Undecided;

/// Runs a record's work in a task. A panic becomes an ordinary error, and the queue delivers the record
/// again.
pub(crate) async fn isolated<T: Send + 'static>(
    work: impl Future<Output = Result<T, Undecided>> + Send + 'static,
) -> Result<T, Undecided> {
    tokio::spawn(work).await.unwrap_or(Err(Undecided::Panicked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_own_record_and_no_other() {
        let panics = isolated::<u8>(async { panic!("a bug") });
        let goes_on = isolated(async {
            tokio::task::yield_now().await;
            Ok(7)
        });
        let (panicked, went_on) = tokio::join!(panics, goes_on);
        assert!(matches!(panicked, Err(Undecided::Panicked)));
        assert_eq!(went_on.unwrap(), 7);
    }
}
