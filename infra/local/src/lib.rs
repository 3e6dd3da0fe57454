//! The local cloud.

pub mod pattern;
