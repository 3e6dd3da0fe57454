//! [`WindowSpec`]: the kind of window, the lateness and the bounds, as data. [`WindowError`] names the field and the rule
//! that a specification breaks.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The most steps of a sliding window.
pub const MAX_STEPS: i64 = 1_000;

/// Which windows there are, how late a fact may be, and how much a key may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowSpec {
    /// The kind of window.
    pub window: WindowKind,
    /// How far a fact may be behind the newest one of its key.
    pub lateness: SignedDuration,
    /// What a key may hold.
    #[serde(default)]
    pub limits: WindowLimits,
}

/// The kind of window. Starts are included, ends are not; tumbling and sliding windows are aligned to the epoch in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WindowKind {
    /// One window after the other, without gaps.
    Tumbling {
        /// The length of a window.
        size: SignedDuration,
    },
    /// Windows that overlap: one begins at each step.
    Sliding {
        /// The length of a window: a multiple of the step.
        size: SignedDuration,
        /// The time from one window's start to the next one's.
        step: SignedDuration,
    },
    /// A window around facts that follow each other in less than the gap. It ends a gap after its last fact.
    Session {
        /// The time without a fact that ends a session.
        gap: SignedDuration,
    },
}

/// What the state of a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowLimits {
    /// Open windows with facts in them. Sliding windows share one part for each step, and the parts are counted.
    pub max_open: usize,
    /// Remembered ids: facts that are not older than the watermark.
    pub max_ids: usize,
    /// Closed windows that are not confirmed. What one call closes may exceed it once; then no fact is accepted.
    pub max_unconfirmed: usize,
}

impl Default for WindowLimits {
    /// 64 open windows, 1,000 ids, 64 unconfirmed windows: well below the 400 KB of an item.
    fn default() -> Self {
        Self { max_open: 64, max_ids: 1_000, max_unconfirmed: 64 }
    }
}

/// A specification of windows that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct WindowError {
    /// The field: `window.size`.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}
