//! What the service knows: groups, schedules, and the executions that have not ended.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::events::delivery::Doom;

use super::plan::Plan;
use super::plan::Target;

/// One step of the state, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Change {
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
pub(super) struct Group {
    pub(super) name: String,
    pub(super) created: Timestamp,
}

/// One firing of a schedule that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Execution {
    pub(super) number: u64,
    pub(super) id: String,
    /// The schedule's key, to complete it at the end.
    pub(super) plan: String,
    pub(super) schedule_arn: String,
    pub(super) planned: Timestamp,
    pub(super) began: Timestamp,
    pub(super) target: Target,
    pub(super) tries: u32,
    pub(super) due: Timestamp,
    /// Set when it will not be tried any more and only the dead letter is left to write.
    pub(super) doomed: Option<Doom>,
}

/// Everything that survives a kill.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) plans: BTreeMap<String, Plan>,
    pub(super) executions: BTreeMap<u64, Execution>,
    /// When which schedule fires, the next first.
    firings: BTreeSet<(Timestamp, String)>,
    /// The executions that nobody works on, the most urgent first.
    due: BTreeSet<(Timestamp, u64)>,
    pub(super) next_number: u64,
}

impl State {
    pub(super) fn apply(&mut self, change: Change) {
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
            Change::Execution(execution) => {
                let number = execution.number;
                self.next_number = self.next_number.max(number + 1);
                self.remove_execution(number);
                self.due.insert((execution.due, number));
                self.executions.insert(number, *execution);
            }
            Change::Done { number } => self.remove_execution(number),
        }
    }

    fn remove_plan(&mut self, key: &str) {
        if let Some(next) = self.plans.remove(key).and_then(|plan| plan.next) {
            self.firings.remove(&(next, key.to_owned()));
        }
    }

    fn remove_execution(&mut self, number: u64) {
        if let Some(execution) = self.executions.remove(&number) {
            self.due.remove(&(execution.due, number));
        }
    }

    /// The changes that lead to this state from nothing.
    pub(super) fn changes(&self) -> Vec<Change> {
        let groups = self.groups.values().cloned().map(Change::Group);
        let plans = self.plans.values().cloned().map(|plan| Change::Plan(Box::new(plan)));
        let executions = self.executions.values().cloned().map(|execution| Change::Execution(Box::new(execution)));
        groups.chain(plans).chain(executions).collect()
    }

    /// How many things the state holds.
    pub(super) fn living(&self) -> usize {
        self.groups.len() + self.plans.len() + self.executions.len()
    }

    /// The schedule that fires next, if its time has come.
    pub(super) fn firing(&self, now: Timestamp) -> Option<Plan> {
        let (_, key) = self.firings.first().filter(|(next, _)| *next <= now)?;
        self.plans.get(key).cloned()
    }

    /// Takes the most urgent execution, if one is due.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<Execution> {
        let (due, number) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, number));
        self.executions.get(&number).cloned()
    }

    /// Nobody works on any execution: all wait for their time.
    pub(super) fn release_all(&mut self) {
        self.due = self.executions.values().map(|execution| (execution.due, execution.number)).collect();
    }

    /// When the next schedule fires or the next execution is due.
    pub(super) fn next_moment(&self) -> Option<Timestamp> {
        let fires = self.firings.first().map(|(next, _)| *next);
        fires.into_iter().chain(self.due.first().map(|(due, _)| *due)).min()
    }
}
