//! Event source mappings: they read a stream or a queue, invoke a function with batches of records, and handle the
//! result for each record. A mapping may be dropped at any time: records that it has not finished are read again.

mod batch;
mod queue_mapping;
mod source;
mod stream_mapping;
#[cfg(test)]
mod tests;

pub use batch::{Condition, Filter, Listener, MappingActivity};
pub use queue_mapping::QueueMapping;
pub use source::{QueueMessage, QueueSource, QueueWatch, SourceError, StreamRecord, StreamSource, StreamWatch};
pub use stream_mapping::StreamMapping;
