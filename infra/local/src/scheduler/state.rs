//! The scheduler's state: groups, schedules as they are stored and as the API describes them, and the executions that have
//! not ended.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::AccountRegion,
    delivery::{
        outbox::{Delivery, DeliveryMeta, Outbox, Progress},
        retry_policy::RetryPolicy,
    },
    events::target::DeadLetterConfig,
    schedule::Schedule,
    wal::ReplayState,
};

/// The ARN of the universal target that calls `PutEvents`.
pub(super) const PUT_EVENTS: &str = "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents";

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSchedule {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) expression: String,
    pub(super) zone: Option<String>,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    pub(super) window: Option<u32>,
    /// Whether the action after completion is `DELETE`.
    pub(super) delete_after: bool,
    pub(super) target: Target,
    /// The client token, by which a repeated request is recognised.
    pub(super) token: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) next: Option<Timestamp>,
}

/// The target of a schedule, with the API's field names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) arn: String,
    pub(super) role_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event_bridge_parameters: Option<EventBridgeParameters>,
}

/// The source and detail type of the event for a bus target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventBridgeParameters {
    pub(super) detail_type: String,
    pub(super) source: String,
}

pub(super) fn key(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

impl StoredSchedule {
    pub(super) fn key(&self) -> String {
        key(&self.group, &self.name)
    }

    pub(super) fn arn(&self, account_region: &AccountRegion) -> String {
        account_region.arn("scheduler", &format!("schedule/{}", self.key()))
    }

    pub(super) fn first_firing(&self) -> Option<Timestamp> {
        self.schedule().filter(|_| self.enabled)?.first()
    }

    /// The first firing after this one that is not in the past.
    pub(super) fn firing_after(&self, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.schedule()?.next_after(fired.max(now))
    }

    /// Whether this is the same request as the other one, sent twice with a client token.
    pub(super) fn is_repeat_of(&self, other: &Self) -> bool {
        let Self { created, modified, next, .. } = other.clone();
        self.token.is_some() && Self { created, modified, next, ..self.clone() } == *other
    }

    fn schedule(&self) -> Option<Schedule> {
        // A start date in the past counts as the time of the last modification.
        let start = self.start.unwrap_or(self.modified).max(self.modified);
        Schedule::for_scheduler(&self.expression, self.zone.as_deref(), start, self.end).ok()
    }

    pub(super) fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = json!({
            "Arn": self.arn(account_region),
            "GroupName": self.group,
            "Name": self.name,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.zone.as_deref().unwrap_or("UTC"),
            "State": self.state(),
            "FlexibleTimeWindow": match self.window {
                None => json!({ "Mode": "OFF" }),
                Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
            },
            "ActionAfterCompletion": if self.delete_after { "DELETE" } else { "NONE" },
            "Target": self.target,
            "CreationDate": self.created.as_second(),
            "LastModificationDate": self.modified.as_second(),
        });
        for (name, date) in [("StartDate", self.start), ("EndDate", self.end)] {
            if let Some(date) = date {
                described[name] = date.as_second().into();
            }
        }
        if let Some(description) = &self.description {
            described["Description"] = description.as_str().into();
        }
        described
    }

    pub(super) fn summary(&self, account_region: &AccountRegion) -> Value {
        json!({
            "Arn": self.arn(account_region),
            "GroupName": self.group,
            "Name": self.name,
            "State": self.state(),
            "Target": { "Arn": self.target.arn },
            "CreationDate": self.created.as_second(),
            "LastModificationDate": self.modified.as_second(),
        })
    }

    pub(super) fn state(&self) -> &'static str {
        if self.enabled { "ENABLED" } else { "DISABLED" }
    }
}

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

    fn changes(&mut self) -> Vec<Change> {
        let groups = self.groups.values().cloned().map(Change::Group);
        let schedules = self.schedules.values().cloned().map(|schedule| Change::Schedule(Box::new(schedule)));
        let executions = self.outbox.all().cloned().map(|execution| Change::Execution(Box::new(execution)));
        groups.chain(schedules).chain(executions).collect()
    }
}

impl State {
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
