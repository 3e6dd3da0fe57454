//! The log: one commit per command, appended at an expected version and never changed.

pub mod commit;
pub mod event_store;
pub mod moment;

pub use commit::{Commit, EmbeddedSnapshot, MAX_EVENTS, RecentCommand, Recorded, Send, TimerChange};
pub use event_store::{Append, AppendError, Appended, EventStore, ReadError, SnapshotPolicy, check_contiguous};
pub use moment::Moment;
