//! The durable state of the service: buses, rules, archives, replays and pending deliveries. It is rebuilt from the
//! changes in the write-ahead log.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    arn::bus_name,
    aws_error::AwsError,
    delivery::outbox::{Delivery, DeliveryMeta, Outbox, Progress},
    pattern::Event,
    wal::ReplayState,
};

use super::{
    envelope::{AcceptedEvent, ArchivedEvent},
    model::{Archive, ArchiveSettings, Bus, BusSettings, Replay, ReplayProgress, ReplayStatus, Rule},
    request,
    target::Target,
};

/// Replays pause while at least this many deliveries are pending.
pub(super) const MAX_PENDING_DELIVERIES: usize = 1_000;

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
    /// An event was accepted and is to be delivered to these targets.
    #[serde(rename = "Owed")]
    EventAccepted {
        event: AcceptedEvent,
        to: Vec<PendingDelivery>,
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
    ReplayAdvanced(ReplayStep),
    #[serde(rename = "ReplayGone")]
    ReplayDeleted {
        replay: String,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReplayStep {
    pub(super) replay: String,
    #[serde(rename = "place")]
    pub(super) progress: ReplayProgress,
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

/// A delivery with its event.
#[derive(Clone, Debug)]
pub(crate) struct EventDelivery {
    pub(super) event: Arc<AcceptedEvent>,
    pub(super) pending: PendingDelivery,
}

/// A delivery that has not ended, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingDelivery {
    pub(super) rule_arn: String,
    pub(super) target: Target,
    #[serde(flatten)]
    pub(super) progress: Progress,
}

impl Delivery for EventDelivery {
    fn progress(&self) -> &Progress {
        &self.pending.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.pending.progress
    }

    fn meta(&self) -> DeliveryMeta<'_> {
        let target = &self.pending.target;
        DeliveryMeta {
            id: &self.event.id,
            from: &self.pending.rule_arn,
            to: &target.arn,
            since: self.event.accepted_at,
            sent: self.event.accepted_at,
            policy: target.retry_policy.unwrap_or_default(),
            dead_letters: target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref()),
        }
    }
}

/// The fields of an event that decide whether it is archived.
#[derive(Deserialize)]
struct EventHead {
    time: Timestamp,
    #[serde(rename = "replay-name")]
    replay_name: Option<IgnoredAny>,
}

impl ReplayState for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Bus(settings) => match self.buses.get_mut(&settings.name) {
                Some(bus) => bus.settings = settings,
                None => drop(self.buses.insert(settings.name.clone(), Bus::new(settings))),
            },
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
            Change::EventAccepted { event, to } => {
                let event = Arc::new(event);
                for pending in to {
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
            Change::ReplayAdvanced(ReplayStep { replay, progress }) => {
                if let Some(replay) = self.replays.get_mut(&replay) {
                    replay.progress = progress;
                }
            }
            Change::ReplayDeleted { replay } => {
                self.replays.remove(&replay);
            }
        }
    }

    fn changes(&mut self) -> Vec<Change> {
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
            to: vec![delivery.pending.clone()],
        }));
        changes
    }
}

impl State {
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

    /// Returns the copies of an event for all matching archives. Replayed events are not archived again.
    pub(super) fn archive_copies(
        &self,
        bus: &str,
        event: &Event,
        accepted: &AcceptedEvent,
        now: Timestamp,
    ) -> Vec<(String, ArchivedEvent)> {
        let of_bus = self.archives.values().filter(|archive| archive.settings.bus == bus);
        let matching = of_bus.filter(|archive| archive.pattern.as_ref().is_none_or(|pattern| pattern.matches(event)));
        let mut matching = matching.peekable();
        let head = matching.peek().and_then(|_| serde_json::from_str::<EventHead>(&accepted.envelope).ok());
        let Some(EventHead { time, replay_name: None }) = head else { return Vec::new() };
        let retained = matching.filter(|archive| time >= archive.retention_start(now));
        let archived = ArchivedEvent { time, id: accepted.id.clone(), envelope: accepted.envelope.clone() };
        retained.map(|archive| (archive.settings.name.clone(), archived.clone())).collect()
    }

    pub(super) fn active_replays(&self) -> impl Iterator<Item = &Replay> {
        self.replays.values().filter(|replay| replay.status.is_active())
    }

    pub(super) fn can_continue_replay(&self) -> bool {
        let has_room = self.outbox.len() < MAX_PENDING_DELIVERIES;
        self.active_replays().any(|replay| has_room || replay.status == ReplayStatus::Cancelling)
    }
}

/// Returns the name of an existing bus, given by name or ARN; by default that of the default bus.
pub(super) fn existing_bus(state: &State, given: Option<&str>) -> Result<String, AwsError> {
    let name = bus_name(given.unwrap_or("default"));
    match state.buses.contains_key(name) {
        true => Ok(name.to_owned()),
        false => Err(request::not_found(format!("Event bus {name} does not exist."))),
    }
}

pub(super) fn existing_rule<'s>(state: &'s State, bus: Option<&str>, name: &str) -> Result<&'s Rule, AwsError> {
    let bus = existing_bus(state, bus)?;
    let missing = || request::not_found(format!("Rule {name} does not exist on EventBus {bus}."));
    find_rule(state, &bus, name).ok_or_else(missing)
}

pub(super) fn find_rule<'s>(state: &'s State, bus: &str, name: &str) -> Option<&'s Rule> {
    state.buses.get(bus)?.rules.get(name)
}

pub(super) fn existing_archive<'s>(state: &'s State, name: &str) -> Result<&'s Archive, AwsError> {
    state.archives.get(name).ok_or_else(|| request::not_found(format!("Archive {name} does not exist.")))
}

pub(super) fn existing_replay<'s>(state: &'s State, name: &str) -> Result<&'s Replay, AwsError> {
    state.replays.get(name).ok_or_else(|| request::not_found(format!("Replay {name} does not exist.")))
}
