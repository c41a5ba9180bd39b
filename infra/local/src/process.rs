//! The part of a function's process that matters for a crash: its own thread and tasks, all of which end with it,
//! including detached tasks.

use anyhow::Context as _;
use lambda_runtime::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// The process. Dropping it aborts all its tasks.
#[derive(Debug)]
pub(crate) struct Process(Option<Runtime>);

impl Process {
    /// One thread: below 1.8 GB a Lambda function has at most one vCPU.
    pub(crate) fn start(name: &str) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build();
        Ok(Self(Some(runtime.with_context(|| format!("{name}: its thread can't be started"))?)))
    }

    /// Runs one invocation in the process.
    pub(crate) async fn invoke<T: Send + 'static>(
        &self,
        invocation: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let mut task = JoinSet::new();
        if let Some(runtime) = &self.0 {
            task.spawn_on(invocation, runtime.handle());
        }
        match task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err("the function panicked".into()),
            None => Err("the function's process has ended".into()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn detached_tasks_end_with_their_process() {
        let process = Process::start("a function").unwrap();
        let (dropped, finished) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let guard = SetOnDrop(Arc::clone(&dropped));
        let done = Arc::clone(&finished);
        let answer = process.invoke(async move {
            tokio::spawn(async move {
                let _guard = guard;
                tokio::time::sleep(Duration::from_mins(1)).await;
                done.store(true, Ordering::SeqCst);
            });
            Ok("answered")
        });
        assert_eq!(answer.await.unwrap(), "answered");
        assert!(!dropped.load(Ordering::SeqCst));
        drop(process);
        while !dropped.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        assert!(!finished.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_fails_only_its_invocation() {
        let process = Process::start("a function").unwrap();
        assert!(process.invoke::<()>(async { panic!("as a bug would") }).await.is_err());
        assert_eq!(process.invoke(async { Ok(1) }).await.unwrap(), 1);
    }

    struct SetOnDrop(Arc<AtomicBool>);

    impl Drop for SetOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}
