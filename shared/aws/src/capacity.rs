//! The capacity that DynamoDB calls consume, summed from the service's own responses.
//! All stores of a process share one meter; the code that reports the usage resets it.

use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// A meter of DynamoDB requests and capacity units.
#[derive(Debug, Default)]
pub struct CapacityMeter {
    usage: Mutex<Usage>,
}

/// Requests and capacity units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Calls that received a response.
    pub requests: u64,
    /// Consumed read capacity units.
    pub read_units: f64,
    /// Consumed write capacity units.
    pub write_units: f64,
}

impl CapacityMeter {
    /// The usage since the last `take`; resets the meter.
    pub fn take(&self) -> Usage {
        std::mem::take(&mut *self.usage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn read<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.add(sum(consumed), 0.0);
    }

    pub(crate) fn wrote<'a>(&self, consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.add(0.0, sum(consumed));
    }

    /// A write with a failed condition consumes as much as the write would have, but the response does not report it.
    pub(crate) fn failed_condition(&self, units: usize) {
        self.add(0.0, f64::from(u32::try_from(units).unwrap_or(u32::MAX)));
    }

    fn add(&self, read_units: f64, write_units: f64) {
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.requests += 1;
        usage.read_units += read_units;
        usage.write_units += write_units;
    }
}

fn sum<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> f64 {
    consumed.into_iter().filter_map(ConsumedCapacity::capacity_units).sum()
}
