//! A schedule as it is remembered and as the API describes it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    delivery::retry::RetryPolicy,
    events::{Place, target::DeadLetterConfig},
    schedule::Schedule,
};

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) expression: String,
    pub(super) zone: Option<String>,
    pub(super) start: Option<Timestamp>,
    pub(super) end: Option<Timestamp>,
    pub(super) description: Option<String>,
    pub(super) enabled: bool,
    /// How many minutes later than planned it may fire.
    pub(super) window: Option<u32>,
    pub(super) delete_after: bool,
    pub(super) target: Target,
    /// The caller's word for this very request, so that a repeated one is known again.
    pub(super) token: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// When it fires next.
    pub(super) next: Option<Timestamp>,
}

/// What a schedule invokes, in the words of the API.
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

/// What an event says besides its detail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventBridgeParameters {
    pub(super) detail_type: String,
    pub(super) source: String,
}

/// The key of a schedule among all: its group and its name.
pub(super) fn key(group: &str, name: &str) -> String {
    format!("{group}/{name}")
}

impl Plan {
    /// Its key among all schedules.
    pub(super) fn key(&self) -> String {
        key(&self.group, &self.name)
    }

    /// Its ARN.
    pub(super) fn arn(&self, place: &Place) -> String {
        place.arn("scheduler", &format!("schedule/{}", self.key()))
    }

    /// The first moment at which it fires, if it is enabled.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.schedule().filter(|_| self.enabled)?.first()
    }

    /// The moment after this one and not before now at which it fires.
    pub(super) fn following(&self, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
        self.schedule()?.next_after(fired.max(now))
    }

    /// The end of the window in which it may fire for this moment.
    pub(super) fn latest(&self, moment: Timestamp) -> Timestamp {
        let window = SignedDuration::from_mins(i64::from(self.window.unwrap_or_default()));
        moment.checked_add(window).unwrap_or(Timestamp::MAX)
    }

    /// Whether this is the same request as the other, told twice.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        let Self { created, modified, next, .. } = other.clone();
        self.token.is_some() && Self { created, modified, next, ..self.clone() } == *other
    }

    fn schedule(&self) -> Option<Schedule> {
        // A start in the past begins with the schedule itself.
        let begins = self.start.unwrap_or(self.modified).max(self.modified);
        Schedule::for_scheduler(&self.expression, self.zone.as_deref(), begins, self.end).ok()
    }

    /// The schedule as the API describes it.
    pub(super) fn describe(&self, place: &Place) -> Value {
        let mut described = json!({
            "Arn": self.arn(place),
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
        let moments = [("StartDate", self.start), ("EndDate", self.end)];
        if let Some(fields) = described.as_object_mut() {
            let said =
                moments.into_iter().filter_map(|(name, moment)| Some((name.to_owned(), moment?.as_second().into())));
            fields.extend(said);
            fields.extend(self.description.clone().map(|text| ("Description".to_owned(), text.into())));
        }
        described
    }

    /// The schedule as it stands in a list.
    pub(super) fn summary(&self, place: &Place) -> Value {
        json!({
            "Arn": self.arn(place),
            "GroupName": self.group,
            "Name": self.name,
            "State": self.state(),
            "Target": { "Arn": self.target.arn },
            "CreationDate": self.created.as_second(),
            "LastModificationDate": self.modified.as_second(),
        })
    }

    /// The word for whether it fires.
    pub(super) fn state(&self) -> &'static str {
        if self.enabled { "ENABLED" } else { "DISABLED" }
    }
}
