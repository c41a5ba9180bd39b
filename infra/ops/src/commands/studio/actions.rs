//! Actions that are applied: each runs to its end even if the browser leaves, and its end can be shown again.
//!
//! hyper drops a request's handler when the connection closes, for example because the operator presses a button twice or closes
//! the page. An action that stops between two of its writes may be impossible to repair, or be done twice by the next attempt.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use maud::Markup;
use tokio::sync::Mutex;

use super::random;
use crate::failure::Failure;

/// The number of actions whose end can be shown again.
const MAX_KEPT: usize = 100;

/// What became of an action.
pub(super) struct Ended {
    pub(super) status: StatusCode,
    pub(super) title: String,
    pub(super) content: Markup,
    /// Whether it was done, so that a repetition would be a second one.
    pub(super) is_done: bool,
}

/// Can be awaited any number of times; `Err` explains that the action's code has panicked.
pub(super) type End = Shared<BoxFuture<'static, Arc<Result<Ended, Failure>>>>;

/// An action that was started.
#[derive(Clone)]
pub(super) struct Action {
    /// Names it in an address.
    pub(super) id: String,
    subject: String,
    pub(super) end: End,
}

impl Action {
    fn is_running(&self) -> bool {
        self.end.clone().now_or_never().is_none()
    }
}

/// The latest actions of this run of the Studio.
#[derive(Default)]
pub(super) struct Actions {
    /// The earliest first.
    latest: Mutex<VecDeque<Action>>,
}

impl Actions {
    /// Starts the work, unless an action with the same subject is still running: then returns that one.
    pub(super) async fn start(
        &self,
        subject: String,
        work: impl Future<Output = Ended> + Send + 'static,
    ) -> Result<Action, Failure> {
        let mut latest = self.latest.lock().await;
        let is_same = |action: &&Action| action.subject == subject && action.is_running();
        if let Some(running) = latest.iter().find(is_same) {
            return Ok(running.clone());
        }
        let id = random::token()?;
        let end = run_to_its_end(async { Ok(work.await) }).map(Arc::new).boxed().shared();
        let action = Action { id, subject, end };
        latest.push_back(action.clone());
        if latest.len() > MAX_KEPT {
            latest.pop_front();
        }
        drop(latest);
        Ok(action)
    }

    /// Whether an action is running.
    pub(super) async fn is_any_running(&self) -> bool {
        self.latest.lock().await.iter().any(Action::is_running)
    }

    /// Returns when no action is running, also none that was started meanwhile.
    pub(super) async fn finish(&self) {
        loop {
            let running = self.latest.lock().await.iter().find(|action| action.is_running()).cloned();
            let Some(running) = running else { return };
            running.end.await;
        }
    }

    /// An action by its id.
    pub(super) async fn find(&self, id: &str) -> Option<Action> {
        self.latest.lock().await.iter().find(|action| action.id == id).cloned()
    }
}

/// Starts the work as a task of its own, so that it goes on if the returned future is dropped.
pub(super) fn run_to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> impl Future<Output = Result<T, Failure>> + Send + 'static {
    let task = tokio::spawn(work);
    async {
        task.await.unwrap_or_else(|error| {
            Err(Failure::unavailable(format!("the Studio has failed: {error}"))
                .with_remedy("check what was done before you repeat it"))
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn ended(title: &str) -> Ended {
        let title = title.to_owned();
        Ended { status: StatusCode::OK, title, content: maud::html! {}, is_done: true }
    }

    fn title(end: &Result<Ended, Failure>) -> &str {
        &end.as_ref().unwrap_or_else(|failure| panic!("{}", failure.problem())).title
    }

    #[tokio::test]
    async fn a_second_press_joins_the_running_action_and_a_later_one_starts_another() {
        let actions = Actions::default();
        let (finish, finished) = oneshot::channel();
        let work = async {
            finished.await.unwrap();
            ended("first")
        };
        let first = actions.start("replay e-1".to_owned(), work).await.unwrap();
        let second = actions.start("replay e-1".to_owned(), async { ended("second") }).await.unwrap();
        let other = actions.start("replay e-2".to_owned(), async { ended("other") }).await.unwrap();
        assert_eq!((second.id == first.id, other.id == first.id), (true, false));
        assert_eq!(title(other.end.await.as_ref()), "other");
        assert!(actions.is_any_running().await);
        assert!(actions.finish().now_or_never().is_none(), "the first one is running");
        finish.send(()).unwrap();
        actions.finish().await;
        assert!(!actions.is_any_running().await);
        assert_eq!(title(second.end.await.as_ref()), "first");
        assert_eq!(title(actions.find(&first.id).await.unwrap().end.await.as_ref()), "first");
        let third = actions.start("replay e-1".to_owned(), async { ended("third") }).await.unwrap();
        assert_eq!(title(third.end.await.as_ref()), "third");
    }

    #[tokio::test]
    async fn work_goes_on_after_it_was_dropped_and_a_panic_is_a_failure() {
        let (finish, finished) = oneshot::channel::<()>();
        let (report, reported) = oneshot::channel();
        drop(run_to_its_end(async {
            finished.await.unwrap();
            report.send("done").unwrap();
            Ok(())
        }));
        finish.send(()).unwrap();
        assert_eq!(reported.await, Ok("done"));
        let failure = run_to_its_end::<()>(async { panic!("oh") }).await.unwrap_err();
        assert!(failure.problem().contains("the Studio has failed"), "{}", failure.problem());
    }
}
