//! What the first invocation would wait for, done before there is one: connections, secrets, whatever is made at first use.
//!
//! Where a burst of cold starts answers to somebody, what init has connected the first invocation finds connected; and init is
//! seen to have more processor than a small function's invocations, which Lambda doesn't document:
//! docs/decisions/what-makes-a-start-short.md.

use std::time::Duration;

use tokio::time::timeout;

use crate::settings::Environment;

/// Long enough for two round trips with a handshake each, far below the ten seconds that Lambda gives init.
const AT_MOST: Duration = Duration::from_secs(1);
/// Lambda sets it to `on-demand`, `provisioned-concurrency` or the like, and so does what imitates Lambda:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>.
const LAMBDA_STARTS_IT: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// Does it for a second at most, and only where Lambda starts the process. What goes wrong here goes wrong again in an
/// invocation, which tells it.
pub async fn during_init(environment: &Environment, work: impl Future<Output = ()>) {
    if environment.get(LAMBDA_STARTS_IT).is_some() && timeout(AT_MOST, work).await.is_err() {
        tracing::debug!("the warm-up took too long and was broken off");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_done_where_lambda_starts_the_process_and_broken_off_after_a_second() {
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
