//! The resources that the stack has created, kept in the data folder. A change is logged before it is made and again
//! when it is applied, so a kill in between leaves a record of what may be half made, and the next start completes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    template::RetainPolicy,
    wal::{Wal, WalError},
};

/// The kinds of resources, in the order in which they are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    Archive,
    Rule,
    Bus,
    Schedule,
    ScheduleGroup,
    Mapping,
    Function,
    Queue,
    Table,
}

/// Identifies a resource across deployments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) kind: Kind,
    /// The bus of a rule or the group of a schedule; empty for all others.
    #[serde(rename = "within")]
    pub(super) parent: String,
    pub(super) name: String,
}

/// A resource as a template declares it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) key: Key,
    /// The logical id.
    pub(super) id: String,
    /// The properties that can change, in the form of the API.
    #[serde(rename = "declared")]
    pub(super) desired: Value,
    pub(super) kept: RetainPolicy,
}

/// A record of the write-ahead log.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Record {
    /// The resource is about to be created or changed. One that was `found` before the stack is not ours.
    #[serde(rename = "Begun")]
    Started { resource: Resource, found: bool },
    /// The resource is as declared.
    #[serde(rename = "Stands")]
    Applied(Resource),
    /// The resource has left the stack.
    #[serde(rename = "Gone")]
    Removed(Key),
}

/// The logged versions of one resource.
#[derive(Clone, Debug)]
struct ResourceHistory {
    /// It existed before the stack declared it.
    found: bool,
    /// The version that was applied last, followed by the ones that were started since.
    versions: Vec<Resource>,
    applied: bool,
}

/// The state of all resources.
pub(super) struct ResourceState {
    wal: Wal<Record>,
    known: BTreeMap<Key, ResourceHistory>,
    /// The resources that an earlier start was making as they are desired now, before it was killed.
    resumed: BTreeSet<Key>,
}

/// A log with so many more records than resources is compacted.
const LONG: usize = 1_000;

impl Key {
    pub(super) fn new(kind: Kind, parent: &str, name: &str) -> Self {
        Self { kind, parent: parent.to_owned(), name: name.to_owned() }
    }
}

impl ResourceState {
    /// Opens the log at this path. Without a path the state is kept in memory.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, WalError> {
        let (wal, records) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let mut state = Self { wal, known: BTreeMap::new(), resumed: BTreeSet::new() };
        records.into_iter().for_each(|line| state.apply(line));
        if state.wal.length() > LONG + state.known.len() * 2 {
            state.wal.compact(&state.records())?;
        }
        Ok(state)
    }

    /// Whether this resource is in the state.
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.known.contains_key(key)
    }

    /// Logs the resources that will be created or changed. One that exists but is not in the state is not ours.
    pub(super) fn start(&mut self, wanted: &[Resource], there: &BTreeSet<Key>) -> Result<(), WalError> {
        let mut records = Vec::new();
        for wanted in wanted {
            if self.is_applied(&wanted.key, &wanted.desired) {
                continue;
            }
            let known = self.known.get(&wanted.key);
            if known.is_some_and(|known| !known.applied && known.newest() == Some(wanted)) {
                self.resumed.insert(wanted.key.clone());
                continue;
            }
            let found = known.map_or_else(|| there.contains(&wanted.key), |known| known.found);
            records.push(Record::Started { resource: wanted.clone(), found });
        }
        self.write(records)
    }

    /// Whether an earlier start was killed while it made this resource as it is desired now.
    pub(super) fn is_resumed(&self, key: &Key) -> bool {
        self.resumed.contains(key)
    }

    /// Logs that all these are as declared.
    pub(super) fn mark_applied(&mut self, wanted: &[Resource]) -> Result<(), WalError> {
        let is_news = |wanted: &&Resource| {
            self.known.get(&wanted.key).is_none_or(|known| !known.applied || known.newest() != Some(*wanted))
        };
        let records = wanted.iter().filter(is_news).cloned().map(Record::Applied).collect();
        self.write(records)
    }

    /// Logs that this resource has left the stack.
    pub(super) fn forget(&mut self, key: &Key) -> Result<(), WalError> {
        self.write(vec![Record::Removed(key.clone())])
    }

    /// Whether the resource was applied with these properties.
    pub(super) fn is_applied(&self, key: &Key, desired: &Value) -> bool {
        self.known
            .get(key)
            .is_some_and(|known| known.applied && known.newest().is_some_and(|newest| newest.desired == *desired))
    }

    /// All properties since it was last applied, the oldest first.
    pub(super) fn earlier(&self, key: &Key) -> impl Iterator<Item = &Value> {
        self.known.get(key).into_iter().flat_map(|known| &known.versions).map(|resource| &resource.desired)
    }

    /// The resources that the template no longer declares, in the order in which they are deleted.
    pub(super) fn removed(&self, wanted: &[Resource]) -> Vec<(Resource, bool)> {
        let wanted: BTreeSet<&Key> = wanted.iter().map(|resource| &resource.key).collect();
        let gone = self.known.iter().filter(|(key, _)| !wanted.contains(key));
        gone.filter_map(|(_, known)| Some((known.newest()?.clone(), known.found))).collect()
    }

    // Logged first, applied afterwards.
    fn write(&mut self, records: Vec<Record>) -> Result<(), WalError> {
        if records.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&records)?;
        records.into_iter().for_each(|line| self.apply(line));
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Started { resource, found } => {
                let unknown = ResourceHistory { found, versions: Vec::new(), applied: false };
                let known = self.known.entry(resource.key.clone()).or_insert(unknown);
                known.applied = false;
                known.versions.push(resource);
            }
            Record::Applied(resource) => {
                let found = self.known.get(&resource.key).is_some_and(|known| known.found);
                let known = ResourceHistory { found, versions: vec![resource.clone()], applied: true };
                self.known.insert(resource.key, known);
            }
            Record::Removed(key) => {
                self.known.remove(&key);
            }
        }
    }

    /// The smallest log that gives the same state.
    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for known in self.known.values() {
            let begun = |resource: &Resource| Record::Started { resource: resource.clone(), found: known.found };
            records.extend(known.versions.iter().map(begun));
            records.extend(known.newest().filter(|_| known.applied).cloned().map(Record::Applied));
        }
        records
    }
}

impl ResourceHistory {
    fn newest(&self) -> Option<&Resource> {
        self.versions.last()
    }
}
