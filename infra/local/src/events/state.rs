//! What the service knows: buses, rules, and what it still owes. All of it comes from changes,
//! so that the changes in the write-ahead log lead to the same state again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{delivery::outbox::Outbox, durable_state::ReplayState};

use super::{
    archive::{Archive, ArchiveFacts},
    delivery::{Delivery, Owed},
    envelope::Accepted,
    replay::{Reached, Replay},
    rule::{Bus, BusFacts, Rule},
};

/// One step of the state, as the write-ahead log keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    Bus(BusFacts),
    BusGone {
        bus: String,
    },
    Rule(Box<Rule>),
    RuleGone {
        bus: String,
        rule: String,
    },
    /// An event was accepted, and these get it.
    Owed {
        event: Accepted,
        to: Vec<Owed>,
    },
    /// A delivery was tried and will be tried again.
    Tried(Box<Owed>),
    /// A delivery has ended, well or not.
    Done {
        number: u64,
    },
    Archive(Box<ArchiveFacts>),
    ArchiveGone {
        archive: String,
    },
    Replay(Box<Replay>),
    /// A replay has come so far.
    Replayed {
        replay: String,
        place: Reached,
    },
    ReplayGone {
        replay: String,
    },
}

/// Everything that survives a kill.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) buses: BTreeMap<String, Bus>,
    pub(super) outbox: Outbox<Delivery>,
    /// When which rule of which bus fires by its schedule, the next first.
    firings: BTreeSet<(Timestamp, String, String)>,
    pub(super) archives: BTreeMap<String, Archive>,
    pub(super) replays: BTreeMap<String, Replay>,
}

impl ReplayState for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Bus(facts) => {
                self.buses.insert(facts.name.clone(), Bus::new(facts));
            }
            Change::BusGone { bus } => {
                self.buses.remove(&bus);
            }
            Change::Rule(rule) => {
                self.forget_firing(&rule.bus, &rule.name);
                if let Some(bus) = self.buses.get_mut(&rule.bus) {
                    self.firings.extend(rule.next.map(|next| (next, rule.bus.clone(), rule.name.clone())));
                    bus.put(*rule);
                }
            }
            Change::RuleGone { bus, rule } => {
                self.forget_firing(&bus, &rule);
                if let Some(bus) = self.buses.get_mut(&bus) {
                    bus.remove(&rule);
                }
            }
            Change::Owed { event, to } => {
                let event = Arc::new(event);
                to.into_iter().for_each(|owed| self.outbox.put(Delivery { event: event.clone(), owed }));
            }
            Change::Tried(owed) => {
                let event = self.outbox.get(owed.progress.number).map(|delivery| delivery.event.clone());
                if let Some(event) = event {
                    self.outbox.put(Delivery { event, owed: *owed });
                }
            }
            Change::Done { number } => self.outbox.remove(number),
            Change::Archive(facts) => {
                self.archives.insert(facts.name.clone(), Archive::new(*facts));
            }
            Change::ArchiveGone { archive } => {
                self.archives.remove(&archive);
            }
            Change::Replay(replay) => {
                self.replays.insert(replay.name.clone(), *replay);
            }
            Change::Replayed { replay, place } => {
                if let Some(replay) = self.replays.get_mut(&replay) {
                    replay.reached = place;
                }
            }
            Change::ReplayGone { replay } => {
                self.replays.remove(&replay);
            }
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for bus in self.buses.values() {
            changes.push(Change::Bus(bus.facts.clone()));
            changes.extend(bus.rules.values().map(|rule| Change::Rule(Box::new(rule.clone()))));
        }
        changes.extend(self.archives.values().map(|archive| Change::Archive(Box::new(archive.facts.clone()))));
        changes.extend(self.replays.values().map(|replay| Change::Replay(Box::new(replay.clone()))));
        changes.extend(
            self.outbox
                .all()
                .map(|delivery| Change::Owed { event: (*delivery.event).clone(), to: vec![delivery.owed.clone()] }),
        );
        changes
    }

    fn living(&self) -> usize {
        let rules = self.buses.values().map(|bus| 1 + bus.rules.len()).sum::<usize>();
        self.outbox.len() + rules + self.archives.len() + self.replays.len()
    }
}

impl State {
    /// When the next schedule fires.
    pub(super) fn next_firing(&self) -> Option<Timestamp> {
        self.firings.first().map(|(next, _, _)| *next)
    }

    /// The rule that fires next, if its time has come.
    pub(super) fn firing(&self, now: Timestamp) -> Option<Rule> {
        let (_, bus, rule) = self.firings.first().filter(|(next, _, _)| *next <= now)?;
        self.buses.get(bus)?.rules.get(rule).cloned()
    }

    fn forget_firing(&mut self, bus: &str, rule: &str) {
        let old = self.buses.get(bus).and_then(|bus| bus.rules.get(rule));
        if let Some(next) = old.and_then(|rule| rule.next) {
            self.firings.remove(&(next, bus.to_owned(), rule.to_owned()));
        }
    }
}
