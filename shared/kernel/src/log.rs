//! The log: one commit per command, appended under a condition and never changed.

pub mod commit;
pub mod event_store;
