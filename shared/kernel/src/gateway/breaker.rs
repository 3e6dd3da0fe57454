//! [`Breaker`]: a circuit breaker that all processes of an application share. It stops calls to an outside system that
//! failed repeatedly, for a while.
//!
//! The circuit is one item of a store. Successful calls write nothing; failed ones write their number, at most once a
//! second and process, or when that opens the circuit; all changes are conditional, so that one process at a time makes a trial call.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    failure::BoxError,
    gateway::circuit::{Admission, BreakerPolicy, Circuit, StoredCircuit},
    time::Clock,
};

/// How often a change is tried when other processes change the circuit at the same time.
const TRIES: u32 = 3;

/// How often a process writes the number of its failed calls at most.
const COUNTED_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// A store of circuits.
#[async_trait]
pub trait CircuitStore: Send + Sync {
    /// The circuit of this outside system, if it was stored.
    async fn read(&self, party: &str) -> Result<Option<StoredCircuit>, BoxError>;

    /// Stores the circuit if the stored one has the revision before it.
    async fn replace(&self, party: &str, circuit: &StoredCircuit) -> Result<Replaced, BoxError>;
}

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is stored.
    Stored,
    /// Another process was first; this is the stored circuit.
    Conflict(StoredCircuit),
}

/// A circuit breaker.
pub struct Breaker {
    store: Arc<dyn CircuitStore>,
    clock: Arc<dyn Clock>,
    policy: BreakerPolicy,
    copies: Mutex<HashMap<&'static str, LocalCopy>>,
}

/// The right to make one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// A usual call.
    Call,
    /// The trial call that this revision of the circuit stands for.
    Trial(StoredCircuit),
}

/// No call may be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit is open after repeated failures")]
pub struct CircuitIsOpen;

/// What a process knows of a circuit, and the calls that it has not written yet.
#[derive(Clone, Copy, Debug)]
struct LocalCopy {
    stored: StoredCircuit,
    read_at: Option<Timestamp>,
    counted_since: Timestamp,
    counted_at: Option<Timestamp>,
    calls: (u32, u32),
}

impl Breaker {
    /// A breaker on this store.
    pub fn new(store: Arc<dyn CircuitStore>, clock: Arc<dyn Clock>, policy: BreakerPolicy) -> Self {
        Self { store, clock, policy, copies: Mutex::default() }
    }

    /// Asks for a call to this outside system. Costs one read when the copy of the circuit is old, and one write for a
    /// trial call. Without an answer of the store, calls are made unless the circuit was open.
    pub async fn enter(&self, party: &'static str) -> Result<Permit, CircuitIsOpen> {
        let mut stored = self.circuit(party).await;
        for _ in 0..TRIES {
            let trial = match stored.circuit.admit(self.clock.now(), &self.policy) {
                Admission::Call => return Ok(Permit::Call),
                Admission::Refused => return Err(CircuitIsOpen),
                Admission::Trial(circuit) => stored.next(circuit),
            };
            match self.store.replace(party, &trial).await {
                Ok(Replaced::Stored) => {
                    self.remember(party, trial);
                    return Ok(Permit::Trial(trial));
                }
                Ok(Replaced::Conflict(other)) => {
                    self.remember(party, other);
                    stored = other;
                }
                Err(_) => return Err(CircuitIsOpen),
            }
        }
        Err(CircuitIsOpen)
    }

    /// Reports how the call ended.
    pub async fn leave(&self, party: &'static str, permit: Permit, failed: bool) {
        let now = self.clock.now();
        match permit {
            Permit::Trial(trial) => {
                let next = trial.next(Circuit::tried(now, failed, &self.policy));
                match self.store.replace(party, &next).await {
                    Ok(Replaced::Stored) => self.remember(party, next),
                    // The trial took too long, and another process tries now.
                    Ok(Replaced::Conflict(other)) => self.remember(party, other),
                    // The trial expires, and then there is another one.
                    Err(_) => {}
                }
            }
            Permit::Call => {
                if let Some((stored, calls)) = self.count(party, now, failed) {
                    self.write_count(party, stored, calls).await;
                }
            }
        }
    }

    /// The process's copy of the circuit, read anew when it is old.
    async fn circuit(&self, party: &'static str) -> StoredCircuit {
        let now = self.clock.now();
        let copy = self.copies().get(party).copied();
        let trusted = |read_at: Timestamp| now >= read_at && now.duration_since(read_at) < self.policy.trusted;
        match copy {
            Some(copy) if copy.read_at.is_some_and(trusted) => copy.stored,
            known => match self.store.read(party).await {
                Ok(stored) => {
                    let stored = stored.unwrap_or(StoredCircuit::NEW);
                    self.remember(party, stored);
                    stored
                }
                Err(_) => known.map_or(StoredCircuit::NEW, |copy| copy.stored),
            },
        }
    }

    fn copies(&self) -> MutexGuard<'_, HashMap<&'static str, LocalCopy>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, party: &'static str, stored: StoredCircuit) {
        let now = self.clock.now();
        let mut copies = self.copies();
        let copy = copies.entry(party).or_insert_with(|| LocalCopy::new(now));
        (copy.stored, copy.read_at) = (stored, Some(now));
    }

    /// Counts a call in this process; returns the calls that are to be written, with the circuit they are added to.
    fn count(&self, party: &'static str, now: Timestamp, failed: bool) -> Option<(StoredCircuit, (u32, u32))> {
        let mut copies = self.copies();
        let copy = copies.entry(party).or_insert_with(|| LocalCopy::new(now));
        if now.duration_since(copy.counted_since) > self.policy.window {
            (copy.counted_since, copy.calls) = (now, (0, 0));
        }
        if !failed {
            copy.calls.0 = copy.calls.0.saturating_add(1);
            return None;
        }
        copy.calls.1 = copy.calls.1.saturating_add(1);
        let recently = copy.counted_at.is_some_and(|at| now.duration_since(at) < COUNTED_EVERY);
        let opens = || matches!(copy.stored.circuit.count(now, copy.calls, &self.policy), Some(Circuit::Open { .. }));
        if recently && !opens() {
            return None;
        }
        copy.counted_at = Some(now);
        Some((copy.stored, std::mem::take(&mut copy.calls)))
    }

    async fn write_count(&self, party: &'static str, mut stored: StoredCircuit, calls: (u32, u32)) {
        for _ in 0..TRIES {
            let Some(circuit) = stored.circuit.count(self.clock.now(), calls, &self.policy) else { return };
            let next = stored.next(circuit);
            match self.store.replace(party, &next).await {
                Ok(Replaced::Stored) => return self.remember(party, next),
                Ok(Replaced::Conflict(other)) => {
                    self.remember(party, other);
                    stored = other;
                }
                // A sample is lost; the next failure is written again.
                Err(_) => return,
            }
        }
    }
}

impl LocalCopy {
    fn new(now: Timestamp) -> Self {
        Self { stored: StoredCircuit::NEW, read_at: None, counted_since: now, counted_at: None, calls: (0, 0) }
    }
}
