//! Messages: events and commands, their envelope and ids, strict JSON, and the library's own technical events.

pub mod contract;
pub mod envelope;
pub mod id;
pub mod json;
pub mod system;

pub use contract::{DecodeError, Description, EncodeError, Encoded, Kind, MAX_MESSAGE_BYTES, Message, Messages};
pub use envelope::{Cause, Delivery, Envelope, MAX_HOPS, Metadata, Received};
pub use id::{CommitId, Id, InvalidId, InvalidStream, MessageId, StreamId};
pub use system::{CommandRejected, ErrorOccurred, ServiceStarted, SystemEvent};
