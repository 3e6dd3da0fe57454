//! Event source mappings: what reads a stream or a queue for a function, in batches, and answers for what became of
//! each record. A mapping may be dropped at any point: what it has not answered for comes again.

mod answer;
mod batch;
mod checkpoint;
mod filter;
mod gathering;
mod pointers;
mod queue;
mod retrying;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use crate::lambda::FunctionError;

pub use filter::Filter;
pub use pointers::Condition;
pub use queue::QueueMapping;
pub use source::{QueueMessage, QueueSource, SourceError, StreamRecord, StreamSource};
pub use stream::StreamMapping;
pub use watch::{QueueWatch, StreamWatch};

/// What a mapping did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The function did so many records.
    Done(usize),
    /// It failed on some of so many records.
    Failed(usize, FunctionError),
    /// So many records are not tried any more, and that was told to this queue.
    Told(usize, Condition, String),
    /// So many records are not tried any more, and nobody could be told.
    Lost(usize, String),
    /// The mapping cannot go on right now, and will try again.
    Stuck(String),
}

/// Who hears of everything that a mapping does.
pub type Listener = Arc<dyn Fn(Happened) + Send + Sync>;
