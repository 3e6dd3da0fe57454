//! The relay under a bus, timers and dead letters that fail.

mod order;
mod troubled;
