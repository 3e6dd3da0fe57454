//! [`Circuit`]: the state of a circuit breaker, and how it changes. Pure: the time is an argument.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// At least this many calls of a window must fail before the circuit opens …
    pub failures: u32,
    /// … and at least this share of the calls that were counted, in percent.
    pub percent: u32,
    /// How long calls are counted together.
    pub window: SignedDuration,
    /// How long the circuit stays open before one trial call is made.
    pub rest: SignedDuration,
    /// How long a trial call may take, before another one is made.
    pub trial: SignedDuration,
    /// How long a process trusts its copy of the circuit.
    pub trusted: SignedDuration,
}

impl BreakerPolicy {
    /// Opens after 5 failures in 30 seconds, if at least half of the calls failed; tries again every 20 seconds.
    pub const USUAL: Self = Self {
        failures: 5,
        percent: 50,
        window: SignedDuration::from_secs(30),
        rest: SignedDuration::from_secs(20),
        trial: SignedDuration::from_secs(20),
        trusted: SignedDuration::from_secs(1),
    };
}

/// The circuit in front of one outside system. All processes share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Circuit {
    /// Calls are made.
    Closed {
        /// When the window began.
        since: Timestamp,
        /// The calls that succeeded, as far as they were counted.
        succeeded: u32,
        /// The calls that failed.
        failed: u32,
    },
    /// No calls are made.
    Open {
        /// Until then.
        until: Timestamp,
    },
    /// One trial call is under way; no other calls are made.
    Trial {
        /// Until then, when it counts as lost.
        until: Timestamp,
    },
}

/// A circuit as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCircuit {
    /// The number of changes so far; 0 if it was never stored.
    pub revision: u64,
    /// The circuit.
    pub circuit: Circuit,
}

/// What a circuit says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Make the call.
    Call,
    /// Make a trial call, if this change of the circuit succeeds.
    Trial(Circuit),
    /// Make no call.
    Refused,
}

impl Circuit {
    /// A closed circuit.
    pub const CLOSED: Self = Self::Closed { since: Timestamp::UNIX_EPOCH, succeeded: 0, failed: 0 };

    /// What it says to a call at this time.
    pub fn admit(self, now: Timestamp, policy: &BreakerPolicy) -> Admission {
        match self {
            Self::Closed { .. } => Admission::Call,
            Self::Open { until } | Self::Trial { until } if now < until => Admission::Refused,
            Self::Open { .. } | Self::Trial { .. } => Admission::Trial(Self::Trial { until: after(now, policy.trial) }),
        }
    }

    /// The circuit after these calls; `None` if it counts no calls, because it is not closed.
    pub fn count(self, now: Timestamp, calls: (u32, u32), policy: &BreakerPolicy) -> Option<Self> {
        let Self::Closed { since, succeeded, failed } = self else { return None };
        let is_over = now > after(since, policy.window);
        let (since, succeeded, failed) = if is_over { (now, 0, 0) } else { (since, succeeded, failed) };
        let (succeeded, failed) = (succeeded.saturating_add(calls.0), failed.saturating_add(calls.1));
        let share = u64::from(failed) * 100 >= u64::from(policy.percent) * (u64::from(succeeded) + u64::from(failed));
        Some(match failed >= policy.failures && share {
            true => Self::Open { until: after(now, policy.rest) },
            false => Self::Closed { since, succeeded, failed },
        })
    }

    /// The circuit after a trial call.
    pub fn tried(now: Timestamp, failed: bool, policy: &BreakerPolicy) -> Self {
        match failed {
            true => Self::Open { until: after(now, policy.rest) },
            false => Self::Closed { since: now, succeeded: 0, failed: 0 },
        }
    }
}

impl StoredCircuit {
    /// A circuit that was never stored.
    pub const NEW: Self = Self { revision: 0, circuit: Circuit::CLOSED };

    /// The next revision, with this circuit.
    pub fn next(self, circuit: Circuit) -> Self {
        Self { revision: self.revision + 1, circuit }
    }
}

fn after(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}
