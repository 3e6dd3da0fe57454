//! [`MemoryInbox`]: an inbox in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    delivery::{AttemptId, Claim, INBOX_RETENTION, Inbox, InboxError, InboxKey},
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
    /// The attempt that holds it, and whether it resumed the claim of another one; `None` for an abandoned claim.
    holder: Option<(AttemptId, bool)>,
    changed: Timestamp,
}

impl MemoryInbox {
    /// The completed keys.
    pub fn completed(&self) -> Vec<InboxKey> {
        let claims = lock(&self.claims);
        claims.iter().filter(|(_, claim)| claim.open_until.is_none()).map(|(key, _)| key.clone()).collect()
    }

    fn write(&self, key: &InboxKey, claim: StoredClaim) {
        lock(&self.claims).insert(key.clone(), claim);
    }

    /// The claim of this key, if this attempt holds it.
    fn held_by(&self, key: &InboxKey, attempt: AttemptId) -> Option<StoredClaim> {
        let stored = lock(&self.claims).get(key).copied();
        stored.filter(|claim| claim.open_until.is_some() && claim.holder.is_some_and(|(holder, _)| holder == attempt))
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        let stored = lock(&self.claims).get(key).copied();
        let resumed = match stored.filter(|claim| now.duration_since(claim.changed) < INBOX_RETENTION) {
            None => false,
            Some(StoredClaim { open_until: None, .. }) => return Ok(Claim::Completed),
            Some(StoredClaim { holder: Some((holder, resumed)), .. }) if holder == attempt => resumed,
            Some(StoredClaim { open_until: Some(until), .. }) if now < until => return Ok(Claim::Held),
            Some(StoredClaim { open_until: Some(_), .. }) => true,
        };
        self.write(key, StoredClaim { open_until: Some(until), holder: Some((attempt, resumed)), changed: now });
        Ok(if resumed { Claim::Resumed } else { Claim::First })
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.write(key, StoredClaim { open_until: None, holder: None, changed: now });
        Ok(())
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        if self.held_by(key, attempt).is_some() {
            self.write(key, StoredClaim { open_until: Some(now), holder: None, changed: now });
        }
        Ok(())
    }

    async fn forget(&self, key: &InboxKey, attempt: AttemptId, _: Timestamp) -> Result<(), InboxError> {
        if self.held_by(key, attempt).is_some_and(|claim| claim.holder == Some((attempt, false))) {
            lock(&self.claims).remove(key);
        }
        Ok(())
    }
}
