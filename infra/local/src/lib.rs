//! The local cloud.

pub mod pattern;
pub mod ports;
pub mod schedule;
pub mod template;
