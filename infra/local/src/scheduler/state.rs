//! What the service knows: groups, schedules, and the executions that have not ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    delivery::{
        outbox::Outbox,
        progress::Progress,
        sender::{Label, Parcel},
    },
    ledger::Remembered,
};

use super::plan::{Plan, Target};

/// One step of the state, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Change {
    Group(Group),
    GroupGone {
        name: String,
    },
    Plan(Box<Plan>),
    PlanGone {
        key: String,
    },
    /// An execution began or was tried.
    Execution(Box<Execution>),
    /// An execution has ended, well or not.
    Done {
        number: u64,
    },
}

/// A group of schedules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// One firing of a schedule that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(super) id: String,
    /// The schedule's key, to complete it at the end.
    pub(super) plan: String,
    pub(super) schedule_arn: String,
    pub(super) planned: Timestamp,
    pub(super) began: Timestamp,
    pub(super) target: Target,
    #[serde(flatten)]
    pub(super) progress: Progress,
}

/// Everything that survives a kill.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) plans: BTreeMap<String, Plan>,
    pub(super) outbox: Outbox<Execution>,
    /// When which schedule fires, the next first.
    firings: BTreeSet<(Timestamp, String)>,
}

impl Parcel for Execution {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }

    fn label(&self) -> Label<'_> {
        let target = &self.target;
        Label {
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

impl Remembered for State {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Group(group) => {
                self.groups.insert(group.name.clone(), group);
            }
            Change::GroupGone { name } => {
                self.groups.remove(&name);
            }
            Change::Plan(plan) => {
                let key = plan.key();
                self.remove_plan(&key);
                self.firings.extend(plan.next.map(|next| (next, key.clone())));
                self.plans.insert(key, *plan);
            }
            Change::PlanGone { key } => self.remove_plan(&key),
            Change::Execution(execution) => self.outbox.put(*execution),
            Change::Done { number } => self.outbox.remove(number),
        }
    }

    fn changes(&self) -> Vec<Change> {
        let groups = self.groups.values().cloned().map(Change::Group);
        let plans = self.plans.values().cloned().map(|plan| Change::Plan(Box::new(plan)));
        let executions = self.outbox.all().cloned().map(|execution| Change::Execution(Box::new(execution)));
        groups.chain(plans).chain(executions).collect()
    }

    fn living(&self) -> usize {
        self.groups.len() + self.plans.len() + self.outbox.len()
    }
}

impl State {
    /// When the next schedule fires.
    pub(super) fn next_firing(&self) -> Option<Timestamp> {
        self.firings.first().map(|(next, _)| *next)
    }

    /// The schedule that fires next, if its time has come.
    pub(super) fn firing(&self, now: Timestamp) -> Option<Plan> {
        let (_, key) = self.firings.first().filter(|(next, _)| *next <= now)?;
        self.plans.get(key).cloned()
    }

    fn remove_plan(&mut self, key: &str) {
        if let Some(next) = self.plans.remove(key).and_then(|plan| plan.next) {
            self.firings.remove(&(next, key.to_owned()));
        }
    }
}
