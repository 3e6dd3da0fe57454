//! Ports in bad weather: each call lets others go first, may be refused before its effect, or lose its answer after.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::fault_plan::FaultPlan;
use crate::{
    delivery::{
        dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
        inbox::{Claim, Inbox, InboxError, InboxKey},
    },
    gateway::mail::{AcceptedMail, FoundMail, Mail, MailError, Mailer},
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, ReadError},
    },
    message::id::StreamId,
    time::timers::{Pending, Timer, TimerError, TimerKey, Timers},
    view::view_store::{Listed, Page, Patch, PatchError, Row, RowKey, ViewError, ViewStore},
};

/// A port in bad weather.
pub struct FaultyPort<P: ?Sized> {
    port: Arc<P>,
    fault_plan: FaultPlan,
}

impl<P: ?Sized> FaultyPort<P> {
    /// The port in this weather.
    pub fn new(port: Arc<P>, fault_plan: &FaultPlan) -> Arc<Self> {
        Arc::new(Self { port, fault_plan: fault_plan.clone() })
    }
}

#[async_trait]
impl<P: EventStore + ?Sized> EventStore for FaultyPort<P> {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.fault_plan.before().await.map_err(AppendError::Unavailable)?;
        let result = self.port.append(append).await;
        self.fault_plan.after().await.map_err(AppendError::Unavailable)?;
        result
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.fault_plan.before().await.map_err(ReadError::Unavailable)?;
        let result = self.port.newest(stream).await;
        self.fault_plan.after().await.map_err(ReadError::Unavailable)?;
        result
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.fault_plan.before().await.map_err(ReadError::Unavailable)?;
        let result = self.port.since(stream, from).await;
        self.fault_plan.after().await.map_err(ReadError::Unavailable)?;
        result
    }
}

#[async_trait]
impl<P: ViewStore + ?Sized> ViewStore for FaultyPort<P> {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        self.fault_plan.before().await.map_err(ViewError::Unavailable)?;
        let result = self.port.patch(key, from, to, patch).await;
        self.fault_plan.after().await.map_err(ViewError::Unavailable)?;
        result
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        self.fault_plan.before().await.map_err(ViewError::Unavailable)?;
        let result = self.port.replace(key, from, row).await;
        self.fault_plan.after().await.map_err(ViewError::Unavailable)?;
        result
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.fault_plan.before().await.map_err(ViewError::Unavailable)?;
        let result = self.port.get(key).await;
        self.fault_plan.after().await.map_err(ViewError::Unavailable)?;
        result
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.fault_plan.before().await.map_err(ViewError::Unavailable)?;
        let result = self.port.list(view, list, page).await;
        self.fault_plan.after().await.map_err(ViewError::Unavailable)?;
        result
    }
}

impl<P: ?Sized> FaultyPort<P> {
    async fn before_inbox(&self, key: &InboxKey) -> Result<(), InboxError> {
        let key = key.clone();
        self.fault_plan.before().await.map_err(|source| InboxError { key, source })
    }

    async fn after_inbox(&self, key: &InboxKey) -> Result<(), InboxError> {
        let key = key.clone();
        self.fault_plan.after().await.map_err(|source| InboxError { key, source })
    }
}

#[async_trait]
impl<P: Inbox + ?Sized> Inbox for FaultyPort<P> {
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        self.before_inbox(key).await?;
        let result = self.port.claim(key, now, until).await;
        self.after_inbox(key).await?;
        result
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.before_inbox(key).await?;
        let result = self.port.complete(key, now).await;
        self.after_inbox(key).await?;
        result
    }

    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.before_inbox(key).await?;
        let result = self.port.abandon(key, now).await;
        self.after_inbox(key).await?;
        result
    }

    async fn forget(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.before_inbox(key).await?;
        let result = self.port.forget(key, now).await;
        self.after_inbox(key).await?;
        result
    }
}

#[async_trait]
impl<P: DeadLetters + ?Sized> DeadLetters for FaultyPort<P> {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let lost = |source| DeadLetterError { consumer: letter.consumer.clone(), source };
        self.fault_plan.before().await.map_err(lost)?;
        let result = self.port.keep(letter).await;
        self.fault_plan.after().await.map_err(lost)?;
        result
    }
}

#[async_trait]
impl<P: Timers + ?Sized> Timers for FaultyPort<P> {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.fault_plan.before().await.map_err(TimerError::Unavailable)?;
        let result = self.port.set(timer).await;
        self.fault_plan.after().await.map_err(TimerError::Unavailable)?;
        result
    }

    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError> {
        self.fault_plan.before().await.map_err(TimerError::Unavailable)?;
        let result = self.port.cancel(key).await;
        self.fault_plan.after().await.map_err(TimerError::Unavailable)?;
        result
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.fault_plan.before().await.map_err(TimerError::Unavailable)?;
        let result = self.port.list().await;
        self.fault_plan.after().await.map_err(TimerError::Unavailable)?;
        result
    }
}

#[async_trait]
impl<P: Mailer + ?Sized> Mailer for FaultyPort<P> {
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError> {
        self.fault_plan.before().await.map_err(MailError::Unavailable)?;
        let result = self.port.send(mail).await;
        self.fault_plan.after().await.map_err(MailError::Unavailable)?;
        result
    }

    async fn find(&self, key: &str) -> Result<FoundMail, MailError> {
        self.fault_plan.before().await.map_err(MailError::Unavailable)?;
        let result = self.port.find(key).await;
        self.fault_plan.after().await.map_err(MailError::Unavailable)?;
        result
    }
}
