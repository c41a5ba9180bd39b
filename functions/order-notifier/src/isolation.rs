//! Runs each record in a task of its own, so that a panic ends only that record.

use crate::Pending;

/// A panic becomes an ordinary error, and the queue delivers the record again.
pub(crate) async fn run_isolated<T: Send + 'static>(
    work: impl Future<Output = Result<T, Pending>> + Send + 'static,
) -> Result<T, Pending> {
    tokio::spawn(work).await.unwrap_or(Err(Pending::Panicked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_only_its_own_record() {
        let panics = run_isolated::<u8>(async { panic!("a bug") });
        let succeeds = run_isolated(async {
            tokio::task::yield_now().await;
            Ok(7)
        });
        let (panicked, succeeded) = tokio::join!(panics, succeeds);
        assert!(matches!(panicked, Err(Pending::Panicked)));
        assert_eq!(succeeded.unwrap(), 7);
    }
}
