//! Projecting: an event moves its stream's row by one version, or the row catches up with the log.

#[cfg(test)]
mod tests;

use crate::{
    app::App,
    command::{execute::MAX_EVENTS, load::LoadError},
    delivery::receive::ReceiveError,
    failure::{Failure, Handled, Outcome},
    log::{
        commit::Recorded,
        event_store::{ReadError, check_contiguous},
    },
    message::{envelope::Received, id::StreamId},
    view::view_store::{PatchError, Row, RowKey, View},
};

/// How often a row may move while it is caught up.
const MOST_RACES: u32 = 5;

/// A row that could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Others moved the row, again and again.
    #[error("{key} was moved by others {MOST_RACES} times")]
    Raced {
        /// The row.
        key: RowKey,
    },
    /// The log does not know the event.
    #[error("{stream} ends at version {head}; an event of version {claimed} is not in the log")]
    NotInLog {
        /// The stream.
        stream: StreamId,
        /// Its head.
        head: u64,
        /// What the event claims.
        claimed: u64,
    },
}

/// Brings the row of the event's stream to the event, or to the log's head.
pub(crate) async fn project<V: View, M>(app: &App, event: &Received<M>) -> Outcome
where
    M: Clone + Into<V::Event>,
{
    let (Some(stream), Some(version)) = (&event.stream, event.version.filter(|version| *version > 0)) else {
        return Err(ReceiveError::NotAnEvent { field: "version" }.into());
    };
    let key = RowKey { view: V::NAME.to_owned(), id: stream.id().to_owned() };
    let recorded = Recorded { id: event.id.clone(), version, at: event.timestamp, event: event.data.clone().into() };
    let patch = V::patch(stream, &recorded);
    let mut found = match app.views().patch(&key, version - 1, version, &patch).await {
        Ok(()) => return Ok(Handled::Done),
        Err(PatchError::Moved { found, .. }) => found,
        Err(PatchError::View(error)) => return Err(error.into()),
    };
    for _ in 0..MOST_RACES {
        let row = found.unwrap_or_default();
        if row.version >= version {
            return Ok(Handled::Duplicate);
        }
        let from = row.version;
        let row = catch_up::<V>(app, stream, row).await?;
        if row.version < version {
            let missing = ProjectError::NotInLog { stream: stream.clone(), head: row.version, claimed: version };
            return Err(Failure::permanent(missing));
        }
        found = match app.views().replace(&key, from, &row).await {
            Ok(()) => return Ok(Handled::Done),
            Err(PatchError::Moved { found, .. }) => found,
            Err(PatchError::View(error)) => return Err(error.into()),
        };
    }
    Err(Failure::transient(ProjectError::Raced { key }))
}

/// Folds what the row has not seen, up to the log's head.
pub(crate) async fn catch_up<V: View>(app: &App, stream: &StreamId, mut row: Row) -> Result<Row, LoadError> {
    let next = row.version + 1;
    let mut commits = app.store().since(stream, next).await?;
    if next > 1 && commits.first().is_none_or(|commit| commit.version != next) {
        // The row stands inside a commit, which begins at most so far back.
        let back = next.saturating_sub(MAX_EVENTS as u64).max(1);
        commits = app.store().since(stream, back).await?;
    }
    let from = commits.first().map_or(next, |commit| commit.version);
    if from > next {
        return Err(ReadError::Gap { stream: stream.clone(), expected: next, found: from }.into());
    }
    check_contiguous(stream, from, &commits)?;
    for commit in &commits {
        let events =
            commit.recorded::<V::Event>().map_err(|source| LoadError::Event { stream: stream.clone(), source })?;
        for event in events.iter().filter(|event| event.version >= next) {
            row.apply(event.version, V::patch(stream, event));
        }
    }
    Ok(row)
}
