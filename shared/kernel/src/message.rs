//! Messages: events and commands, their envelope, ids, strict JSON, and the library's own technical events.

pub mod contract;
pub mod envelope;
pub mod id;
pub mod json;
pub mod system;
