//! The queue of the asynchronous invokes. An event is taken when its line stands in the write-ahead log; then it is tried until
//! the function does it, or until no try is left or it is too old, and then that is told where the function wants it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    faults::{Kind, Part},
    idle::Idle,
    interfaces::{InvokeAsync, SendToQueue, TargetError},
    wal::{Wal, WalError},
};

use super::{
    Functions,
    courier::{Courier, Listener},
    pending::{Entry, Pending, left},
};

/// The largest event that is taken, in bytes.
pub const LARGEST_EVENT: usize = 1_048_576;

/// The second of two handings-over comes within this time after the first.
const BETWEEN_TWO: SignedDuration = SignedDuration::from_secs(2);

/// The queue. Dropping it stops all tries, as a kill does.
pub struct Invokes {
    functions: Functions,
    courier: Arc<Courier>,
    tasks: Mutex<JoinSet<()>>,
}

impl Invokes {
    /// Opens the queue with its write-ahead log at this path, and goes on with what is left in it; without one all is forgotten
    /// with the queue. Needs a runtime around it.
    pub fn open(
        path: Option<&Path>,
        functions: Functions,
        queues: Arc<dyn SendToQueue>,
        listener: Listener,
    ) -> Result<Self, WalError> {
        let (wal, entries) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let left = left(entries);
        wal.compact(&left.values().cloned().map(Entry::Taken).collect::<Vec<_>>())?;
        let courier = Courier::new(functions.clone(), queues, wal, left.clone(), listener);
        let invokes = Self { functions, courier: Arc::new(courier), tasks: Mutex::default() };
        left.into_values().for_each(|pending| invokes.begin(pending));
        Ok(invokes)
    }

    /// How many events are not done yet.
    pub fn waiting(&self) -> usize {
        self.courier.waiting()
    }

    fn begin(&self, pending: Pending) {
        let courier = Arc::clone(&self.courier);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move { courier.see_through(pending).await });
    }

    /// Takes an event, and answers the id of its invoke.
    pub(super) fn take(&self, function: &str, event: String) -> Result<String, TargetError> {
        let refused =
            |code: &str, message: String, transient| TargetError { code: code.to_owned(), message, transient };
        let Some(function) = self.functions.find(function) else {
            return Err(refused("NO_RESOURCE", format!("Function not found: {function}"), false));
        };
        if event.len() > LARGEST_EVENT {
            let message = format!("{} bytes are more than {LARGEST_EVENT}", event.len());
            return Err(refused("ERROR_FROM_TARGET", message, false));
        }
        if let Err(error) = serde_json::from_str::<&RawValue>(&event) {
            return Err(refused("INVALID_JSON", format!("the event is no JSON: {error}"), false));
        }
        let now = self.functions.clock().now();
        let request_id = Uuid::new_v4().to_string();
        let (arn, id) = (function.arn.clone(), request_id.clone());
        let first = Pending { request_id, function: arn, event, taken: now, tries: 0, due: now, failure: None };
        let second = self.functions.faults().strike(Kind::Duplicate, Part::Lambda, &function.name).map(|strike| {
            let due = now.checked_add(strike.within(BETWEEN_TWO)).unwrap_or(now);
            Pending { request_id: Uuid::new_v4().to_string(), due, ..first.clone() }
        });
        let all: Vec<Pending> = [first].into_iter().chain(second).collect();
        let kept = self.courier.keep(&all);
        kept.map_err(|error| refused("INTERNAL_ERROR", error.to_string(), true))?;
        all.into_iter().for_each(|pending| self.begin(pending));
        Ok(id)
    }
}

#[async_trait]
impl InvokeAsync for Invokes {
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError> {
        self.take(function_arn, event).map(|_| ())
    }
}

#[async_trait]
impl Idle for Invokes {
    async fn is_idle(&self, now: Timestamp) -> bool {
        !self.courier.has_due(now)
    }
}

/// How long it takes until something that failed for a passing reason is tried again.
pub(super) const A_MOMENT: SignedDuration = SignedDuration::from_secs(1);
