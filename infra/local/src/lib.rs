//! The local cloud.

pub mod pattern;
pub mod schedule;
