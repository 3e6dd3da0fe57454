//! A seeded random number generator: all draws of a run come from one sequence, so the run follows from the seed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{memory::MemoryIds, time::clock::Ids};

/// A row of numbers that follows from its seed; a clone draws from the same row.
#[derive(Clone, Debug)]
pub struct Rng {
    row: Arc<MemoryIds>,
}

impl Rng {
    /// The row of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { row: Arc::new(MemoryIds::seeded(seed)) }
    }

    /// A number from 0 to below `bound`; 0 when there is none.
    pub fn below(&self, bound: u64) -> u64 {
        self.row.bits().checked_rem(bound).unwrap_or(0)
    }

    /// An index into something of this length.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether something of this rate (0 to 1) happens now.
    pub fn happens(&self, rate: f64) -> bool {
        rate > 0.0 && self.random() < rate
    }

    /// A time from nothing to `most`.
    pub fn up_to(&self, most: SignedDuration) -> SignedDuration {
        let most = u64::try_from(most.as_millis()).unwrap_or(0);
        SignedDuration::from_millis(i64::try_from(self.below(most + 1)).unwrap_or(0))
    }

    /// Puts the items into any order.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

impl Ids for Rng {
    fn uuid(&self, at: Timestamp) -> Uuid {
        self.row.uuid(at)
    }

    fn random(&self) -> f64 {
        self.row.random()
    }
}
