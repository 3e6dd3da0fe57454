//! Time: the clock, random ids, timers and retry delays.

pub mod backoff;
pub mod clock;
pub mod timers;

pub use backoff::Backoff;
pub use clock::{Clock, Ids};
pub use timers::{Pending, Timer, TimerError, TimerKey, Timers};
