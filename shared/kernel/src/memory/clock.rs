//! [`MemoryClock`], a clock that only the test moves, and [`MemoryIds`], ids and random numbers from one seed.

use std::sync::Mutex;

use async_trait::async_trait;
use futures::channel::oneshot;
use jiff::{SignedDuration, Timestamp};
use uuid::{Builder, Uuid};

use crate::{
    memory::lock::lock,
    time::{Clock, Ids},
};

/// Seconds of the epoch at which a memory clock begins: 2026-01-01T00:00:00Z.
const BEGINNING: i64 = 1_767_225_600;

/// A clock that a test moves.
#[derive(Debug)]
pub struct MemoryClock {
    skips_sleeps: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    sleepers: Vec<(Timestamp, oneshot::Sender<()>)>,
}

impl Default for MemoryClock {
    fn default() -> Self {
        Self::at(Timestamp::from_second(BEGINNING).unwrap_or_default())
    }
}

impl MemoryClock {
    /// A clock at this time. A sleep ends when the clock is moved past its end.
    pub fn at(now: Timestamp) -> Self {
        Self { skips_sleeps: false, state: Mutex::new(State { now, sleepers: Vec::new() }) }
    }

    /// A clock on which a sleep advances the time and returns at once. It begins in 2026.
    pub fn hasty() -> Self {
        Self { skips_sleeps: true, ..Self::default() }
    }

    /// Advances the clock and wakes the sleepers whose time is over.
    pub fn advance(&self, duration: SignedDuration) {
        let now = lock(&self.state).now;
        self.set(now.checked_add(duration).unwrap_or(Timestamp::MAX));
    }

    /// Sets the clock and wakes the sleepers whose time is over.
    pub fn set(&self, now: Timestamp) {
        let mut state = lock(&self.state);
        state.now = now;
        let sleepers = std::mem::take(&mut state.sleepers);
        let (over, asleep) = sleepers.into_iter().partition(|(end, _)| *end <= now);
        state.sleepers = asleep;
        drop(state);
        let over: Vec<(Timestamp, oneshot::Sender<()>)> = over;
        for (_, sleeper) in over {
            // A dropped sleeper need not be woken.
            sleeper.send(()).ok();
        }
    }

    /// When the next sleep ends.
    pub fn next_wake(&self) -> Option<Timestamp> {
        lock(&self.state).sleepers.iter().filter(|(_, sleeper)| !sleeper.is_canceled()).map(|(end, _)| *end).min()
    }
}

#[async_trait]
impl Clock for MemoryClock {
    fn now(&self) -> Timestamp {
        lock(&self.state).now
    }

    async fn sleep(&self, duration: SignedDuration) {
        if self.skips_sleeps {
            self.advance(duration.max(SignedDuration::ZERO));
            return;
        }
        let woken = {
            let mut state = lock(&self.state);
            let end = state.now.checked_add(duration).unwrap_or(Timestamp::MAX);
            if end <= state.now {
                return;
            }
            let (sleeper, woken) = oneshot::channel();
            state.sleepers.push((end, sleeper));
            woken
        };
        woken.await.ok();
    }
}

/// Ids and random numbers from a seed.
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
    /// A source with this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }

    /// The next 64 random bits (SplitMix64), so that neighbouring seeds give unrelated sequences.
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
        // A float holds 53 bits exactly.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
