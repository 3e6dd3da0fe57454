//! Patterns of events (complex event processing): sequence, count and absence within a time, by key, over several streams.
//!
//! A pattern is data: a [`PatternSpec`], as JSON. [`Patterns::compile`] checks the specifications and makes a small automaton
//! of each. The engine is pure: it takes the state of one key and an event, and changes the state. It reads no clock and
//! does no I/O; the caller stores a [`KeyState`] per key, as one item under a version guard.
//!
//! # What matches
//!
//! | pattern | matches |
//! |---|---|
//! | `sequence` | one event per step, in order, the last at most `within` after the first |
//! | `count` | `at_least` events, the last at most `within` after the first |
//! | `absence` | an event that no other one follows, up to and including `within` after it |
//! | `repeat` | so many matches of any of these, the last end at most `within` after the first start |
//!
//! Events that fit no step are skipped. In a sequence an event goes to the oldest partial match that it continues, and
//! begins a new one if there is none; so an event is in at most one match of a pattern, and so it is with counts and
//! repeats, which begin anew after a match. An absence is cancelled by every event that fits, and fires for each event
//! that begins one.
//!
//! # Keys
//!
//! The events of a match have the same key: the text or whole number at a path, which may differ by event. Patterns with
//! the same [`KeySpec`] share the state of a key. [`Patterns::keys`] names the states that an event concerns; it is for none
//! if it has no key, or one longer than 256 bytes.
//!
//! # Time
//!
//! The clock of a key is the newest event time it has seen, or the latest time given to [`Patterns::advance`]. Its watermark is
//! the clock minus the stated lateness. Events wait until the watermark reaches them and are then handled in the order of
//! their times; without lateness they are handled at once. An event before the watermark is [`EventOutcome::Late`] and changes
//! nothing. Of events at the same microsecond those that wait are sorted by id, and others keep the order of arrival.
//! Where no event comes, [`Patterns::next_deadline`] says when to call `advance`.
//!
//! # Events that come twice, and lost answers
//!
//! An event is handled once: its id is remembered until the watermark passes it. A match stays in [`KeyState::matches`] until it
//! is confirmed: store the state, publish its matches, [`KeyState::confirm`] them. If an answer is lost, hand in the same batch
//! again and the same matches are there. The id of a match is made from the pattern's name and the ids of its events, so
//! a consumer is idempotent by it.
//!
//! # Memory
//!
//! [`PatternLimits`] bounds what a key holds. Where a pattern has too many partial matches, the oldest is dropped and counted:
//! [`EventOutcome::Accepted`], [`KeyState::dropped`]. An event that there is no room for is [`EventOutcome::Refused`] and changes
//! nothing: hand it in again after a later event, an `advance` or a `confirm`. Of an event only the fields that a condition
//! names are held, once for all partial matches, and texts longer than 256 bytes count as missing. Events that no partial
//! match has any more are let go in groups when events are added: about half of those held may be such.
//!
//! A pattern that is changed begins anew: partial matches are stored under a digest of the specification.
//!
//! ```
//! use causeway::pattern::{Event, EventOutcome, KeyState, PatternSpec, Patterns};
//! use serde_json::json;
//! let spec: PatternSpec = serde_json::from_value(json!({
//!     "name": "payments-fail",
//!     "key": "userId",
//!     "pattern": { "count": { "of": { "event": "PaymentFailed" }, "at_least": 3, "within": "PT10M" } }
//! }))?;
//! let patterns = Patterns::compile(&[spec])?;
//! let data = json!({ "userId": "u-1" });
//! let ids: Vec<causeway::MessageId> = ["f-1", "f-2", "f-3"].into_iter().map(str::parse).collect::<Result<_, _>>()?;
//! let event = |id| Event { name: "PaymentFailed", id, at: "2026-01-01T12:00:00Z".parse().unwrap(), data: &data };
//! let key = patterns.keys(&event(&ids[0])).remove(0);
//! let mut state = KeyState::new(key);
//! for id in &ids {
//!     assert_eq!(patterns.on_event(&mut state, &event(id)), EventOutcome::Accepted { dropped: 0 });
//! }
//! assert_eq!(state.matches()[0].events, ids);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod automaton;
mod compile;
mod engine;
mod input;
mod partials;
pub mod scalar;
pub mod spec;
pub mod state;
#[cfg(test)]
mod tests;

pub use compile::{PatternError, PatternLimits};
pub use engine::{Event, EventBound, EventOutcome, Patterns};
pub use scalar::Scalar;
pub use spec::{
    AbsenceSpec, Condition, CountSpec, KeySpec, Operand, PatternKind, PatternSpec, RepeatSpec, SequenceSpec, StepField,
    StepSpec,
};
pub use state::{KeyState, Match, StateKey};
