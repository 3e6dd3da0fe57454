//! The circuit breaker: an outside party that fails again and again is left alone for a while.

#[cfg(test)]
mod tests;

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use crate::time::clock::Clock;

/// When to open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures in a row open the circuit.
    pub failures: u32,
    /// It stays open so long; then one call may try.
    pub rest: SignedDuration,
}

/// A circuit breaker around the calls to one outside party.
#[derive(Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<Circuit>,
}

#[derive(Clone, Copy, Debug)]
enum Circuit {
    Closed { failures: u32 },
    Open { until: Timestamp },
    Trying { until: Timestamp },
}

/// A call that was not made, or failed.
#[derive(Debug, thiserror::Error)]
pub enum BreakerError<E> {
    /// The circuit is open: nobody was called.
    #[error("left alone after repeated failures")]
    Open,
    /// The call was made and failed.
    #[error(transparent)]
    Failed(E),
}

impl Breaker {
    /// A closed circuit.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: Mutex::new(Circuit::Closed { failures: 0 }) }
    }

    /// Makes the call if the circuit lets it. `counts` says which errors are the party's fault.
    pub async fn call<T, E>(
        &self,
        clock: &dyn Clock,
        call: impl Future<Output = Result<T, E>>,
        counts: impl Fn(&E) -> bool,
    ) -> Result<T, BreakerError<E>> {
        if !self.enter(clock.now()) {
            return Err(BreakerError::Open);
        }
        let result = call.await;
        self.leave(clock.now(), result.as_ref().err().is_some_and(counts));
        result.map_err(BreakerError::Failed)
    }

    fn enter(&self, now: Timestamp) -> bool {
        let Ok(mut state) = self.state.lock() else { return true };
        match *state {
            Circuit::Closed { .. } => true,
            Circuit::Open { until } | Circuit::Trying { until } if now < until => false,
            // One call tries; should it be killed, the next may try after another rest.
            Circuit::Open { .. } | Circuit::Trying { .. } => {
                *state = Circuit::Trying { until: now + self.policy.rest };
                true
            }
        }
    }

    fn leave(&self, now: Timestamp, failed: bool) {
        let Ok(mut state) = self.state.lock() else { return };
        *state = match (*state, failed) {
            (_, false) => Circuit::Closed { failures: 0 },
            (Circuit::Closed { failures }, true) if failures + 1 < self.policy.failures => {
                Circuit::Closed { failures: failures + 1 }
            }
            (_, true) => Circuit::Open { until: now + self.policy.rest },
        };
    }
}
