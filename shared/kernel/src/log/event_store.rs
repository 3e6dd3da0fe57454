//! [`EventStore`], the port to the log: append a commit at its expected version, read a stream.
//! Each version is taken once, so two writers never both append at the same version, and streams have no gaps.

#[cfg(test)]
mod tests;

use async_trait::async_trait;

use crate::{
    failure::{BoxError, Failure},
    log::commit::Commit,
    message::{MessageId, StreamId},
};

/// The log.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Writes the commit at its version, completely or not at all. One conditional write.
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError>;

    /// The newest commit of the stream, read consistently. One read.
    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError>;

    /// The version of the commit that this once-only command appended to the stream, by its marker, read consistently.
    /// One read.
    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError>;

    /// All commits whose first event has version `from` or higher, oldest first, read consistently; all pages.
    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError>;

    /// The commit whose first event has this version, read consistently. A store that can read a single item should
    /// implement it that way.
    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        let commits = self.since(stream, version).await?;
        Ok(commits.into_iter().next().filter(|commit| commit.version == version))
    }
}

/// One append.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    /// The commit to write. Its `snapshot` may be left out, by the policy.
    pub commit: &'a Commit,
    /// When the snapshot is stored with the commit.
    pub snapshot: SnapshotPolicy,
    /// Whether a marker for the commit's command on this stream is written in the same transaction. If there is one
    /// already, the append fails with [`AppendError::Repeated`], also when the version is taken.
    pub once: bool,
}

/// When a snapshot is stored with its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotPolicy {
    /// If it fits into the write capacity units that the events cost anyway.
    IfFree,
    /// Always, unless the item would exceed the store's limit.
    Must,
}

/// A commit that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Whether the snapshot was stored with it.
    pub snapshot: bool,
}

/// A commit that was not written, or may have been.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The version is taken.
    #[error("{stream} already has a commit at version {version}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The version.
        version: u64,
        /// The commit that has it.
        winner: Box<Commit>,
    },
    /// The once-command was handled before.
    #[error("command {command} was handled before")]
    Repeated {
        /// The command.
        command: MessageId,
        /// The version of the commit that handled it.
        version: u64,
    },
    /// The commit exceeds the store's limit.
    #[error("the commit on {stream} has {bytes} bytes, the store's limit is {limit}")]
    TooLarge {
        /// The stream.
        stream: StreamId,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Throttled, timed out, not reached: the commit may have been written.
    #[error("the log did not answer")]
    Unavailable(#[source] BoxError),
    /// The winning commit cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A stream that was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A version is missing in the stream. It is never skipped, because events would be lost.
    #[error("{stream} has a gap: version {expected} is missing before {found}")]
    Gap {
        /// The stream.
        stream: StreamId,
        /// The missing version.
        expected: u64,
        /// The next version that is there.
        found: u64,
    },
    /// The item's format is newer than this code.
    #[error("{stream} version {version} has format {format}, which is newer than this code")]
    NewerFormat {
        /// The stream.
        stream: StreamId,
        /// The version.
        version: u64,
        /// The format.
        format: u64,
    },
    /// The item is malformed.
    #[error("{stream} version {version} is corrupt: {reason}")]
    Corrupt {
        /// The stream.
        stream: StreamId,
        /// The version.
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

/// Checks that the commits are contiguous, beginning at version `from`.
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
