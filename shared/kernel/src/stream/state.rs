//! [`KeyState`]: what is stored of one key: its clock, open windows, remembered ids, and closed windows until they are
//! confirmed. [`WindowId`] identifies a window: key, start and end.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::recent::RecentIds;

/// The state of one key. Bounded by [`WindowLimits`](super::WindowLimits), and serialisable between any two calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyState<A> {
    pub(super) key: String,
    /// The newest time, in microseconds.
    pub(super) clock: Option<i64>,
    /// Sorted by start.
    pub(super) open: Vec<OpenWindow<A>>,
    pub(super) ids: RecentIds,
    pub(super) closed: Vec<ClosedWindow<A>>,
}

/// A tumbling window, a session, or the part of sliding windows that begins at a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenWindow<A> {
    pub(super) start: i64,
    /// The time of the newest fact in it.
    pub(super) last: i64,
    pub(super) value: A,
}

/// A window that does not change any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedWindow<A> {
    /// Its id: a consumer's idempotency key.
    pub id: WindowId,
    /// What was computed of its facts.
    pub value: A,
}

/// The id of a window.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WindowId {
    /// The key.
    pub key: String,
    /// The start, included.
    pub start: Timestamp,
    /// The end, not included.
    pub end: Timestamp,
}

impl<A> KeyState<A> {
    /// The state of a key without facts.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), clock: None, open: Vec::new(), ids: RecentIds::default(), closed: Vec::new() }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The closed windows that are not confirmed, by end.
    pub fn closed(&self) -> &[ClosedWindow<A>] {
        &self.closed
    }

    /// Removes the closed windows that were published.
    pub fn confirm(&mut self, published: &[WindowId]) {
        self.closed.retain(|window| !published.contains(&window.id));
    }

    /// Removes and returns all closed windows: for a caller that cannot lose an answer, such as one in memory.
    pub fn take_closed(&mut self) -> Vec<ClosedWindow<A>> {
        std::mem::take(&mut self.closed)
    }

    /// The number of open windows; of sliding windows, of their parts.
    pub fn open_windows(&self) -> usize {
        self.open.len()
    }

    /// The number of ids that are held.
    pub fn remembered_ids(&self) -> usize {
        self.ids.len()
    }
}

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}/{}", self.key, self.start, self.end)
    }
}
