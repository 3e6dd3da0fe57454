//! [`LogCursor`]: which events of a stream were sent. A notification names a stream and a version; what is sent is read from
//! the log, from the event after the last one sent. So the order of the log is kept, however notifications are reordered
//! or lost, and a forged one sends nothing. The cursor of a stream is a row of the views, moved by conditional writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use causeway::{
    StreamId,
    failure::BoxError,
    log::EventStore,
    view::{Patch, PatchError, RowKey, ViewStore},
};

use crate::outgoing::Outgoing;

/// The most cursors that are cached.
const CACHED: usize = 100_000;

/// The cursors of one bridge.
pub struct LogCursor {
    log: Arc<dyn EventStore>,
    rows: Arc<dyn ViewStore>,
    /// The name of the rows.
    name: String,
    /// The ARN of the bus.
    origin: String,
    cached: Mutex<HashMap<StreamId, u64>>,
}

/// What a notification leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// The version was sent before.
    Sent,
    /// The log has no such version.
    NotInLog,
    /// These are sent, and then the cursor is moved.
    Send {
        /// The events, in their order.
        events: Vec<Outgoing>,
        /// The cursor before.
        from: u64,
        /// The cursor after.
        to: u64,
    },
}

impl LogCursor {
    /// The cursors of the bridge of this name.
    pub fn new(log: Arc<dyn EventStore>, rows: Arc<dyn ViewStore>, name: &str, origin: &str) -> Self {
        Self { log, rows, name: name.to_owned(), origin: origin.to_owned(), cached: Mutex::default() }
    }

    /// The events to send for a notification of this version. A stream that was never sent begins with its first event.
    pub async fn due(&self, stream: &StreamId, version: u64) -> Result<Due, BoxError> {
        let cached = self.cached().get(stream).copied();
        let from = match cached {
            Some(sent) => sent,
            None => self.rows.get(&self.key(stream)).await?.map_or(0, |row| row.version),
        };
        self.remember(stream, from);
        if version <= from {
            return Ok(Due::Sent);
        }
        // A commit begins at or before the event that follows the cursor, which is the first event of a commit.
        let commits = self.log.since(stream, from + 1).await?;
        let mut events = Vec::new();
        let mut to = from;
        for commit in commits {
            for envelope in (0..commit.events.len()).filter_map(|index| commit.event_envelope(index)) {
                events.push(Outgoing::new(stream, &envelope, &self.origin)?);
            }
            to = commit.last_version();
        }
        if to < version { Ok(Due::NotInLog) } else { Ok(Due::Send { events, from, to }) }
    }

    /// Moves the cursor. Another bridge of the same name may have moved it, too; the highest version stays.
    pub async fn sent(&self, stream: &StreamId, from: u64, to: u64) -> Result<(), BoxError> {
        let key = self.key(stream);
        let mut from = from;
        let sent = loop {
            match self.rows.patch(&key, from, to, &Patch::default()).await {
                Ok(()) => break to,
                Err(PatchError::Moved { found, .. }) => match found.map_or(0, |row| row.version) {
                    further if further >= to => break further,
                    other => from = other,
                },
                Err(error @ (PatchError::Busy { .. } | PatchError::View(_))) => return Err(error.into()),
            }
        };
        self.remember(stream, sent);
        Ok(())
    }

    fn remember(&self, stream: &StreamId, sent: u64) {
        let mut cached = self.cached();
        if cached.len() >= CACHED {
            cached.clear();
        }
        cached.insert(stream.clone(), sent);
    }

    fn cached(&self) -> MutexGuard<'_, HashMap<StreamId, u64>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, stream: &StreamId) -> RowKey {
        RowKey { view: self.name.clone(), id: stream.to_string() }
    }
}

#[cfg(test)]
mod tests;
