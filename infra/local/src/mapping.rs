//! Event source mappings: they read a stream or a queue, invoke a function with batches of records, and handle the
//! result for each record. A mapping may be dropped at any time: records that it has not finished are read again.

mod activity;
mod batch;
mod checkpoint;
mod failure_record;
mod filter;
mod queue_mapping;
mod source;
mod stream_mapping;
#[cfg(test)]
mod tests;
mod watch;

pub use activity::{Listener, MappingActivity};
pub use failure_record::Condition;
pub use filter::Filter;
pub use queue_mapping::QueueMapping;
pub use source::{QueueMessage, QueueSource, SourceError, StreamRecord, StreamSource};
pub use stream_mapping::StreamMapping;
pub use watch::{QueueWatch, StreamWatch};
