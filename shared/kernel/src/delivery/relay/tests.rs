//! The relay under a bus, timers and dead letters that fail.

mod failures;
mod order;
