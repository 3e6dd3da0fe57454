//! The durable state of the service: buses, rules, archives, replays and pending deliveries. It is rebuilt from the changes in
//! the write-ahead log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{delivery::outbox::Outbox, durable_state::ReplayState};

use super::{
    archive::{Archive, ArchiveSettings},
    bus::{Bus, BusSettings},
    delivery::{EventDelivery, PendingDelivery},
    envelope::AcceptedEvent,
    replay::{Replay, ReplayProgress},
    rule::Rule,
};

/// A change of the state, as it is written to the write-ahead log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    Bus(BusSettings),
    #[serde(rename = "BusGone")]
    BusDeleted {
        bus: String,
    },
    Rule(Box<Rule>),
    #[serde(rename = "RuleGone")]
    RuleDeleted {
        bus: String,
        rule: String,
    },
    /// An event was accepted and is to be delivered.
    #[serde(rename = "Owed")]
    EventAccepted {
        event: AcceptedEvent,
        #[serde(rename = "to")]
        deliveries: Vec<PendingDelivery>,
    },
    /// A delivery was attempted and will be retried.
    #[serde(rename = "Tried")]
    DeliveryAttempted(Box<PendingDelivery>),
    /// A delivery has ended, successfully or not.
    #[serde(rename = "Done")]
    DeliveryEnded {
        number: u64,
    },
    Archive(Box<ArchiveSettings>),
    #[serde(rename = "ArchiveGone")]
    ArchiveDeleted {
        archive: String,
    },
    Replay(Box<Replay>),
    #[serde(rename = "Replayed")]
    ReplayAdvanced {
        replay: String,
        #[serde(rename = "place")]
        progress: ReplayProgress,
    },
    #[serde(rename = "ReplayGone")]
    ReplayDeleted {
        replay: String,
    },
}

/// The state of the service.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) buses: BTreeMap<String, Bus>,
    pub(super) outbox: Outbox<EventDelivery>,
    /// The next firing of each scheduled rule: the time, the bus and the rule, earliest first.
    firings: BTreeSet<(Timestamp, String, String)>,
    pub(super) archives: BTreeMap<String, Archive>,
    pub(super) replays: BTreeMap<String, Replay>,
}

impl ReplayState for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Bus(settings) => {
                self.buses.insert(settings.name.clone(), Bus::new(settings));
            }
            Change::BusDeleted { bus } => {
                self.buses.remove(&bus);
            }
            Change::Rule(rule) => {
                self.remove_firing(&rule.bus, &rule.name);
                if let Some(bus) = self.buses.get_mut(&rule.bus) {
                    self.firings.extend(rule.next_firing.map(|next| (next, rule.bus.clone(), rule.name.clone())));
                    bus.put_rule(*rule);
                }
            }
            Change::RuleDeleted { bus, rule } => {
                self.remove_firing(&bus, &rule);
                if let Some(bus) = self.buses.get_mut(&bus) {
                    bus.remove_rule(&rule);
                }
            }
            Change::EventAccepted { event, deliveries } => {
                let event = Arc::new(event);
                for pending in deliveries {
                    self.outbox.put(EventDelivery { event: Arc::clone(&event), pending });
                }
            }
            Change::DeliveryAttempted(pending) => {
                let event = self.outbox.get(pending.progress.number).map(|delivery| Arc::clone(&delivery.event));
                if let Some(event) = event {
                    self.outbox.put(EventDelivery { event, pending: *pending });
                }
            }
            Change::DeliveryEnded { number } => self.outbox.remove(number),
            Change::Archive(settings) => {
                self.archives.insert(settings.name.clone(), Archive::new(*settings));
            }
            Change::ArchiveDeleted { archive } => {
                self.archives.remove(&archive);
            }
            Change::Replay(replay) => {
                self.replays.insert(replay.name.clone(), *replay);
            }
            Change::ReplayAdvanced { replay, progress } => {
                if let Some(replay) = self.replays.get_mut(&replay) {
                    replay.progress = progress;
                }
            }
            Change::ReplayDeleted { replay } => {
                self.replays.remove(&replay);
            }
        }
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for bus in self.buses.values() {
            changes.push(Change::Bus(bus.settings.clone()));
            changes.extend(bus.rules.values().map(|rule| Change::Rule(Box::new(rule.clone()))));
        }
        changes.extend(self.archives.values().map(|archive| Change::Archive(Box::new(archive.settings.clone()))));
        changes.extend(self.replays.values().map(|replay| Change::Replay(Box::new(replay.clone()))));
        let deliveries = self.outbox.all();
        changes.extend(deliveries.map(|delivery| Change::EventAccepted {
            event: (*delivery.event).clone(),
            deliveries: vec![delivery.pending.clone()],
        }));
        changes
    }

    fn living(&self) -> usize {
        let rules = self.buses.values().map(|bus| 1 + bus.rules.len()).sum::<usize>();
        self.outbox.len() + rules + self.archives.len() + self.replays.len()
    }
}

impl State {
    /// Returns the time at which the next scheduled rule fires.
    pub(super) fn next_firing(&self) -> Option<Timestamp> {
        self.firings.first().map(|(next, _, _)| *next)
    }

    /// Returns the next scheduled rule that is due.
    pub(super) fn due_rule(&self, now: Timestamp) -> Option<Rule> {
        let (_, bus, rule) = self.firings.first().filter(|(next, _, _)| *next <= now)?;
        self.buses.get(bus)?.rules.get(rule).cloned()
    }

    fn remove_firing(&mut self, bus: &str, rule: &str) {
        let old = self.buses.get(bus).and_then(|bus| bus.rules.get(rule));
        if let Some(next) = old.and_then(|rule| rule.next_firing) {
            self.firings.remove(&(next, bus.to_owned(), rule.to_owned()));
        }
    }
}
