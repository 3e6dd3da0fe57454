//! [`MemoryJournal`]: a journal in memory.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;

use crate::{
    journal::{Batch, Journal, JournalError},
    memory::lock::lock,
};

/// A journal in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    batches: Mutex<BTreeMap<(u32, u64), Batch>>,
}

impl MemoryJournal {
    /// All batches of a partition.
    pub fn batches(&self, partition: u32) -> Vec<Batch> {
        lock(&self.batches).range((partition, 0)..=(partition, u64::MAX)).map(|(_, batch)| batch.clone()).collect()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, partition: u32, batch: &Batch) -> Result<(), JournalError> {
        let mut batches = lock(&self.batches);
        if batches.contains_key(&(partition, batch.position)) {
            return Err(JournalError::Taken { position: batch.position });
        }
        batches.insert((partition, batch.position), batch.clone());
        Ok(())
    }

    async fn since(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        let batches = lock(&self.batches);
        let range = batches.range((partition, position)..=(partition, u64::MAX));
        Ok(range.take(limit as usize).map(|(_, batch)| batch.clone()).collect())
    }

    async fn until(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError> {
        let batches = lock(&self.batches);
        let range = batches.range((partition, 0)..=(partition, position)).rev();
        Ok(range.take(limit as usize).map(|(_, batch)| batch.clone()).collect())
    }
}
