//! Commands: load a stream, decide, append one commit.

pub mod cache;
pub mod decider;
pub mod dyn_fold;
pub mod execute;
pub mod load;
pub mod snapshot;

pub use cache::Cache;
pub use decider::{Decider, Effect, Once, Rejection, fold};
pub use dyn_fold::{DynFold, StreamFold};
pub use execute::{ExecuteError, Executed, execute};
pub use load::{LoadError, load, load_at};
pub use snapshot::{LoadedStream, RECENT_COMMANDS, SNAPSHOT_EVERY, fingerprint};
