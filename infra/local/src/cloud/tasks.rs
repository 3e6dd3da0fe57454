//! The background tasks of the cloud. None of them ends by itself unless something is broken.

use tokio::task::JoinSet;

/// The running tasks. Dropping it stops them.
#[derive(Default)]
pub(super) struct Tasks(JoinSet<String>);

impl Tasks {
    /// Runs a task. `reason` says what its end means.
    pub(super) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static, reason: &'static str) {
        self.spawn_with_reason(async move {
            task.await;
            reason.to_owned()
        });
    }

    /// Runs a task that returns why it has ended.
    pub(super) fn spawn_with_reason(&mut self, task: impl Future<Output = String> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Waits until a task ends, and returns the reason.
    pub(super) async fn broken(&mut self) -> String {
        match self.0.join_next().await {
            Some(Ok(reason)) => reason,
            Some(Err(error)) => error.to_string(),
            None => "nothing runs any more".to_owned(),
        }
    }

    /// Stops all tasks and waits for their end.
    pub(super) async fn stop(&mut self) {
        self.0.shutdown().await;
    }
}
