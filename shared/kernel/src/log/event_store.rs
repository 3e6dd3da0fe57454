//! The port to the log: append a commit at its place, read a stream.
//! Streams are contiguous because an append says its place, and a place is given once.

use async_trait::async_trait;

use crate::{
    failure::{BoxError, Failure},
    log::commit::Commit,
    message::id::{MessageId, StreamId},
};

/// The log.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Writes the commit at its place, whole or not at all.
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError>;

    /// The newest commit of the stream, read consistently.
    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError>;

    /// All commits from the one that begins at `from` (or the next), oldest first, read consistently and whole.
    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError>;

    /// The commit that begins at this version, read consistently. A log that can read one alone should.
    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let commits = self.since(stream, version).await?;
        Ok(commits.into_iter().next().filter(|commit| commit.version == version))
    }
}

/// One append.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    /// What to write. Its `carried` is the state that may ride along.
    pub commit: &'a Commit,
    /// Whether the state must ride along, or only if it costs nothing.
    pub snapshot: SnapshotPolicy,
    /// Whether a marker for the commit's command on this stream is written in the same transaction. A marker that
    /// is there already refuses the commit as [`AppendError::Repeated`], also when the place is taken.
    pub once: bool,
}

/// Whether the state rides along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotPolicy {
    /// If it fits the capacity units that the events cost anyway.
    IfFree,
    /// In any case, unless the item would grow beyond what the store takes.
    Must,
}

/// A commit that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Whether the state rides along.
    pub snapshot: bool,
}

/// A commit that was not written, or of which nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The place is taken.
    #[error("{stream} has a commit at version {version} already")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The place.
        version: u64,
        /// Who stands there.
        winner: Box<Commit>,
    },
    /// The once-command was obeyed before.
    #[error("command {command} was handled before")]
    Repeated {
        /// The command.
        command: MessageId,
        /// The version of the commit that obeyed it.
        version: u64,
    },
    /// The commit is larger than the store takes.
    #[error("the commit on {stream} has {bytes} bytes; the store takes {limit}")]
    TooLarge {
        /// The stream.
        stream: StreamId,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Throttled, timed out, not reached: it may be written or not.
    #[error("the log did not answer")]
    Unavailable(#[source] BoxError),
    /// The winner's item cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A stream that was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A place in the stream is empty. Never skipped: something was lost.
    #[error("{stream} has a gap: version {expected} is missing before {found}")]
    Gap {
        /// The stream.
        stream: StreamId,
        /// The place that is empty.
        expected: u64,
        /// The next place that is not.
        found: u64,
    },
    /// The item's format is newer than this code.
    #[error("{stream} version {version} has format {format}, newer than is known here")]
    NewerFormat {
        /// The stream.
        stream: StreamId,
        /// The place.
        version: u64,
        /// The format.
        format: u64,
    },
    /// The item is not as it was written.
    #[error("{stream} version {version} is corrupt: {reason}")]
    Corrupt {
        /// The stream.
        stream: StreamId,
        /// The place.
        version: u64,
        /// What is wrong.
        reason: String,
    },
    /// Throttled, timed out, not reached.
    #[error("the log did not answer")]
    Unavailable(#[source] BoxError),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) | ReadError::Gap { .. } => Self::transient(error),
            ReadError::NewerFormat { .. } | ReadError::Corrupt { .. } => Self::permanent(error),
        }
    }
}

/// Checks that the commits follow one another, beginning at `from`.
pub fn check_contiguous(stream: &StreamId, from: u64, commits: &[Commit]) -> Result<(), ReadError> {
    let mut expected = from;
    for commit in commits {
        if commit.version != expected {
            return Err(ReadError::Gap { stream: stream.clone(), expected, found: commit.version });
        }
        expected = commit.last_version() + 1;
    }
    Ok(())
}
