//! [`project`]: updates a view's row by one event, or from the log if the row is behind.

#[cfg(test)]
mod tests;

use crate::{
    command::LoadError,
    delivery::ReceiveError,
    failure::{Failure, Handled, Outcome},
    log::{MAX_EVENTS, ReadError, Recorded, check_contiguous},
    message::{Messages, Received, StreamId},
    ports::Ports,
    view::view_store::{Grain, PatchError, Row, RowKey, View},
};

/// How often a row may change while it is caught up, before the event is retried.
const MOST_RACES: u32 = 5;

/// A row that was not updated.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Other writers changed the row every time.
    #[error("{key} was changed by others {MOST_RACES} times")]
    Raced {
        /// The row.
        key: RowKey,
    },
    /// The log does not hold the event.
    #[error("{stream} ends at version {head}; an event of version {claimed} is not in the log")]
    NotInLog {
        /// The stream.
        stream: StreamId,
        /// The version of its last event.
        head: u64,
        /// The version that the event claims.
        claimed: u64,
    },
}

/// Updates the row of the event's stream, or adds the row of the event.
///
/// One conditional write if the row has the version before the event, or if it is the event's own row. Else the missing
/// events are read from the log and the row is replaced: a read of the log and one or more writes.
pub async fn project<V: View, M>(ports: &Ports, event: &Received<M>) -> Outcome
where
    M: Clone + Into<V::Event>,
{
    let (Some(stream), Some(version)) = (&event.stream, event.version.filter(|version| *version > 0)) else {
        return Err(ReceiveError::NotAnEvent { field: "version" }.into());
    };
    let key = RowKey::of::<V>(stream, version);
    let recorded = Recorded { id: event.id.clone(), version, at: event.timestamp, event: event.data.clone().into() };
    let patch = V::patch(stream, &recorded);
    let from = match V::GRAIN {
        Grain::Event if patch.is_empty() => return Ok(Handled::Done),
        Grain::Event => 0,
        Grain::Stream => version - 1,
    };
    let mut found = match ports.views.patch(&key, from, version, &patch).await {
        Ok(()) => return Ok(Handled::Done),
        Err(PatchError::Moved { .. }) if V::GRAIN == Grain::Event => return Ok(Handled::Duplicate),
        Err(PatchError::Moved { found, .. }) => found,
        Err(error @ (PatchError::Busy { .. } | PatchError::View(_))) => return Err(error.into()),
    };
    for _ in 0..MOST_RACES {
        let row = found.unwrap_or_default();
        if row.version >= version {
            return Ok(Handled::Duplicate);
        }
        let from = row.version;
        let row = catch_up::<V>(ports, stream, row).await?;
        if row.version < version {
            let missing = ProjectError::NotInLog { stream: stream.clone(), head: row.version, claimed: version };
            return Err(Failure::permanent(missing));
        }
        found = match ports.views.replace(&key, from, &row).await {
            Ok(()) => return Ok(Handled::Done),
            Err(PatchError::Moved { found, .. }) => found,
            Err(error @ (PatchError::Busy { .. } | PatchError::View(_))) => return Err(error.into()),
        };
    }
    Err(Failure::transient(ProjectError::Raced { key }))
}

/// Folds the events that the row has not seen, up to the end of the stream.
pub(crate) async fn catch_up<V: View>(ports: &Ports, stream: &StreamId, mut row: Row) -> Result<Row, LoadError> {
    for event in events_from::<V::Event>(ports, stream, row.version + 1).await? {
        row.apply(event.version, V::patch(stream, &event));
    }
    Ok(row)
}

/// The events of a stream from this version on, to the end of the stream.
pub(crate) async fn events_from<E: Messages>(
    ports: &Ports,
    stream: &StreamId,
    next: u64,
) -> Result<Vec<Recorded<E>>, LoadError> {
    let mut commits = ports.store.since(stream, next).await?;
    if commits.first().is_none_or(|commit| commit.version != next) {
        // The version is inside a commit, which begins at most this far back.
        let back = next.saturating_sub(MAX_EVENTS as u64).max(1);
        commits = ports.store.since(stream, back).await?;
    }
    let from = commits.first().map_or(next, |commit| commit.version);
    if from > next {
        return Err(ReadError::Gap { stream: stream.clone(), expected: next, found: from }.into());
    }
    check_contiguous(stream, from, &commits)?;
    let mut events = Vec::new();
    for commit in &commits {
        events.extend(commit.recorded::<E>().map_err(|source| LoadError::Event { stream: stream.clone(), source })?);
    }
    events.retain(|event| event.version >= next);
    Ok(events)
}
