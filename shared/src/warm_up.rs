//! Opens connections and reads secrets before the first invocation.
//!
//! In a burst of cold starts, the first invocation finds its connections already open. Init also appears to
//! get more processor time than the invocations of a small function, which Lambda does not document:
//! docs/decisions/what-makes-a-start-short.md.

use std::time::Duration;

use tokio::time::timeout;

use crate::settings::Environment;

/// Enough for two round trips with a handshake each, and far below the ten seconds that Lambda allows for
/// init.
const AT_MOST: Duration = Duration::from_secs(1);
/// Set by Lambda and its emulators to `on-demand`, `provisioned-concurrency` or similar:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>.
const LAMBDA_STARTS_IT: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// Runs `work` for one second at most, and only if Lambda starts the process. An error here will occur again
/// in an invocation, which reports it.
pub async fn during_init(environment: &Environment, work: impl Future<Output = ()>) {
    if environment.get(LAMBDA_STARTS_IT).is_some() && timeout(AT_MOST, work).await.is_err() {
        tracing::debug!("the warm-up took too long and was cancelled");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_runs_only_in_lambda_and_is_cancelled_after_a_second() {
        let done = Cell::new(0);
        let work = |length| {
            let done = &done;
            async move {
                tokio::time::sleep(length).await;
                done.set(done.get() + 1);
            }
        };
        let on_lambda =
            Environment::from_iter([(LAMBDA_STARTS_IT.to_owned(), "provisioned-concurrency".to_owned())]);
        during_init(&Environment::default(), work(Duration::ZERO)).await;
        assert_eq!(done.get(), 0);
        during_init(&on_lambda, work(Duration::from_millis(999))).await;
        assert_eq!(done.get(), 1);
        during_init(&on_lambda, work(Duration::from_secs(2))).await;
        assert_eq!(done.get(), 1);
    }
}
