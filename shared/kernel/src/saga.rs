//! Sagas: processes that react to events, remember their steps and compensate them.

pub mod process;
