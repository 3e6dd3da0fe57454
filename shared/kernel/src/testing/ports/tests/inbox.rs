//! Inboxes with bugs.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{assert_fails, pass};
use crate::{
    delivery::{AttemptId, Claim, Inbox, InboxError, InboxKey},
    memory::MemoryInbox,
    testing::ports::inbox,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    CompletesNothing,
    NeverExpires,
    AbandonsNothing,
    AbandonsForgotten,
    ReopensCompleted,
    SharesConsumers,
    ClaimsInTwoSteps,
    OneAttempt,
    GivesUpOthers,
}

struct Buggy {
    bug: Bug,
    inner: MemoryInbox,
    reopened: Mutex<Vec<InboxKey>>,
    claiming: AtomicU32,
    /// The attempt that claimed last.
    last: Mutex<Option<AttemptId>>,
}

impl Buggy {
    fn key(&self, key: &InboxKey) -> InboxKey {
        match self.bug {
            Bug::SharesConsumers => InboxKey { consumer: "all".to_owned(), ..key.clone() },
            _ => key.clone(),
        }
    }

    /// The attempt that gives up its claim.
    fn owner(&self, attempt: AttemptId) -> AttemptId {
        let last = *self.last.lock().unwrap();
        last.filter(|_| self.bug == Bug::GivesUpOthers).unwrap_or(attempt)
    }
}

#[async_trait]
impl Inbox for Buggy {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        if self.reopened.lock().unwrap().contains(key) {
            return Ok(Claim::Resumed);
        }
        self.claiming.fetch_add(1, Ordering::Relaxed);
        pass().await;
        let others = self.claiming.fetch_sub(1, Ordering::Relaxed) - 1;
        if self.bug == Bug::ClaimsInTwoSteps && others > 0 {
            return Ok(Claim::First);
        }
        let until = if self.bug == Bug::NeverExpires { Timestamp::MAX } else { until };
        let one = AttemptId::new(uuid::Uuid::nil());
        let attempt = if self.bug == Bug::OneAttempt { one } else { attempt };
        let claim = self.inner.claim(&self.key(key), attempt, now, until).await?;
        if matches!(claim, Claim::First | Claim::Resumed) {
            *self.last.lock().unwrap() = Some(attempt);
        }
        Ok(claim)
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        match self.bug {
            Bug::CompletesNothing => Ok(()),
            _ => self.inner.complete(&self.key(key), now).await,
        }
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        match self.bug {
            Bug::AbandonsNothing => Ok(()),
            Bug::ReopensCompleted if self.inner.completed().contains(key) => {
                self.reopened.lock().unwrap().push(key.clone());
                Ok(())
            }
            _ => self.inner.abandon(&self.key(key), self.owner(attempt), now).await,
        }
    }

    async fn forget(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        match self.bug {
            Bug::AbandonsForgotten => self.inner.abandon(key, attempt, now).await,
            _ => self.inner.forget(&self.key(key), attempt, now).await,
        }
    }
}

#[test]
fn each_bug_of_an_inbox_is_found() {
    for (bug, check) in [
        (Bug::CompletesNothing, "a claim after it is completed"),
        (Bug::NeverExpires, "after it expired"),
        (Bug::AbandonsNothing, "after it is abandoned"),
        (Bug::AbandonsForgotten, "after it is forgotten"),
        (Bug::ReopensCompleted, "the effect stays done"),
        (Bug::SharesConsumers, "the first claim of its own"),
        (Bug::OneAttempt, "a second claim meanwhile"),
        (Bug::GivesUpOthers, "the second still has it"),
        (Bug::ClaimsInTwoSteps, "of 16 claims the first and the held"),
    ] {
        let buggy = Buggy {
            bug,
            inner: MemoryInbox::default(),
            reopened: Mutex::default(),
            claiming: AtomicU32::new(0),
            last: Mutex::default(),
        };
        assert_fails(&format!("{bug:?}"), inbox(&buggy, "run-1"), check);
    }
}
