//! Commands: load a stream, decide, append one commit.

pub mod cache;
pub mod decider;
pub mod dyn_fold;
pub mod execute;
pub mod load;
pub mod snapshot;
