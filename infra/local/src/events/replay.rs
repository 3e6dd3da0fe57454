//! Replays of archived events: which part of an archive is replayed to which rules, their progress, and the API calls.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{arn::AccountRegion, aws_error::AwsError};

use super::{
    EventBridge,
    archive::archive_name,
    archive_store::Day,
    bus::existing_bus,
    entry::parse_time,
    request::{self, ListRequest},
    rule::is_valid_name,
    state::{Change, State},
};

/// Replays pause while at least this many deliveries are pending.
pub(super) const MAX_PENDING_DELIVERIES: usize = 1_000;

/// The maximum number of active replays.
const MAX_ACTIVE: usize = 10;

/// The time for which an ended replay can be described.
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(super) name: String,
    pub(super) archive: String,
    pub(super) bus: String,
    pub(super) description: Option<String>,
    /// The ARNs of the rules that get the events; if empty, all rules.
    pub(super) filter_arns: Vec<String>,
    /// The start of the requested time range.
    pub(super) from: Timestamp,
    /// The end of the requested time range, inclusive.
    pub(super) to: Timestamp,
    /// Events before this time were expired when the replay started.
    #[serde(rename = "kept_since")]
    pub(super) retention_start: Timestamp,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    #[serde(rename = "stage")]
    pub(super) status: ReplayStatus,
    pub(super) reason: Option<String>,
    /// The lengths of the days' files at the start. Events archived later are not replayed.
    #[serde(rename = "extent")]
    pub(super) day_lengths: BTreeMap<Day, u64>,
    #[serde(rename = "reached")]
    pub(super) progress: ReplayProgress,
}

/// The progress of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayProgress {
    /// The current minute, in minutes since 1970.
    pub(super) minute: i64,
    /// The number of events of this minute that were replayed.
    #[serde(rename = "done")]
    pub(super) replayed: usize,
    /// The latest time of a replayed event.
    #[serde(rename = "last")]
    pub(super) last_time: Option<Timestamp>,
}

/// The state of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ReplayStatus {
    Starting,
    Running,
    Cancelling,
    Completed,
    Cancelled,
    Failed,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartReplay {
    replay_name: Option<String>,
    description: Option<String>,
    event_source_arn: Option<String>,
    event_start_time: Option<Value>,
    event_end_time: Option<Value>,
    destination: Option<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    arn: Option<String>,
    #[serde(default)]
    filter_arns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamedReplay {
    replay_name: Option<String>,
}

impl ReplayStatus {
    /// Returns whether the replay has not ended.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }
}

impl Replay {
    /// Returns the entry of the replay in a list.
    fn summary(&self, account_region: &AccountRegion) -> Value {
        let mut summary = json!({
            "ReplayName": self.name,
            "EventSourceArn": account_region.archive(&self.archive),
            "State": self.status,
            "EventStartTime": self.from.as_second(),
            "EventEndTime": self.to.as_second(),
            "ReplayStartTime": self.started.as_second(),
        });
        let times = [("EventLastReplayedTime", self.progress.last_time), ("ReplayEndTime", self.ended)];
        request::set_present(&mut summary, times.map(|(name, time)| (name, time.map(Timestamp::as_second))));
        request::set_present(&mut summary, [("StateReason", self.reason.as_deref())]);
        summary
    }

    /// Returns the description of the replay for the API.
    fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = self.summary(account_region);
        described["ReplayArn"] = account_region.replay(&self.name).into();
        described["Destination"] = json!({ "Arn": account_region.bus(&self.bus), "FilterArns": self.filter_arns });
        request::set_present(&mut described, [("Description", self.description.as_deref())]);
        described
    }
}

impl State {
    /// Returns the replays that have not ended.
    pub(super) fn active_replays(&self) -> impl Iterator<Item = &Replay> {
        self.replays.values().filter(|replay| replay.status.is_active())
    }

    /// Returns whether a replay can continue now.
    pub(super) fn can_continue_replay(&self) -> bool {
        let has_room = self.outbox.len() < MAX_PENDING_DELIVERIES;
        self.active_replays().any(|replay| has_room || replay.status == ReplayStatus::Cancelling)
    }
}

