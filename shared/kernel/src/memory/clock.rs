//! A clock that moves only when it is told to.

use std::sync::Mutex;

use async_trait::async_trait;
use futures::channel::oneshot;
use jiff::{SignedDuration, Timestamp};

use super::lock;
use crate::time::clock::Clock;

/// Seconds of the epoch at which a memory clock begins: 2026-01-01T00:00:00Z.
const BEGINNING: i64 = 1_767_225_600;

/// A clock in hand.
#[derive(Debug)]
pub struct MemoryClock {
    hasty: bool,
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
    /// A clock that stands at this time. Who sleeps is woken when the clock is moved past the end of the sleep.
    pub fn at(now: Timestamp) -> Self {
        Self { hasty: false, state: Mutex::new(State { now, sleepers: Vec::new() }) }
    }

    /// A clock on which a sleep moves the time at once and waits for nobody. It begins in 2026.
    pub fn hasty() -> Self {
        Self { hasty: true, ..Self::default() }
    }

    /// Moves the clock on and wakes whose sleep is over.
    pub fn advance(&self, duration: SignedDuration) {
        let now = lock(&self.state).now;
        self.set(now.checked_add(duration).unwrap_or(Timestamp::MAX));
    }

    /// Sets the clock and wakes whose sleep is over.
    pub fn set(&self, now: Timestamp) {
        let mut state = lock(&self.state);
        state.now = now;
        let sleepers = std::mem::take(&mut state.sleepers);
        let (over, asleep) = sleepers.into_iter().partition(|(end, _)| *end <= now);
        state.sleepers = asleep;
        drop(state);
        let over: Vec<(Timestamp, oneshot::Sender<()>)> = over;
        for (_, sleeper) in over {
            // Whoever stopped waiting need not be woken.
            sleeper.send(()).ok();
        }
    }

    /// When the next sleeper wants to be woken.
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
        if self.hasty {
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
