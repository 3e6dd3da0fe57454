//! [`MemoryOutcomes`]: outcomes of commands in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    delivery::{CommandOutcome, OUTCOME_RETENTION, OutcomeError, Outcomes},
    memory::lock::lock,
    message::MessageId,
};

/// Outcomes in memory.
#[derive(Debug, Default)]
pub struct MemoryOutcomes {
    outcomes: Mutex<BTreeMap<MessageId, CommandOutcome>>,
}

impl MemoryOutcomes {
    /// All outcomes, by the id of the command.
    pub fn all(&self) -> Vec<CommandOutcome> {
        lock(&self.outcomes).values().cloned().collect()
    }
}

#[async_trait]
impl Outcomes for MemoryOutcomes {
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError> {
        let mut outcomes = lock(&self.outcomes);
        let kept = outcomes.get(&outcome.command_id).filter(|kept| !is_expired(kept, outcome.at));
        if kept.is_none_or(|kept| kept.result.rank() < outcome.result.rank()) {
            outcomes.insert(outcome.command_id.clone(), outcome.clone());
        }
        Ok(())
    }

    async fn outcome(&self, command: &MessageId, now: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError> {
        Ok(lock(&self.outcomes).get(command).filter(|kept| !is_expired(kept, now)).cloned())
    }
}

fn is_expired(outcome: &CommandOutcome, now: Timestamp) -> bool {
    now.duration_since(outcome.at) >= OUTCOME_RETENTION
}
