//! Loading a stream: the newest commit, and only if no state rides in it the few behind it.
//! One consistent read in nearly all cases, whatever the stream's length.

#[cfg(test)]
mod tests;

use crate::{
    command::{decider::Decider, snapshot::LoadedStream},
    failure::Failure,
    log::{
        commit::Commit,
        event_store::{EventStore, ReadError, check_contiguous},
    },
    message::{contract::DecodeError, id::StreamId},
};

/// A stream that was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The log was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event of the log cannot be read by this code.
    #[error("{stream} holds an event that cannot be read")]
    Event {
        /// The stream.
        stream: StreamId,
        /// Why.
        #[source]
        source: DecodeError,
    },
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Read(error) => error.into(),
            // A newer version in the log: an older function shall not decide on what it cannot read.
            LoadError::Event { source: DecodeError::Newer { .. }, .. } => Self::transient(error),
            LoadError::Event { .. } => Self::permanent(error),
        }
    }
}

/// Loads what the stream's decider needs to know.
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

/// Folds commits that follow one another, from the newest state of ours that rides in them.
pub fn replay<D: Decider>(stream: &StreamId, commits: &[Commit]) -> Result<LoadedStream<D>, LoadError> {
    let newest_carried = commits.iter().enumerate().rev();
    let begun =
        newest_carried.filter_map(|(index, commit)| Some((index + 1, LoadedStream::from_snapshot(commit)?))).next();
    let (begin, mut known) = begun.unwrap_or_default();
    for commit in &commits[begin..] {
        let events = decode::<D>(stream, commit)?;
        known.follow(commit, &events, false);
    }
    Ok(known)
}

/// The state after the last event for which `until` says yes, folded from the first: a question about the past.
pub async fn load_at<D: Decider>(
    store: &dyn EventStore,
    stream: &StreamId,
    until: impl Fn(&Commit, u64) -> bool + Send,
) -> Result<D::State, LoadError> {
    let commits = store.since(stream, 1).await?;
    check_contiguous(stream, 1, &commits)?;
    let mut state = D::State::default();
    for commit in &commits {
        for (event, version) in decode::<D>(stream, commit)?.iter().zip(commit.version..) {
            if !until(commit, version) {
                return Ok(state);
            }
            state = D::evolve(state, event);
        }
    }
    Ok(state)
}

/// The commit's events, or which of them cannot be read.
pub(crate) fn decode<D: Decider>(stream: &StreamId, commit: &Commit) -> Result<Vec<D::Event>, LoadError> {
    commit.decode().map_err(|source| LoadError::Event { stream: stream.clone(), source })
}
