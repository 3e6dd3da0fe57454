//! Ids and chance from one seed: the same seed, the same story.

use std::sync::Mutex;

use jiff::Timestamp;
use uuid::{Builder, Uuid};

use super::lock;
use crate::time::clock::Ids;

/// Seeded ids and chance.
///
/// ```
/// use causeway::{memory::MemoryIds, time::clock::Ids};
/// let at = jiff::Timestamp::UNIX_EPOCH;
/// assert_eq!(MemoryIds::seeded(7).uuid(at), MemoryIds::seeded(7).uuid(at));
/// assert_ne!(MemoryIds::seeded(7).uuid(at), MemoryIds::seeded(8).uuid(at));
/// ```
#[derive(Debug)]
pub struct MemoryIds {
    state: Mutex<u64>,
}

impl MemoryIds {
    /// All that follows from this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }

    /// The next 64 bits: a counter whose bits are mixed, so that neighbouring seeds share nothing.
    pub fn bits(&self) -> u64 {
        let mut state = lock(&self.state);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Ids for MemoryIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        let bits = self.bits().to_be_bytes().into_iter().chain(self.bits().to_be_bytes());
        for (byte, bits) in random.iter_mut().zip(bits) {
            *byte = bits;
        }
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn random(&self) -> f64 {
        // 53 bits are what a float holds exactly.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
