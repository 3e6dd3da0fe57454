//! The inbox in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::lock;
use crate::delivery::inbox::{Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey};

/// An inbox in memory. It forgets after [`INBOX_RETENTION`], as the real one does.
#[derive(Debug, Default)]
pub struct MemoryInbox {
    seen: Mutex<BTreeMap<InboxKey, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    stand: Stand,
    touched: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum Stand {
    Open { until: Timestamp },
    Completed,
}

impl MemoryInbox {
    /// The tickets whose effect is done.
    pub fn closed(&self) -> Vec<InboxKey> {
        let seen = lock(&self.seen);
        seen.iter().filter(|(_, seen)| matches!(seen.stand, Stand::Completed)).map(|(key, _)| key.clone()).collect()
    }

    fn write(&self, key: &InboxKey, stand: Stand, touched: Timestamp) {
        lock(&self.seen).insert(key.clone(), Seen { stand, touched });
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        let remembered = lock(&self.seen).get(key).copied();
        let claim = match remembered.filter(|seen| now.duration_since(seen.touched) < INBOX_RETENTION) {
            None => Claim::First,
            Some(Seen { stand: Stand::Completed, .. }) => return Ok(Claim::Completed),
            Some(Seen { stand: Stand::Open { until }, .. }) if now < until => return Ok(Claim::Held),
            Some(Seen { stand: Stand::Open { .. }, .. }) => Claim::Resumed,
        };
        self.write(key, Stand::Open { until }, now);
        Ok(claim)
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.write(key, Stand::Completed, now);
        Ok(())
    }

    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        let closed = lock(&self.seen).get(key).is_some_and(|seen| matches!(seen.stand, Stand::Completed));
        if !closed {
            self.write(key, Stand::Open { until: now }, now);
        }
        Ok(())
    }

    async fn forget(&self, key: &InboxKey, _: Timestamp) -> Result<(), InboxError> {
        let mut seen = lock(&self.seen);
        if seen.get(key).is_some_and(|seen| matches!(seen.stand, Stand::Open { .. })) {
            seen.remove(key);
        }
        Ok(())
    }
}
