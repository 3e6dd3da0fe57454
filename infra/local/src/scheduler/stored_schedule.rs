//! A schedule as it is stored and as the API describes it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::AccountRegion, delivery::retry_policy::RetryPolicy, events::target::DeadLetterConfig, schedule::Schedule,
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
    /// The flexible time window in minutes.
    pub(super) window: Option<u32>,
    /// Whether the action after completion is `DELETE`.
    pub(super) delete_after: bool,
    pub(super) target: Target,
    /// The client token, by which a repeated request is recognised.
    pub(super) token: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// The time of the next firing.
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

/// The key of a schedule: its group and its name.
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

    /// The first firing, if the schedule is enabled.
    pub(super) fn first_firing(&self) -> Option<Timestamp> {
        self.schedule().filter(|_| self.enabled)?.first()
    }

    /// The first firing after this one that is not in the past.
    pub(super) fn firing_after(&self, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.schedule()?.next_after(fired.max(now))
    }

    /// The end of the flexible time window of the firing planned for this time.
    pub(super) fn window_end(&self, planned: Timestamp) -> Timestamp {
        let window = SignedDuration::from_mins(i64::from(self.window.unwrap_or_default()));
        planned.checked_add(window).unwrap_or(Timestamp::MAX)
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

    /// The answer of `GetSchedule`.
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

    /// The schedule's entry in the answer of `ListSchedules`.
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
