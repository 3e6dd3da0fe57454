//! Sees an event through all its tries, writing each step down before it goes on, so that a kill at any point
//! repeats a step and never leaves one out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    interfaces::{NewMessage, SendToQueue, TargetError},
    template::Function,
    wal::{Wal, WalError},
};

use super::{
    FunctionError, Functions,
    functions::Turn,
    invokes::A_MOMENT,
    pending::{Entry, Pending},
    record::{Condition, dead_letter, on_failure, on_success},
};

/// What became of a try or of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The function's ARN.
    pub function: String,
    /// The id of the invoke.
    pub request_id: String,
    /// The id of the event on its bus, if it came from one.
    pub event_id: Option<String>,
    /// So often it was tried.
    pub tries: u32,
    /// What happened.
    pub what: What,
}

/// What can happen to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The function did it, in this time.
    Done(SignedDuration),
    /// The function failed, after this time.
    Failed(SignedDuration, FunctionError),
    /// It is done or given up, and that was told to this queue.
    Told(Condition, String),
    /// No further try is made, and nobody could be told.
    Lost(String),
    /// A step could not be written down and may be repeated after the next start.
    NotKept(String),
}

/// Who hears of everything that happens.
pub type Listener = Arc<dyn Fn(Happened) + Send + Sync>;

pub(super) struct Courier {
    functions: Functions,
    queues: Arc<dyn SendToQueue>,
    memory: Mutex<Memory>,
    listener: Listener,
}

struct Memory {
    wal: Wal<Entry>,
    pending: BTreeMap<String, Pending>,
}

/// A write-ahead log with more lines than this, most of them of things past, is written anew.
const LONG: usize = 10_000;

impl Courier {
    pub(super) fn new(
        functions: Functions,
        queues: Arc<dyn SendToQueue>,
        wal: Wal<Entry>,
        pending: BTreeMap<String, Pending>,
        listener: Listener,
    ) -> Self {
        Self { functions, queues, memory: Mutex::new(Memory { wal, pending }), listener }
    }

    pub(super) fn waiting(&self) -> usize {
        self.memory().pending.len()
    }

    pub(super) fn keep(&self, all: &[Pending]) -> Result<(), WalError> {
        let mut memory = self.memory();
        memory.wal.append_all(&all.iter().cloned().map(Entry::Taken).collect::<Vec<_>>())?;
        memory.pending.extend(all.iter().map(|pending| (pending.request_id.clone(), pending.clone())));
        Ok(())
    }

    /// Tries the event until it is done or given up.
    pub(super) async fn see_through(&self, mut pending: Pending) {
        let clock = self.functions.clock();
        // Every round looks at the function anew: it may have been changed or deleted meanwhile.
        while let Some(function) = self.functions.find(&pending.function) {
            if function.reserved_concurrency == Some(0) {
                return self.give_up(&pending, &function, Condition::ZeroReservedConcurrency).await;
            }
            let expires = pending.expires(function.invokes.maximum_age_seconds);
            // A try that would come too late is not waited for.
            if pending.due.max(clock.now()) > expires {
                return self.give_up(&pending, &function, Condition::EventAgeExceeded).await;
            }
            clock.sleep_until(pending.due).await;
            let turn = tokio::select! {
                biased;
                turn = self.functions.turn(&pending.function) => turn,
                () = clock.sleep_until(expires) => {
                    return self.give_up(&pending, &function, Condition::EventAgeExceeded).await;
                }
            };
            let Some(turn) = turn else { continue };
            if let Some(answer) = self.try_once(turn, &mut pending).await {
                if let Some(queue) = &function.invokes.on_success_arn {
                    let record = on_success(&pending, &answer, clock.now());
                    self.tell(&pending, Condition::Success, queue, record).await;
                }
                return self.finish(&pending);
            }
            if pending.tries > function.invokes.retries {
                return self.give_up(&pending, &function, Condition::RetriesExhausted).await;
            }
        }
        self.happened(&pending, What::Lost("the function was deleted".to_owned()));
        self.finish(&pending);
    }

