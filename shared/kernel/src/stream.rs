//! Windows over streams of facts: tumbling, sliding and session windows per key, in event time.
//!
//! [`Windows`] is pure: it takes the state of one key and a fact, and changes the state. It reads no clock and does no I/O;
//! the caller stores a [`KeyState`] per key, as one item under a version guard.
//!
//! # Time
//!
//! The clock of a key is the newest event time it has seen, or the latest time given to [`Windows::advance`]. Its watermark
//! is the clock minus the stated lateness. A fact before the watermark is [`FactOutcome::Late`] and changes nothing. A window
//! closes when the watermark reaches its end, and never changes afterwards. Where no event comes,
//! [`Windows::next_deadline`] says when to call `advance`. A fact from the future moves the clock too, so check times
//! that are not your own. Times are cut to microseconds.
//!
//! # Facts that come twice
//!
//! A fact is counted once. Its id is remembered until the watermark passes its time; after that a copy is late.
//!
//! # Closed windows, and lost answers
//!
//! A closed window is added to [`KeyState::closed`] exactly once and stays there until it is confirmed:
//!
//! 1. Load the state, add the batch, store the state under its version. After a conflict begin again.
//! 2. Publish what [`KeyState::closed`] holds.
//! 3. [`KeyState::confirm`] what was published, and store the state with the next batch or on its own.
//!
//! If the answer of any step is lost, hand in the same batch again: every fact is a duplicate, late or new, and the
//! same closed windows are there under the same ids. So a window may be published twice with equal content, and a
//! consumer is idempotent by [`WindowId`].
//!
//! # Memory
//!
//! [`WindowLimits`] bounds what a key holds. A fact that would exceed it is [`FactOutcome::Refused`] and changes nothing: hand
//! it in again after a later fact, an `advance` or a `confirm`.
//!
//! ```
//! use causeway::stream::{Count, Fact, FactOutcome, KeyState, WindowKind, WindowLimits, WindowSpec, Windows};
//! use jiff::{SignedDuration, Timestamp};
//! let window = WindowKind::Tumbling { size: SignedDuration::from_mins(1) };
//! let spec = WindowSpec { window, lateness: SignedDuration::from_secs(10), limits: WindowLimits::default() };
//! let windows = Windows::new(&spec)?;
//! let mut state = KeyState::<Count>::new("u-1");
//! let at: Timestamp = "2026-01-01T12:00:05Z".parse()?;
//! let login = Fact { id: "login-1".parse()?, at, input: () };
//! assert_eq!(windows.add(&mut state, login.clone()), FactOutcome::Accepted);
//! assert_eq!(windows.add(&mut state, login), FactOutcome::Duplicate);
//!
//! let deadline = windows.next_deadline(&state).unwrap();
//! assert_eq!(deadline, "2026-01-01T12:01:10Z".parse()?);
//! windows.advance(&mut state, deadline);
//! assert_eq!(state.closed()[0].id.to_string(), "u-1@2026-01-01T12:00:00Z/2026-01-01T12:01:00Z");
//! assert_eq!(state.closed()[0].value.count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod aggregate;
mod engine;
pub(crate) mod micros;
pub(crate) mod recent;
pub mod spec;
pub mod state;
pub(crate) mod stored_id;
#[cfg(test)]
mod tests;

pub use aggregate::{Aggregate, Count, Max, Mean, Min, Sum};
pub use engine::{Fact, FactOutcome, WindowBound, Windows};
pub use spec::{WindowError, WindowKind, WindowLimits, WindowSpec};
pub use state::{ClosedWindow, KeyState, WindowId};
