//! The inbox in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::lock;
use crate::inbox::{Claim, Inbox, InboxError, REMEMBERED, Ticket};

/// An inbox in memory. It forgets after [`REMEMBERED`], as the real one does.
#[derive(Debug, Default)]
pub struct MemoryInbox {
    seen: Mutex<BTreeMap<Ticket, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    stand: Stand,
    touched: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Stand {
    Open { until: Timestamp },
    Closed,
}

impl MemoryInbox {
    /// The tickets whose effect is done.
    pub fn closed(&self) -> Vec<Ticket> {
        let seen = lock(&self.seen);
        seen.iter().filter(|(_, seen)| matches!(seen.stand, Stand::Closed)).map(|(ticket, _)| ticket.clone()).collect()
    }

    fn write(&self, ticket: &Ticket, stand: Stand, touched: Timestamp) {
        lock(&self.seen).insert(ticket.clone(), Seen { stand, touched });
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn claim(&self, ticket: &Ticket, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        let remembered = lock(&self.seen).get(ticket).copied();
        let claim = match remembered.filter(|seen| now.duration_since(seen.touched) < REMEMBERED) {
            None => Claim::First,
            Some(Seen { stand: Stand::Closed, .. }) => return Ok(Claim::Closed),
            Some(Seen { stand: Stand::Open { until }, .. }) if now < until => return Ok(Claim::Held),
            Some(Seen { stand: Stand::Open { .. }, .. }) => Claim::Again,
        };
        self.write(ticket, Stand::Open { until }, now);
        Ok(claim)
    }

    async fn close(&self, ticket: &Ticket, now: Timestamp) -> Result<(), InboxError> {
        self.write(ticket, Stand::Closed, now);
        Ok(())
    }

    async fn release(&self, ticket: &Ticket, now: Timestamp) -> Result<(), InboxError> {
        let closed = lock(&self.seen).get(ticket).is_some_and(|seen| matches!(seen.stand, Stand::Closed));
        if !closed {
            self.write(ticket, Stand::Open { until: now }, now);
        }
        Ok(())
    }

    async fn withdraw(&self, ticket: &Ticket, _: Timestamp) -> Result<(), InboxError> {
        let mut seen = lock(&self.seen);
        if seen.get(ticket).is_some_and(|seen| matches!(seen.stand, Stand::Open { .. })) {
            seen.remove(ticket);
        }
        Ok(())
    }
}