impl EventBridge {
    pub(super) fn start_replay(&self, body: Value) -> Result<Value, AwsError> {
        let request: StartReplay = request::read(body)?;
        let name = request::required("replayName", request.replay_name)?;
        let source = request::required("eventSourceArn", request.event_source_arn)?;
        let from = time("EventStartTime", request::required("eventStartTime", request.event_start_time)?)?;
        let to = time("EventEndTime", request::required("eventEndTime", request.event_end_time)?)?;
        let destination = request::required("destination", request.destination)?;
        let target = request::required("destination.arn", destination.arn)?;
        if !is_valid_name(&name) {
            return Err(request::invalid(format!("Parameter ReplayName is not valid: {name}")));
        }
        if !target.contains(":event-bus/") {
            return Err(request::invalid(
                "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.",
            ));
        }
        let mut state = self.durable.state();
        let bus = existing_bus(&state, Some(&target))?;
        let archive_name = archive_name(&source);
        let archive = state.archives.get(archive_name);
        let Some(archive) = archive.filter(|_| self.ctx.account_region.archive(archive_name) == source) else {
            let reason = format!("Archive {archive_name} does not exist.");
            return Err(request::invalid(format!("Parameter EventSourceArn is not valid. Reason: {reason}")));
        };
        if archive.settings.bus != bus || self.ctx.account_region.bus(&bus) != target {
            let reason = "Cross event bus replay is not permitted.";
            return Err(request::invalid(format!("Parameter Destination.Arn is not valid. Reason: {reason}")));
        }
        if to <= from {
            let reason = "EventStartTime must be before EventEndTime.";
            return Err(request::invalid(format!("Parameter EventEndTime is not valid. Reason: {reason}")));
        }
        if state.replays.contains_key(&name) {
            return Err(request::already_exists(format!("Replay {name} already exists.")));
        }
        if state.active_replays().count() >= MAX_ACTIVE {
            return Err(request::limit_exceeded());
        }
        let started = self.ctx.clock.now();
        let replay = Replay {
            archive: archive_name.to_owned(),
            bus,
            description: request.description,
            filter_arns: destination.filter_arns,
            from,
            to,
            retention_start: archive.retention_start(started),
            started,
            ended: None,
            status: ReplayStatus::Starting,
            reason: None,
            day_lengths: self.archive_store.day_lengths(archive_name, from, to),
            progress: ReplayProgress { minute: i64::MIN, replayed: 0, last_time: None },
            name,
        };
        let response = json!({
            "ReplayArn": self.ctx.account_region.replay(&replay.name),
            "State": replay.status,
            "ReplayStartTime": started.as_second(),
        });
        let mut changes = expired(&state, started);
        changes.push(Change::Replay(Box::new(replay)));
        self.commit(&mut state, changes)?;
        Ok(response)
    }

    pub(super) fn describe_replay(&self, body: Value) -> Result<Value, AwsError> {
        let (state, name) = (self.durable.state(), read_replay_name(body)?);
        Ok(existing_replay(&state, &name)?.describe(&self.ctx.account_region))
    }

    pub(super) fn list_replays(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let prefix = request.name_prefix.unwrap_or_default();
        let state = self.durable.state();
        let selected = state.replays.values().filter(|replay| {
            let source = request.event_source_arn.as_deref();
            let status = request.state.as_deref();
            replay.name.starts_with(&prefix)
                && source.is_none_or(|source| self.ctx.account_region.archive(&replay.archive) == source)
                && status.is_none_or(|status| json!(replay.status) == status)
        });
        let summaries = selected.map(|replay| (replay.name.clone(), replay.summary(&self.ctx.account_region)));
        request::list_response("Replays", summaries, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn cancel_replay(&self, body: Value) -> Result<Value, AwsError> {
        let (mut state, name) = (self.durable.state(), read_replay_name(body)?);
        let replay = existing_replay(&state, &name)?.clone();
        if !matches!(replay.status, ReplayStatus::Starting | ReplayStatus::Running) {
            let message = format!("Replay {name} is not in a valid state for this operation.");
            return Err(AwsError::sender("IllegalStatusException", message));
        }
        let replay = Replay { status: ReplayStatus::Cancelling, ..replay };
        let response = json!({ "ReplayArn": self.ctx.account_region.replay(&name), "State": replay.status });
        self.commit(&mut state, vec![Change::Replay(Box::new(replay))])?;
        Ok(response)
    }
}

// Deletes the replays whose retention is over.
fn expired(state: &State, now: Timestamp) -> Vec<Change> {
    let is_old = |replay: &&Replay| replay.ended.is_some_and(|ended| now.duration_since(ended) > RETENTION);
    state.replays.values().filter(is_old).map(|replay| Change::ReplayDeleted { replay: replay.name.clone() }).collect()
}

fn time(name: &str, value: Value) -> Result<Timestamp, AwsError> {
    parse_time(&value)
        .ok_or_else(|| request::invalid(format!("Parameter {name} is not valid. Reason: it is not a timestamp.")))
}

fn read_replay_name(body: Value) -> Result<String, AwsError> {
    let NamedReplay { replay_name } = request::read(body)?;
    request::required("replayName", replay_name)
}

fn existing_replay<'s>(state: &'s State, name: &str) -> Result<&'s Replay, AwsError> {
    state.replays.get(name).ok_or_else(|| request::not_found(format!("Replay {name} does not exist.")))
}
