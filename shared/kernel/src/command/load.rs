//! [`load`]: loads a stream from the newest commit with an embedded snapshot of ours, and the commits after it.
//! In nearly all cases that is one consistent read, however long the stream is.

#[cfg(test)]
mod tests;

use crate::{
    command::{decider::Decider, snapshot::LoadedStream},
    failure::Failure,
    log::{Commit, EventStore, Moment, ReadError, check_contiguous},
    message::{DecodeError, StreamId},
};

/// A stream that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// This code cannot decode an event of the stream.
    #[error("{stream} holds an event that cannot be decoded")]
    Event {
        /// The stream.
        stream: StreamId,
        /// The error of the event.
        #[source]
        source: DecodeError,
    },
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Read(error) => error.into(),
            // The log has a newer version of an event: the command waits until this function is updated.
            LoadError::Event { source: DecodeError::Newer { .. }, .. } => Self::transient(error),
            LoadError::Event { .. } => Self::permanent(error),
        }
    }
}

/// Loads the state and version of a stream.
///
/// One read if the newest commit has a snapshot, else two.
pub async fn load<D: Decider>(store: &dyn EventStore, stream: &StreamId) -> Result<LoadedStream<D>, LoadError> {
    let Some(newest) = store.newest(stream).await? else {
        return Ok(LoadedStream::default());
    };
    if let Some(known) = LoadedStream::from_snapshot(&newest) {
        return Ok(known);
    }
    let from = newest.snapshot_before.max(1);
    let commits = store.since(stream, from).await?;
    check_contiguous(stream, from, &commits)?;
    let snapshot = commits.iter().rposition(|commit| LoadedStream::<D>::from_snapshot(commit).is_some());
    if snapshot.is_none() && from > 1 {
        let commits = store.since(stream, 1).await?;
        check_contiguous(stream, 1, &commits)?;
        return replay(stream, &commits);
    }
    replay(stream, &commits)
}

/// Folds contiguous commits, beginning with the newest snapshot of ours in them.
pub fn replay<D: Decider>(stream: &StreamId, commits: &[Commit]) -> Result<LoadedStream<D>, LoadError> {
    let newest_first = commits.iter().enumerate().rev();
    let begun =
        newest_first.filter_map(|(index, commit)| Some((index + 1, LoadedStream::from_snapshot(commit)?))).next();
    let (begin, mut known) = begun.unwrap_or_default();
    for commit in &commits[begin..] {
        let events = decode::<D>(stream, commit)?;
        known.follow(commit, &events, false);
    }
    Ok(known)
}

/// The state of a stream at a moment of its past. It reads the whole stream.
pub async fn load_at<D: Decider>(
    store: &dyn EventStore,
    stream: &StreamId,
    moment: Moment,
) -> Result<D::State, LoadError> {
    let commits = store.since(stream, 1).await?;
    check_contiguous(stream, 1, &commits)?;
    let mut state = D::State::default();
    for commit in &commits {
        for (event, version) in decode::<D>(stream, commit)?.iter().zip(commit.version..) {
            if !moment.includes(commit, version) {
                return Ok(state);
            }
            state = D::evolve(state, event);
        }
    }
    Ok(state)
}

/// The commit's events, decoded.
pub(crate) fn decode<D: Decider>(stream: &StreamId, commit: &Commit) -> Result<Vec<D::Event>, LoadError> {
    commit.decode().map_err(|source| LoadError::Event { stream: stream.clone(), source })
}
