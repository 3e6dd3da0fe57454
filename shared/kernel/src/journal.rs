//! The journal: the events of all streams in one order, at dense positions from 1.
//!
//! A [`JournalWriter`] appends the commits that the log's change stream delivers. A [`Batch`] is one item of many events, and
//! begins where the batch before it ended: the position is its key, and a key is given once. So there is no gap and no
//! second event at a position, however many writers there are.
//!
//! Each commit of the log is in the journal once. The change stream keeps the order of each item only, so a commit may come
//! before an earlier one of its stream if the two did not arrive together; a reader that folds checks versions.
//! Streams are spread over partitions, each with positions of its own; there is one unless more are configured.

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    failure::{BoxError, Failure},
    log::Commit,
    message::{CommitId, Encoded, MessageId, StreamId, id::short_digest},
};

pub use reader::{JournalPage, JournalQuery, read, read_between, read_type};
pub use writer::{CLOCK_SKEW, JournalWriter, Written};

/// The most partitions of a journal.
pub const MAX_PARTITIONS: u32 = 16;

/// The journal's batches.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes the batch if no batch of the partition begins at its position. One conditional write.
    async fn append(&self, partition: u32, batch: &Batch) -> Result<(), JournalError>;

    /// Batches that begin at this position or later, oldest first, read consistently. At most `limit`, and none only
    /// after the last.
    async fn since(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError>;

    /// Batches that begin at this position or before, newest first, read consistently. At most `limit`, and none only
    /// before the first.
    async fn until(&self, partition: u32, position: u64, limit: u32) -> Result<Vec<Batch>, JournalError>;
}

/// Events of some commits at consecutive positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The position of the first event, counted from 1.
    pub position: u64,
    /// When it was written, by the clock of the writer.
    pub at: Timestamp,
    /// The commits; at least one.
    pub commits: Vec<JournalCommit>,
}

/// The events of a commit, without what it sent and timed: nothing can be published from a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalCommit {
    /// The stream.
    pub stream: StreamId,
    /// The version of its first event.
    pub version: u64,
    /// The commit's id.
    pub id: CommitId,
    /// When it was appended to the log.
    pub at: Timestamp,
    /// The events; at least one.
    pub events: Vec<Encoded>,
}

/// An event with its position.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEvent {
    /// The position in the partition.
    pub position: u64,
    /// The stream.
    pub stream: StreamId,
    /// The version in the stream.
    pub version: u64,
    /// The event's id.
    pub id: MessageId,
    /// When it was appended to the log.
    pub at: Timestamp,
    /// The event.
    pub event: Encoded,
}

/// A journal that was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another batch begins at the position.
    #[error("a batch begins at position {position} already")]
    Taken {
        /// The position.
        position: u64,
    },
    /// A batch is missing. It is never skipped.
    #[error("the journal has a gap: position {expected} is missing before {found}")]
    Gap {
        /// The missing position.
        expected: u64,
        /// The position that is there.
        found: u64,
    },
    /// The batch exceeds the store's limit.
    #[error("the batch at position {position} has {bytes} bytes, the store's limit is {limit}")]
    TooLarge {
        /// The position.
        position: u64,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An item is malformed.
    #[error("the batch at position {position} is corrupt: {reason}")]
    Corrupt {
        /// The position.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// Throttled, timed out, not reached: the batch may have been written.
    #[error("the journal did not answer")]
    Unavailable(#[source] BoxError),
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Taken { .. } | JournalError::Gap { .. } | JournalError::Unavailable(_) => {
                Self::transient(error)
            }
            JournalError::TooLarge { .. } | JournalError::Corrupt { .. } => Self::permanent(error),
        }
    }
}

impl Batch {
    /// The position after its last event.
    pub fn next(&self) -> u64 {
        self.position + self.commits.iter().map(|commit| commit.events.len() as u64).sum::<u64>()
    }

    /// Its events with their positions.
    pub fn events(&self) -> impl Iterator<Item = JournalEvent> {
        let events = self
            .commits
            .iter()
            .flat_map(|commit| commit.events.iter().zip(0_u16..).map(move |(event, index)| (commit, event, index)));
        events.zip(self.position..).map(|((commit, event, index), position)| JournalEvent {
            position,
            stream: commit.stream.clone(),
            version: commit.version + u64::from(index),
            id: commit.id.event(index),
            at: commit.at,
            event: event.clone(),
        })
    }
}

impl From<&Commit> for JournalCommit {
    fn from(commit: &Commit) -> Self {
        let Commit { stream, version, id, at, events, .. } = commit;
        Self { stream: stream.clone(), version: *version, id: *id, at: *at, events: events.clone() }
    }
}

/// The partition of a stream.
pub fn partition_of(stream: &StreamId, partitions: u32) -> u32 {
    let digest = short_digest(&stream.to_string());
    let number = digest.bytes().fold(0_u32, |number, byte| number.wrapping_mul(31).wrapping_add(u32::from(byte)));
    number % partitions.clamp(1, MAX_PARTITIONS)
}
