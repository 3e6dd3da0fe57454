//! What the service knows: buses, rules, and what it still owes. All of it comes from changes,
//! so that the changes in the journal lead to the same state again.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::delivery::Delivery;
use super::delivery::Owed;
use super::envelope::Accepted;
use super::rule::Bus;
use super::rule::BusFacts;
use super::rule::Rule;

/// One step of the state, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Change {
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
}

/// Everything that survives a kill.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) buses: BTreeMap<String, Bus>,
    pub(super) deliveries: BTreeMap<u64, Delivery>,
    /// The deliveries that nobody works on, the most urgent first.
    due: BTreeSet<(Timestamp, u64)>,
    /// When which rule of which bus fires by its schedule, the next first.
    firings: BTreeSet<(Timestamp, String, String)>,
    /// The number of the next delivery.
    pub(super) next_number: u64,
}

impl State {
    pub(super) fn apply(&mut self, change: Change) {
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
                for owed in to {
                    self.next_number = self.next_number.max(owed.number + 1);
                    self.due.insert((owed.due, owed.number));
                    self.deliveries.insert(owed.number, Delivery { event: event.clone(), owed });
                }
            }
            Change::Tried(owed) => {
                if let Some(delivery) = self.deliveries.get_mut(&owed.number) {
                    self.due.remove(&(delivery.owed.due, owed.number));
                    self.due.insert((owed.due, owed.number));
                    delivery.owed = *owed;
                }
            }
            Change::Done { number } => {
                if let Some(delivery) = self.deliveries.remove(&number) {
                    self.due.remove(&(delivery.owed.due, number));
                }
            }
        }
    }

    fn forget_firing(&mut self, bus: &str, rule: &str) {
        let old = self.buses.get(bus).and_then(|bus| bus.rules.get(rule));
        if let Some(next) = old.and_then(|rule| rule.next) {
            self.firings.remove(&(next, bus.to_owned(), rule.to_owned()));
        }
    }

    /// The changes that lead to this state from nothing.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for bus in self.buses.values() {
            changes.push(Change::Bus(bus.facts.clone()));
            changes.extend(bus.rules.values().map(|rule| Change::Rule(Box::new(rule.clone()))));
        }
        let owed = self.deliveries.values();
        changes.extend(
            owed.map(|delivery| Change::Owed { event: (*delivery.event).clone(), to: vec![delivery.owed.clone()] }),
        );
        changes
    }

    /// How many things the state holds, roughly.
    pub(super) fn living(&self) -> usize {
        self.deliveries.len() + self.buses.values().map(|bus| 1 + bus.rules.len()).sum::<usize>()
    }

    /// Takes the most urgent delivery, if one is due.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Delivery> {
        let (due, number) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, number));
        self.deliveries.get(&number).cloned()
    }

    /// Nobody works on any delivery: all wait for their time.
    pub(super) fn release_all(&mut self) {
        self.due = self.deliveries.values().map(|delivery| (delivery.owed.due, delivery.owed.number)).collect();
    }

    /// When the next delivery is due or the next schedule fires.
    pub(super) fn next_moment(&self) -> Option<Timestamp> {
        let due = self.due.first().map(|(due, _)| *due);
        due.into_iter().chain(self.firings.first().map(|(next, _, _)| *next)).min()
    }

    /// The rule that fires next, if its time has come.
    pub(super) fn firing(&self, now: Timestamp) -> Option<Rule> {
        let (_, bus, rule) = self.firings.first().filter(|(next, _, _)| *next <= now)?;
        self.buses.get(bus)?.rules.get(rule).cloned()
    }
}
