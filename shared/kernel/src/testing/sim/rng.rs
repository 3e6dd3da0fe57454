//! A seeded random number generator: all draws of a run come from one sequence, so the run follows from the seed.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{memory::MemoryIds, time::Ids};

/// A sequence of random numbers; a clone draws from the same sequence.
#[derive(Clone, Debug)]
pub struct Rng {
    sequence: Arc<MemoryIds>,
}

impl Rng {
    /// The sequence of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { sequence: Arc::new(MemoryIds::seeded(seed)) }
    }

    /// A number from 0 to below `bound`; 0 if `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        self.sequence.bits().checked_rem(bound).unwrap_or(0)
    }

    /// An index into something of this length.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// True with this probability (0 to 1).
    pub fn happens(&self, rate: f64) -> bool {
        rate > 0.0 && self.random() < rate
    }

    /// A duration from zero to `most`.
    pub fn up_to(&self, most: SignedDuration) -> SignedDuration {
        let most = u64::try_from(most.as_millis()).unwrap_or(0);
        SignedDuration::from_millis(i64::try_from(self.below(most + 1)).unwrap_or(0))
    }
}

impl Ids for Rng {
    fn uuid(&self, at: Timestamp) -> Uuid {
        self.sequence.uuid(at)
    }

    fn random(&self) -> f64 {
        self.sequence.random()
    }
}
