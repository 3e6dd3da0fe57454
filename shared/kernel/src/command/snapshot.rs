//! Embedded snapshots: the state is stored in the commit, if it fits into the write capacity unit that is paid anyway.
//! A snapshot is used only if it has the fingerprint of the decider's current state type.

#[cfg(test)]
mod tests;

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{LazyLock, RwLock},
};

use schemars::schema_for;
use serde_json::value::to_raw_value;

use crate::{
    command::decider::Decider,
    log::{Commit, EmbeddedSnapshot, RecentCommand},
    message::{MessageId, id::short_digest},
};

/// A snapshot is stored at the latest after this many commits without one.
pub const SNAPSHOT_EVERY: u32 = 20;

/// How many of a stream's last commands are stored with its state.
pub const RECENT_COMMANDS: usize = 8;

/// A loaded stream: its state, version and last commands.
pub struct LoadedStream<D: Decider> {
    /// The state.
    pub state: D::State,
    /// The version of the last event; 0 for a new stream.
    pub version: u64,
    /// The version of the newest commit with a snapshot of ours; 0 if there is none.
    pub snapshot_at: u64,
    /// The number of commits since then.
    pub since_snapshot: u32,
    /// The last commands, oldest first.
    pub recent: Vec<RecentCommand>,
}

impl<D: Decider> Clone for LoadedStream<D> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), recent: self.recent.clone(), ..*self }
    }
}

impl<D: Decider> Default for LoadedStream<D> {
    fn default() -> Self {
        Self { state: D::State::default(), version: 0, snapshot_at: 0, since_snapshot: 0, recent: Vec::new() }
    }
}

impl<D: Decider> LoadedStream<D> {
    /// The stream from the commit's embedded snapshot, if it has one with our fingerprint.
    pub fn from_snapshot(commit: &Commit) -> Option<Self> {
        let snapshot = commit.snapshot.as_ref().filter(|snapshot| snapshot.shape == fingerprint::<D>())?;
        let state = serde_json::from_str(snapshot.state.get()).ok()?;
        Some(Self {
            state,
            version: commit.last_version(),
            snapshot_at: commit.version,
            since_snapshot: 0,
            recent: snapshot.recent.clone(),
        })
    }

    /// The version of the commit that handled this command, if it was one of the last.
    pub fn handled_at(&self, command: &MessageId) -> Option<u64> {
        let digest = digest(command);
        self.recent.iter().find(|recent| recent.0 == digest).map(|recent| recent.1)
    }

    /// Folds in the next commit, with its decoded events; `snapshot` is true if it has a snapshot of ours.
    pub fn follow(&mut self, commit: &Commit, events: &[D::Event], snapshot: bool) {
        let state = std::mem::take(&mut self.state);
        self.state = crate::command::decider::fold::<D>(state, events);
        self.version = commit.last_version();
        self.remember(&commit.command, commit.version);
        if snapshot {
            self.snapshot_at = commit.version;
            self.since_snapshot = 0;
        } else {
            self.since_snapshot += 1;
        }
    }

    /// The snapshot to embed in the commit of `command` at `version`.
    pub fn into_snapshot(mut self, command: &MessageId, version: u64) -> Option<EmbeddedSnapshot> {
        self.remember(command, version);
        let state = to_raw_value(&self.state).ok()?;
        Some(EmbeddedSnapshot { shape: fingerprint::<D>(), state, recent: self.recent })
    }

    fn remember(&mut self, command: &MessageId, version: u64) {
        self.recent.push(RecentCommand(digest(command), version));
        let surplus = self.recent.len().saturating_sub(RECENT_COMMANDS);
        self.recent.drain(..surplus);
    }
}

/// The fingerprint of a decider's state: a digest of its context, its JSON schema and its revision.
pub fn fingerprint<D: Decider>() -> String {
    static SEEN: LazyLock<RwLock<HashMap<TypeId, String>>> = LazyLock::new(RwLock::default);
    let key = TypeId::of::<D>();
    if let Some(known) = SEEN.read().ok().and_then(|seen| seen.get(&key).cloned()) {
        return known;
    }
    let text = format!("{}:{}:{}", D::CONTEXT, D::STATE_REVISION, schema_for!(D::State).as_value());
    let fingerprint = short_digest(&text);
    if let Ok(mut seen) = SEEN.write() {
        seen.insert(key, fingerprint.clone());
    }
    fingerprint
}

fn digest(command: &MessageId) -> String {
    short_digest(command.as_str())
}
