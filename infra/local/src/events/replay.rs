//! A replay: which part of an archive goes to which rules again, and how far it has come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Place, shelf::Day, state::State};

/// A replay waits as long as so many deliveries have not ended.
pub(super) const MOST_OWED: usize = 1_000;

/// A replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(super) name: String,
    pub(super) archive: String,
    pub(super) bus: String,
    pub(super) description: Option<String>,
    /// The ARNs of the only rules that get the events; if there are none, all do.
    pub(super) filter_arns: Vec<String>,
    /// What the caller asked for.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// What was older at the start is not replayed.
    pub(super) kept_since: Timestamp,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) stage: Stage,
    pub(super) reason: Option<String>,
    /// How long the files of the days were at the start: what came later is not replayed.
    pub(super) extent: BTreeMap<Day, u64>,
    pub(super) reached: Reached,
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reached {
    /// The minute that is replayed, counted from 1970.
    pub(super) minute: i64,
    /// So many of its events have gone out.
    pub(super) done: usize,
    /// The time in the newest event that has gone out.
    pub(super) last: Option<Timestamp>,
}

/// Where a replay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Stage {
    Starting,
    Running,
    Cancelling,
    Completed,
    Cancelled,
    Failed,
}

impl Stage {
    /// Has it still to do something?
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl Replay {
    /// The replay as lists show it.
    pub(super) fn listed(&self, place: &Place) -> Value {
        let mut listed = json!({
            "ReplayName": self.name,
            "EventSourceArn": place.archive(&self.archive),
            "State": self.stage.word(),
            "EventStartTime": self.from.as_second(),
            "EventEndTime": self.to.as_second(),
            "ReplayStartTime": self.started.as_second(),
        });
        for (name, moment) in [("EventLastReplayedTime", self.reached.last), ("ReplayEndTime", self.ended)] {
            if let Some(moment) = moment {
                listed[name] = moment.as_second().into();
            }
        }
        if let Some(reason) = &self.reason {
            listed["StateReason"] = reason.as_str().into();
        }
        listed
    }

    /// The replay as the API describes it.
    pub(super) fn describe(&self, place: &Place) -> Value {
        let mut described = self.listed(place);
        described["ReplayArn"] = place.replay(&self.name).into();
        described["Destination"] = json!({ "Arn": place.bus(&self.bus), "FilterArns": self.filter_arns });
        if let Some(description) = &self.description {
            described["Description"] = description.as_str().into();
        }
        described
    }
}

impl State {
    /// The replays that have still to do something.
    pub(super) fn active_replays(&self) -> impl Iterator<Item = &Replay> {
        self.replays.values().filter(|replay| replay.stage.is_active())
    }

    /// Can a replay go on now?
    pub(super) fn can_replay(&self) -> bool {
        let has_room = self.outbox.len() < MOST_OWED;
        self.active_replays().any(|replay| has_room || replay.stage == Stage::Cancelling)
    }
}
