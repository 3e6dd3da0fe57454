//! The desk between an executor and one process: work lies here until the process asks for it, and the answer is
//! handed to whoever waits for it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot};

use super::{FunctionError, Invocation};

/// What a function answered.
pub(super) type Answer = Result<String, FunctionError>;

/// An invocation and the way its answer goes.
pub(super) struct Work {
    pub(super) invocation: Invocation,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// One process' desk.
pub(super) struct Desk {
    incoming: AsyncMutex<mpsc::Receiver<Work>>,
    open: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    last_begun: Mutex<Option<String>>,
    refused_to_start: Mutex<Option<FunctionError>>,
    /// Is notified when the process shall be ended.
    pub(super) end: Notify,
}

impl Desk {
    pub(super) fn new(incoming: mpsc::Receiver<Work>) -> Self {
        Self {
            incoming: AsyncMutex::new(incoming),
            open: Mutex::default(),
            last_begun: Mutex::default(),
            refused_to_start: Mutex::default(),
            end: Notify::new(),
        }
    }

    /// Waits for work; there is none any more when the environment is gone.
    pub(super) async fn next(&self) -> Option<Invocation> {
        let work = self.incoming.lock().await.recv().await?;
        let id = work.invocation.request_id.clone();
        *self.last_begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, work.answer));
        Some(work.invocation)
    }

    /// Whether the process has fetched this invocation.
    pub(super) fn has_begun(&self, request_id: &str) -> bool {
        self.last_begun.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(request_id)
    }

    /// Hands the answer over. `false` when nothing of this id is open.
    pub(super) fn answered(&self, request_id: &str, answer: Answer) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.take_if(|(id, _)| id == request_id) {
            // Nobody waits any more when the invocation was cut off meanwhile.
            Some((_, sender)) => sender.send(answer).is_ok(),
            None => false,
        }
    }

    /// The process says why it cannot begin.
    pub(super) fn cannot_begin(&self, reason: FunctionError) {
        *self.refused_to_start.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        self.end.notify_one();
    }

    /// Why the process could not begin, if it said so.
    pub(super) fn why_not_begun(&self) -> Option<FunctionError> {
        self.refused_to_start.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
