//! The local cloud.

pub mod pattern;
pub mod schedule;
pub mod template;
