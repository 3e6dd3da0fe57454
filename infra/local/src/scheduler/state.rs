//! The scheduler's state: groups, schedules, and the executions that have not ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    delivery::{
        outbox::Outbox,
        progress::Progress,
        service::{Delivery, DeliveryMeta},
    },
    durable_state::ReplayState,
};

use super::stored_schedule::{StoredSchedule, Target};

/// A change of the state, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    /// A group was created.
    Group(Group),
    #[serde(rename = "GroupGone")]
    GroupDeleted { name: String },
    /// A schedule was created or updated, or fired.
    #[serde(rename = "Plan")]
    Schedule(Box<StoredSchedule>),
    #[serde(rename = "PlanGone")]
    ScheduleDeleted { key: String },
    /// An execution started or was attempted.
    Execution(Box<Execution>),
    /// An execution ended, successful or not.
    #[serde(rename = "Done")]
    ExecutionEnded { number: u64 },
}

/// A schedule group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// One firing of a schedule that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(super) id: String,
    /// The schedule's key.
    #[serde(rename = "plan")]
    pub(super) schedule: String,
    pub(super) schedule_arn: String,
    /// The scheduled time.
    pub(super) planned: Timestamp,
    /// The time of the first attempt, within the flexible time window. The retry policy counts the age from it.
    pub(super) began: Timestamp,
    pub(super) target: Target,
    #[serde(flatten)]
    pub(super) progress: Progress,
}

/// The durable state.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) schedules: BTreeMap<String, StoredSchedule>,
    pub(super) outbox: Outbox<Execution>,
    /// The next firing of each schedule, the earliest first.
    firings: BTreeSet<(Timestamp, String)>,
}

impl Delivery for Execution {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }

    fn meta(&self) -> DeliveryMeta<'_> {
        let target = &self.target;
        DeliveryMeta {
            id: &self.id,
            from: &self.schedule_arn,
            to: &target.arn,
            since: self.planned,
            sent: self.began,
            policy: target.retry_policy.unwrap_or_default(),
            dead_letters: target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref()),
        }
    }
}

impl ReplayState for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Group(group) => {
                self.groups.insert(group.name.clone(), group);
            }
            Change::GroupDeleted { name } => {
                self.groups.remove(&name);
            }
            Change::Schedule(schedule) => {
                let key = schedule.key();
                self.remove_schedule(&key);
                self.firings.extend(schedule.next.map(|next| (next, key.clone())));
                self.schedules.insert(key, *schedule);
            }
            Change::ScheduleDeleted { key } => self.remove_schedule(&key),
            Change::Execution(execution) => self.outbox.put(*execution),
            Change::ExecutionEnded { number } => self.outbox.remove(number),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let groups = self.groups.values().cloned().map(Change::Group);
        let schedules = self.schedules.values().cloned().map(|schedule| Change::Schedule(Box::new(schedule)));
        let executions = self.outbox.all().cloned().map(|execution| Change::Execution(Box::new(execution)));
        groups.chain(schedules).chain(executions).collect()
    }

    fn living(&self) -> usize {
        self.groups.len() + self.schedules.len() + self.outbox.len()
    }
}

impl State {
    /// The time at which the next schedule fires.
    pub(super) fn next_firing(&self) -> Option<Timestamp> {
        self.firings.first().map(|(next, _)| *next)
    }

    /// The schedule that fires next, if it is due.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<StoredSchedule> {
        let (_, key) = self.firings.first().filter(|(next, _)| *next <= now)?;
        self.schedules.get(key).cloned()
    }

    fn remove_schedule(&mut self, key: &str) {
        if let Some(next) = self.schedules.remove(key).and_then(|schedule| schedule.next) {
            self.firings.remove(&(next, key.to_owned()));
        }
    }
}
