//! [`MemoryCircuits`]: a store of circuits in memory.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;

use crate::{
    failure::BoxError,
    gateway::{CircuitStore, Replaced, StoredCircuit},
    memory::lock::lock,
};

/// A store of circuits in memory. It counts its reads and writes.
#[derive(Debug, Default)]
pub struct MemoryCircuits {
    circuits: Mutex<HashMap<String, StoredCircuit>>,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl MemoryCircuits {
    /// The number of reads so far.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// The number of writes so far, those that lost against another process included.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl CircuitStore for MemoryCircuits {
    async fn read(&self, party: &str) -> Result<Option<StoredCircuit>, BoxError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(lock(&self.circuits).get(party).copied())
    }

    async fn replace(&self, party: &str, circuit: &StoredCircuit) -> Result<Replaced, BoxError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut circuits = lock(&self.circuits);
        let stored = circuits.get(party).copied().unwrap_or(StoredCircuit::NEW);
        if stored.revision + 1 != circuit.revision {
            return Ok(Replaced::Conflict(stored));
        }
        circuits.insert(party.to_owned(), *circuit);
        Ok(Replaced::Stored)
    }
}
