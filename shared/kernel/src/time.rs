//! Time: the clock, random ids, timers and retry delays.

pub mod backoff;
pub mod clock;
pub mod timers;
