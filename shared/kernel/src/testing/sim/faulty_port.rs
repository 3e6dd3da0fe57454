//! [`FaultyPort`]: a port with injected faults: a call may fail before its effect, or lose its answer after it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault_plan::FaultPlan;
use crate::{
    MessageId, Patch, StreamId,
    delivery::{
        AttemptId, Claim, CommandOutcome, DeadLetter, DeadLetterError, DeadLetters, Inbox, InboxError, InboxKey,
        OutcomeError, Outcomes,
    },
    failure::BoxError,
    gateway::{
        AcceptedMail, CircuitStore, FoundMail, HttpClient, HttpError, HttpRequest, HttpResponse, Mail, MailError,
        Mailer, Replaced, StoredCircuit,
    },
    log::{Append, AppendError, Appended, Commit, EventStore, ReadError},
    time::{Pending, Timer, TimerError, TimerKey, Timers},
    view::{Listed, Page, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// A port with the faults of a plan.
pub struct FaultyPort<P: ?Sized> {
    port: Arc<P>,
    fault_plan: FaultPlan,
}

impl<P: ?Sized> FaultyPort<P> {
    /// Wraps a port.
    pub fn new(port: Arc<P>, fault_plan: &FaultPlan) -> Arc<Self> {
        Arc::new(Self { port, fault_plan: fault_plan.clone() })
    }
}

#[async_trait]
impl<P: EventStore + ?Sized> EventStore for FaultyPort<P> {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.fault_plan.around(AppendError::Unavailable, self.port.append(append)).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.fault_plan.around(ReadError::Unavailable, self.port.newest(stream)).await
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        self.fault_plan.around(ReadError::Unavailable, self.port.marked(stream, command)).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.fault_plan.around(ReadError::Unavailable, self.port.since(stream, from)).await
    }
}

#[async_trait]
impl<P: ViewStore + ?Sized> ViewStore for FaultyPort<P> {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        self.fault_plan
            .around(|error| ViewError::Unavailable(error).into(), self.port.patch(key, from, to, patch))
            .await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        self.fault_plan.around(|error| ViewError::Unavailable(error).into(), self.port.replace(key, from, row)).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        self.fault_plan
            .around(|error| ViewError::Unavailable(error).into(), self.port.patch_all(guard, from, to, patches))
            .await
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.fault_plan.around(ViewError::Unavailable, self.port.get(key)).await
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.fault_plan.around(ViewError::Unavailable, self.port.list(view, list, page)).await
    }
}

#[async_trait]
impl<P: Inbox + ?Sized> Inbox for FaultyPort<P> {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        self.fault_plan.around(unanswered(key), self.port.claim(key, attempt, now, until)).await
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.fault_plan.around(unanswered(key), self.port.complete(key, now)).await
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.fault_plan.around(unanswered(key), self.port.abandon(key, attempt, now)).await
    }

    async fn forget(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.fault_plan.around(unanswered(key), self.port.forget(key, attempt, now)).await
    }
}

#[async_trait]
impl<P: Outcomes + ?Sized> Outcomes for FaultyPort<P> {
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError> {
        let lost = |source| OutcomeError { command: outcome.command_id.clone(), source };
        self.fault_plan.around(lost, self.port.record(outcome)).await
    }

    async fn outcome(&self, command: &MessageId, now: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError> {
        let lost = |source| OutcomeError { command: command.clone(), source };
        self.fault_plan.around(lost, self.port.outcome(command, now)).await
    }
}

#[async_trait]
impl<P: DeadLetters + ?Sized> DeadLetters for FaultyPort<P> {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let lost = |source| DeadLetterError { consumer: dead_letter.consumer.clone(), source };
        self.fault_plan.around(lost, self.port.keep(dead_letter)).await
    }
}

#[async_trait]
impl<P: Timers + ?Sized> Timers for FaultyPort<P> {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.fault_plan.around(TimerError::Unavailable, self.port.set(timer)).await
    }

    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError> {
        self.fault_plan.around(TimerError::Unavailable, self.port.cancel(key, version)).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.fault_plan.around(TimerError::Unavailable, self.port.list()).await
    }
}

#[async_trait]
impl<P: Mailer + ?Sized> Mailer for FaultyPort<P> {
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError> {
        self.fault_plan.around(MailError::Unavailable, self.port.send(mail)).await
    }

    async fn find(&self, key: &str) -> Result<FoundMail, MailError> {
        self.fault_plan.around(MailError::Unavailable, self.port.find(key)).await
    }
}

#[async_trait]
impl<P: HttpClient + ?Sized> HttpClient for FaultyPort<P> {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.fault_plan.around(HttpError::NoAnswer, self.port.send(request)).await
    }
}

#[async_trait]
impl<P: CircuitStore + ?Sized> CircuitStore for FaultyPort<P> {
    async fn read(&self, party: &str) -> Result<Option<StoredCircuit>, BoxError> {
        self.fault_plan.around(|error| error, self.port.read(party)).await
    }

    async fn replace(&self, party: &str, circuit: &StoredCircuit) -> Result<Replaced, BoxError> {
        self.fault_plan.around(|error| error, self.port.replace(party, circuit)).await
    }
}

fn unanswered(key: &InboxKey) -> impl Fn(BoxError) -> InboxError + Send + Sync {
    move |source| InboxError { key: key.clone(), source }
}