    /// The answer, if the function did it.
    async fn try_once(&self, turn: Turn, pending: &mut Pending) -> Option<String> {
        let began = self.functions.clock().now();
        let answer = self.functions.run(turn, &pending.request_id, &pending.event).await;
        let now = self.functions.clock().now();
        let took = now.duration_since(began);
        pending.tries += 1;
        let failure = match answer {
            Ok(answer) => {
                self.happened(pending, What::Done(took));
                return Some(answer);
            }
            Err(failure) => failure,
        };
        pending.due = pending.next_try(now);
        pending.failure = Some(failure.clone().into());
        self.happened(pending, What::Failed(took, failure.clone()));
        let (request_id, tries, due) = (pending.request_id.clone(), pending.tries, pending.due);
        self.write(pending, Entry::Failed { request_id, tries, due, failure: failure.into() });
        None
    }

    async fn give_up(&self, pending: &Pending, function: &Function, condition: Condition) {
        let record = || on_failure(pending, condition, self.functions.clock().now());
        if let Some(queue) = &function.invokes.on_failure_arn {
            self.tell(pending, condition, queue, record()).await;
        }
        if let Some(queue) = &function.dead_letter_arn {
            self.tell(pending, condition, queue, dead_letter(pending)).await;
        }
        if function.invokes.on_failure_arn.is_none() && function.dead_letter_arn.is_none() {
            self.happened(pending, What::Lost(format!("{} and nowhere to tell it", condition.word())));
        }
        self.finish(pending);
    }

    async fn tell(&self, pending: &Pending, condition: Condition, queue: &str, message: NewMessage) {
        loop {
            match self.queues.send(queue, message.clone()).await {
                Ok(()) => return self.happened(pending, What::Told(condition, queue.to_owned())),
                Err(TargetError { transient: true, .. }) => {
                    self.comes_again_in(A_MOMENT, pending);
                    self.functions.clock().sleep(A_MOMENT).await;
                }
                Err(refusal) => return self.happened(pending, What::Lost(refusal.to_string())),
            }
        }
    }

    /// Nothing is due until then. This is for those who ask, and no step that a write-ahead log must know.
    fn comes_again_in(&self, wait: SignedDuration, pending: &Pending) {
        let due = self.functions.clock().now().checked_add(wait).unwrap_or(Timestamp::MAX);
        if let Some(kept) = self.memory().pending.get_mut(&pending.request_id) {
            kept.due = due;
        }
    }

    /// Whether an event is due at this time, or is being done.
    pub(super) fn has_due(&self, now: Timestamp) -> bool {
        self.memory().pending.values().any(|pending| pending.due <= now)
    }

    fn finish(&self, pending: &Pending) {
        self.write(pending, Entry::Done { request_id: pending.request_id.clone() });
    }

    /// What cannot be written is done again after the next start, so nothing is lost by it.
    fn write(&self, pending: &Pending, entry: Entry) {
        let written = {
            let mut memory = self.memory();
            match &entry {
                Entry::Done { request_id } => memory.pending.remove(request_id),
                Entry::Taken(_) | Entry::Failed { .. } => {
                    memory.pending.insert(pending.request_id.clone(), pending.clone())
                }
            };
            memory.write(&entry)
        };
        if let Err(error) = written {
            self.happened(pending, What::NotKept(error.to_string()));
        }
    }

    fn happened(&self, pending: &Pending, what: What) {
        let (function, request_id) = (pending.function.clone(), pending.request_id.clone());
        let event_id = pending.event_id();
        (self.listener)(Happened { function, request_id, event_id, tries: pending.tries, what });
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn write(&self, entry: &Entry) -> Result<(), WalError> {
        if self.wal.length() > LONG && self.wal.length() > 4 * self.pending.len() {
            // What is pending already stands as the entry wants it.
            return self.wal.compact(&self.pending.values().cloned().map(Entry::Taken).collect::<Vec<_>>());
        }
        self.wal.append(entry)
    }
}
