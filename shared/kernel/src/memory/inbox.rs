//! [`MemoryInbox`]: an inbox in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    delivery::{Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey},
    memory::lock::lock,
};

/// An inbox in memory. Keys expire after [`INBOX_RETENTION`], as in DynamoDB.
#[derive(Debug, Default)]
pub struct MemoryInbox {
    claims: Mutex<BTreeMap<InboxKey, StoredClaim>>,
}

#[derive(Clone, Copy, Debug)]
struct StoredClaim {
    /// When an open claim expires; `None` for a completed one.
    open_until: Option<Timestamp>,
    changed: Timestamp,
}

impl MemoryInbox {
    /// The completed keys.
    pub fn completed(&self) -> Vec<InboxKey> {
        let claims = lock(&self.claims);
        claims.iter().filter(|(_, claim)| claim.open_until.is_none()).map(|(key, _)| key.clone()).collect()
    }

    fn write(&self, key: &InboxKey, open_until: Option<Timestamp>, changed: Timestamp) {
        lock(&self.claims).insert(key.clone(), StoredClaim { open_until, changed });
    }

    fn is_completed(&self, key: &InboxKey) -> bool {
        lock(&self.claims).get(key).is_some_and(|claim| claim.open_until.is_none())
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn claim(&self, key: &InboxKey, now: Timestamp, until: Timestamp) -> Result<Claim, InboxError> {
        let stored = lock(&self.claims).get(key).copied();
        let claim = match stored.filter(|claim| now.duration_since(claim.changed) < INBOX_RETENTION) {
            None => Claim::First,
            Some(StoredClaim { open_until: None, .. }) => return Ok(Claim::Completed),
            Some(StoredClaim { open_until: Some(until), .. }) if now < until => return Ok(Claim::Held),
            Some(StoredClaim { open_until: Some(_), .. }) => Claim::Resumed,
        };
        self.write(key, Some(until), now);
        Ok(claim)
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.write(key, None, now);
        Ok(())
    }

    async fn abandon(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        if !self.is_completed(key) {
            self.write(key, Some(now), now);
        }
        Ok(())
    }

    async fn forget(&self, key: &InboxKey, _: Timestamp) -> Result<(), InboxError> {
        if !self.is_completed(key) {
            lock(&self.claims).remove(key);
        }
        Ok(())
    }
}
