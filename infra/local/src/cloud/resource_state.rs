//! What the stack made, as the folder remembers it. A change is written down before it is made and again when it
//! stands, so that a kill in the middle leaves a note of what may be half made, and the next start ends it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    template::Kept,
    wal::{Wal, WalError},
};

/// What a stack is made of, in the order in which it is taken down.
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

/// By this a resource is found again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) kind: Kind,
    /// The bus of a rule, the group of a schedule; nothing for all others.
    pub(super) within: String,
    pub(super) name: String,
}

/// A resource as a template declares it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) key: Key,
    /// Its logical id.
    pub(super) id: String,
    /// What the template says of it, as far as that can change.
    pub(super) declared: Value,
    pub(super) kept: Kept,
}

/// A line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Line {
    /// It is about to be made or changed. What was found there without being ours stays not ours.
    Begun { resource: Resource, found: bool },
    /// It stands as declared.
    Stands(Resource),
    /// It is not the stack's any more.
    Gone(Key),
}

/// What is remembered of one resource.
#[derive(Clone, Debug)]
struct ReplayState {
    /// Somebody else made it before the stack declared it.
    found: bool,
    /// It as it stood, and after that as it was begun to be changed; the newest comes last.
    said: Vec<Resource>,
    stands: bool,
}

/// All that is remembered.
pub(super) struct Made {
    wal: Wal<Line>,
    known: BTreeMap<Key, ReplayState>,
    /// What a start before this one began to make just as it is wanted now, and was killed.
    resumed: BTreeSet<Key>,
}

/// A write-ahead log with so many more lines than resources is written anew.
const LONG: usize = 1_000;

impl Made {
    /// What the write-ahead log at this path remembers; without a path nothing is, and nothing will be.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, WalError> {
        let (wal, lines) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let mut made = Self { wal, known: BTreeMap::new(), resumed: BTreeSet::new() };
        lines.into_iter().for_each(|line| made.apply(line));
        if made.wal.length() > LONG + made.known.len() * 2 {
            made.wal.compact(&made.lines())?;
        }
        Ok(made)
    }

    /// Is it remembered at all?
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.known.contains_key(key)
    }

    /// Notes what will be made or changed. What is there without being remembered is not ours.
    pub(super) fn begin(&mut self, wanted: &[Resource], there: &BTreeSet<Key>) -> Result<(), WalError> {
        let mut lines = Vec::new();
        for wanted in wanted {
            if self.stands(&wanted.key, &wanted.declared) {
                continue;
            }
            let known = self.known.get(&wanted.key);
            if known.is_some_and(|known| !known.stands && known.newest() == Some(wanted)) {
                self.resumed.insert(wanted.key.clone());
                continue;
            }
            let found = known.map_or_else(|| there.contains(&wanted.key), |known| known.found);
            lines.push(Line::Begun { resource: wanted.clone(), found });
        }
        self.write(lines)
    }

    /// Was a start before this one killed while it made this, just as it is wanted now?
    pub(super) fn is_resumed(&self, key: &Key) -> bool {
        self.resumed.contains(key)
    }

    /// Notes that all these stand as declared.
    pub(super) fn settle(&mut self, wanted: &[Resource]) -> Result<(), WalError> {
        let is_news = |wanted: &&Resource| {
            self.known.get(&wanted.key).is_none_or(|known| !known.stands || known.newest() != Some(*wanted))
        };
        let lines = wanted.iter().filter(is_news).cloned().map(Line::Stands).collect();
        self.write(lines)
    }

    /// Notes that this is not the stack's any more.
    pub(super) fn forget(&mut self, key: &Key) -> Result<(), WalError> {
        self.write(vec![Line::Gone(key.clone())])
    }

    /// Was it left standing just as it is declared now?
    pub(super) fn stands(&self, key: &Key, declared: &Value) -> bool {
        self.known
            .get(key)
            .is_some_and(|known| known.stands && known.newest().is_some_and(|newest| newest.declared == *declared))
    }

    /// All that was declared of it since it last stood, the oldest first.
    pub(super) fn earlier(&self, key: &Key) -> impl Iterator<Item = &Value> {
        self.known.get(key).into_iter().flat_map(|known| &known.said).map(|resource| &resource.declared)
    }

    /// What the template does not declare any more, in the order in which it is taken down.
    pub(super) fn gone(&self, wanted: &[Resource]) -> Vec<(Resource, bool)> {
        let wanted: BTreeSet<&Key> = wanted.iter().map(|resource| &resource.key).collect();
        let gone = self.known.iter().filter(|(key, _)| !wanted.contains(key));
        gone.filter_map(|(_, known)| Some((known.newest()?.clone(), known.found))).collect()
    }

    // First remembered, then true.
    fn write(&mut self, lines: Vec<Line>) -> Result<(), WalError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&lines)?;
        lines.into_iter().for_each(|line| self.apply(line));
        Ok(())
    }

    fn apply(&mut self, line: Line) {
        match line {
            Line::Begun { resource, found } => {
                let unknown = ReplayState { found, said: Vec::new(), stands: false };
                let known = self.known.entry(resource.key.clone()).or_insert(unknown);
                known.stands = false;
                known.said.push(resource);
            }
            Line::Stands(resource) => {
                let found = self.known.get(&resource.key).is_some_and(|known| known.found);
                let known = ReplayState { found, said: vec![resource.clone()], stands: true };
                self.known.insert(resource.key, known);
            }
            Line::Gone(key) => {
                self.known.remove(&key);
            }
        }
    }

    /// The fewest lines that say the same.
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for known in self.known.values() {
            let begun = |resource: &Resource| Line::Begun { resource: resource.clone(), found: known.found };
            lines.extend(known.said.iter().map(begun));
            lines.extend(known.newest().filter(|_| known.stands).cloned().map(Line::Stands));
        }
        lines
    }
}

impl ReplayState {
    fn newest(&self) -> Option<&Resource> {
        self.said.last()
    }
}
