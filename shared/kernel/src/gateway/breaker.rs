//! [`Breaker`]: a circuit breaker. It stops calls to a service that failed repeatedly, for a while.

#[cfg(test)]
mod tests;

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use crate::time::Clock;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The number of consecutive failures that opens the circuit.
    pub failures: u32,
    /// How long it stays open before one trial call is made.
    pub rest: SignedDuration,
}

/// A circuit breaker around the calls to one service.
#[derive(Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<Circuit>,
}

#[derive(Clone, Copy, Debug)]
enum Circuit {
    Closed { failures: u32 },
    Open { until: Timestamp },
    HalfOpen { until: Timestamp },
}

/// A call that was not made, or that failed.
#[derive(Debug, thiserror::Error)]
pub enum BreakerError<E> {
    /// The circuit is open; no call was made.
    #[error("the circuit is open after repeated failures")]
    Open,
    /// The call was made and failed.
    #[error(transparent)]
    Failed(E),
}

impl Breaker {
    /// A breaker with a closed circuit.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: Mutex::new(Circuit::Closed { failures: 0 }) }
    }

    /// Makes the call unless the circuit is open. `counts` selects the errors that count as failures of the service.
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
            Circuit::Open { until } | Circuit::HalfOpen { until } if now < until => false,
            // One trial call; if its process is killed, the next one is made after another rest.
            Circuit::Open { .. } | Circuit::HalfOpen { .. } => {
                *state = Circuit::HalfOpen { until: now + self.policy.rest };
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
