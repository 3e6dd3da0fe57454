//! What the calls to DynamoDB cost, counted from its own answers.
//! One counter for all stores of a process: whoever reports it takes what came together since the last time.

use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// A counter of requests and capacity units.
#[derive(Debug, Default)]
pub struct Units {
    spent: Mutex<Spent>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Calls that were answered.
    pub requests: u64,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
}

impl Units {
    /// What was spent since this was asked last.
    pub fn take(&self) -> Spent {
        std::mem::take(&mut *self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was spent since the last [`take`](Self::take).
    pub fn spent(&self) -> Spent {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.add(Spent { requests: 1, reads: sum(consumed), writes: 0.0 });
    }

    pub(crate) fn wrote<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.add(Spent { requests: 1, reads: 0.0, writes: sum(consumed) });
    }

    /// A condition that failed costs what the write would have cost, but the answer does not say so.
    pub(crate) fn failed_condition(&self, units: usize) {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.add(Spent { requests: 1, reads: 0.0, writes: f64::from(units) });
    }

    fn add(&self, more: Spent) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.requests += more.requests;
        spent.reads += more.reads;
        spent.writes += more.writes;
    }
}

fn sum<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum()
}
