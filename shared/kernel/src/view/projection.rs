//! [`Projection`]: a view to whose rows many streams add, such as the sales of a minute, and [`contribute`], which adds
//! the events of a stream once, in whatever order they come: each stream has a checkpoint beside the rows.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    delivery::ReceiveError,
    failure::{Failure, Handled, Outcome},
    log::Recorded,
    message::{Messages, Received, StreamId},
    ports::Ports,
    time::Backoff,
    view::{
        project::{ProjectError, events_from},
        view_store::{Patch, PatchError, RowKey},
    },
};

/// The most rows that one event adds to: a transaction of DynamoDB takes 100 items, and the checkpoint is one of them.
pub const MAX_ROWS: usize = 99;

/// The pauses while other streams add to the same rows.
const RACES: Backoff =
    Backoff { first: SignedDuration::from_millis(20), most: SignedDuration::from_millis(500), tries: 10 };

/// A view across streams. Its rows are sums, which do not depend on the order in which the streams add to them.
pub trait Projection: Send + Sync + 'static {
    /// The view's name: `sales-by-minute`.
    const NAME: &'static str;
    /// The row as queries return it.
    type Row: Serialize + DeserializeOwned + Send;
}

/// The events of a context that add to a projection.
pub trait AddsTo<P: Projection>: Messages {
    /// What the event adds, by the id of the row; at most [`MAX_ROWS`] rows.
    ///
    /// A patch adds to columns, or sets what is the same for all events of the row: its key, its position in a list.
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch>;
}

/// An event that adds to more rows than a transaction takes.
#[derive(Debug, thiserror::Error)]
#[error("{stream} version {version} adds to {rows} rows of {view}; at most {MAX_ROWS} are possible")]
pub struct TooManyRows {
    /// The view.
    pub view: &'static str,
    /// The stream.
    pub stream: StreamId,
    /// The version of the event.
    pub version: u64,
    /// The number of rows.
    pub rows: usize,
}

/// The key of a stream's checkpoint. Its version is that of the stream's last event whose additions are in the rows.
pub fn checkpoint<P: Projection>(stream: &StreamId) -> RowKey {
    RowKey { view: format!("{}.checkpoint", P::NAME), id: stream.to_string() }
}

/// Adds an event to the rows of a projection, once.
///
/// What is added comes from the log, so a forged event adds nothing. It costs one transaction and a read of the log, and
/// a read of the checkpoint if the event is not its stream's first.
pub async fn contribute<P: Projection, E: AddsTo<P>, M: Clone + Into<E>>(
    ports: &Ports,
    event: &Received<M>,
) -> Outcome {
    let (Some(stream), Some(version)) = (&event.stream, event.version.filter(|version| *version > 0)) else {
        return Err(ReceiveError::NotAnEvent { field: "version" }.into());
    };
    let recorded = Recorded { id: event.id.clone(), version, at: event.timestamp, event: event.data.clone().into() };
    if E::additions(&recorded).is_empty() {
        return Ok(Handled::Done);
    }
    let from = if version == 1 { 0 } else { position::<P>(ports, stream).await? };
    match add::<P, E>(ports, stream, from, Some(version)).await? {
        0 => Ok(Handled::Duplicate),
        _ => Ok(Handled::Done),
    }
}

/// Adds all events of a stream that are missing in the rows, such as in those of a new projection. Returns how many.
pub async fn catch_up<P: Projection, E: AddsTo<P>>(ports: &Ports, stream: &StreamId) -> Result<u64, Failure> {
    let from = position::<P>(ports, stream).await?;
    add::<P, E>(ports, stream, from, None).await
}

/// Adds the events after version `from` up to a version, which the log must hold; without one, to the end of the stream.
/// Returns how many.
async fn add<P: Projection, E: AddsTo<P>>(
    ports: &Ports,
    stream: &StreamId,
    mut from: u64,
    until: Option<u64>,
) -> Result<u64, Failure> {
    let key = checkpoint::<P>(stream);
    let mut added = 0;
    while until.is_none_or(|until| from < until) {
        let (to, rows) = missing_rows::<P, E>(ports, stream, from, until.unwrap_or(from)).await?;
        if to == from {
            break;
        }
        let mut busy = 0;
        from = loop {
            match ports.views.patch_all(&key, from, to, &rows).await {
                Ok(()) => {
                    added += to - from;
                    break to;
                }
                Err(PatchError::Moved { found, .. }) => break found.map_or(0, |row| row.version),
                Err(error @ PatchError::Busy { .. }) => match RACES.delay(busy, ports.ids.as_ref()) {
                    Some(pause) => ports.clock.sleep(pause).await,
                    None => return Err(error.into()),
                },
                Err(error @ PatchError::View(_)) => return Err(error.into()),
            }
            busy += 1;
        };
    }
    Ok(added)
}

/// The version of a stream's checkpoint; 0 if there is none.
async fn position<P: Projection>(ports: &Ports, stream: &StreamId) -> Result<u64, Failure> {
    Ok(ports.views.get(&checkpoint::<P>(stream)).await?.map_or(0, |row| row.version))
}

/// What the events after version `from` add, as many as fit into one transaction, and the version of the last of them.
/// The log must hold at least version `claimed`.
async fn missing_rows<P: Projection, E: AddsTo<P>>(
    ports: &Ports,
    stream: &StreamId,
    from: u64,
    claimed: u64,
) -> Result<(u64, BTreeMap<RowKey, Patch>), Failure> {
    let events = events_from::<E>(ports, stream, from + 1).await?;
    let head = events.last().map_or(from, |event| event.version);
    if head < claimed {
        return Err(Failure::permanent(ProjectError::NotInLog { stream: stream.clone(), head, claimed }));
    }
    let (mut to, mut sums) = (from, BTreeMap::<RowKey, Patch>::new());
    for event in &events {
        let rows = match rows_of::<P, E>(stream, event) {
            Ok(rows) => rows,
            // What is before it counts; it fails when it is the next.
            Err(_) if to > from => break,
            Err(failure) => return Err(failure),
        };
        let new = rows.keys().filter(|key| !sums.contains_key(*key)).count();
        if sums.len() + new > MAX_ROWS {
            break;
        }
        for (key, patch) in rows {
            let sum = sums.remove(&key).unwrap_or_default().then(patch);
            sums.insert(key, sum);
        }
        to = event.version;
    }
    Ok((to, sums))
}

/// What one event adds, by row.
fn rows_of<P: Projection, E: AddsTo<P>>(
    stream: &StreamId,
    event: &Recorded<E>,
) -> Result<BTreeMap<RowKey, Patch>, Failure> {
    let additions = E::additions(event);
    if additions.len() > MAX_ROWS {
        let (view, version, rows) = (P::NAME, event.version, additions.len());
        return Err(Failure::permanent(TooManyRows { view, stream: stream.clone(), version, rows }));
    }
    let key = |id| RowKey { view: P::NAME.to_owned(), id };
    Ok(additions.into_iter().map(|(id, patch)| (key(id), patch)).collect())
}
