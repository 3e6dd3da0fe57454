//! The calls about replays.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_error::AwsError;

use super::{
    Events,
    archive_calls::archive_name,
    entry::moment,
    replay::{Reached, Replay, Stage},
    request,
    rule::is_name,
    rule_calls::known_bus,
    state::{Change, State},
};

/// So many replays go on at the same time.
const MOST_ACTIVE: usize = 10;

/// For so long an ended replay can be asked for.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListReplays {
    name_prefix: Option<String>,
    state: Option<String>,
    event_source_arn: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
}

impl Events {
    pub(super) fn start_replay(&self, body: Value) -> Result<Value, AwsError> {
        let request: StartReplay = request::read(body)?;
        let name = request::required("replayName", request.replay_name)?;
        let source = request::required("eventSourceArn", request.event_source_arn)?;
        let from = time("EventStartTime", request::required("eventStartTime", request.event_start_time)?)?;
        let to = time("EventEndTime", request::required("eventEndTime", request.event_end_time)?)?;
        let destination = request::required("destination", request.destination)?;
        let target = request::required("destination.arn", destination.arn)?;
        if !is_name(&name) {
            return Err(request::invalid(format!("Parameter ReplayName is not valid: {name}")));
        }
        if !target.contains(":event-bus/") {
            return Err(request::invalid(
                "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.",
            ));
        }
        let mut state = self.durable.state();
        let bus = known_bus(&state, Some(&target))?;
        let archive = archive_name(&source);
        let known = state.archives.get(archive).filter(|_| self.ctx.place.archive(archive) == source);
        let Some(known) = known else {
            let reason = format!("Archive {archive} does not exist.");
            return Err(request::invalid(format!("Parameter EventSourceArn is not valid. Reason: {reason}")));
        };
        if known.facts.bus != bus || self.ctx.place.bus(&bus) != target {
            let reason = "Cross event bus replay is not permitted.";
            return Err(request::invalid(format!("Parameter Destination.Arn is not valid. Reason: {reason}")));
        }
        if to <= from {
            let reason = "EventStartTime must be before EventEndTime.";
            return Err(request::invalid(format!("Parameter EventEndTime is not valid. Reason: {reason}")));
        }
        if state.replays.contains_key(&name) {
            let message = format!("Replay {name} already exists.");
            return Err(AwsError::sender("ResourceAlreadyExistsException", message));
        }
        if state.active_replays().count() >= MOST_ACTIVE {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(AwsError::sender("LimitExceededException", message));
        }
        let started = self.ctx.clock.now();
        let replay = Replay {
            archive: archive.to_owned(),
            bus,
            description: request.description,
            filter_arns: destination.filter_arns,
            from,
            to,
            kept_since: known.keeps_since(started),
            started,
            ended: None,
            stage: Stage::Starting,
            reason: None,
            extent: self.shelf.extent(archive, from, to),
            reached: Reached { minute: i64::MIN, done: 0, last: None },
            name,
        };
        let answer = json!({
            "ReplayArn": self.ctx.place.replay(&replay.name),
            "State": replay.stage.word(),
            "ReplayStartTime": started.as_second(),
        });
        let mut changes = forgotten(&state, started);
        changes.push(Change::Replay(Box::new(replay)));
        self.durable.commit(&mut state, changes).map_err(request::not_remembered)?;
        Ok(answer)
    }

    pub(super) fn describe_replay(&self, body: Value) -> Result<Value, AwsError> {
        let (state, name) = (self.durable.state(), named(body)?);
        Ok(known(&state, &name)?.describe(&self.ctx.place))
    }

    pub(super) fn list_replays(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListReplays = request::read(body)?;
        let prefix = request.name_prefix.unwrap_or_default();
        let state = self.durable.state();
        let wanted = state.replays.values().filter(|replay| {
            let source = request.event_source_arn.as_deref();
            let stage = request.state.as_deref();
            replay.name.starts_with(&prefix)
                && source.is_none_or(|source| self.ctx.place.archive(&replay.archive) == source)
                && stage.is_none_or(|stage| replay.stage.word() == stage)
        });
        let listed = wanted.map(|replay| (replay.name.clone(), replay.listed(&self.ctx.place)));
        Ok(request::listed("Replays", request::page(listed, request.next_token.as_deref(), request.limit)?))
    }

    pub(super) fn cancel_replay(&self, body: Value) -> Result<Value, AwsError> {
        let (mut state, name) = (self.durable.state(), named(body)?);
        let replay = known(&state, &name)?.clone();
        if !matches!(replay.stage, Stage::Starting | Stage::Running) {
            let message = format!("Replay {name} is not in a valid state for this operation.");
            return Err(AwsError::sender("IllegalStatusException", message));
        }
        let replay = Replay { stage: Stage::Cancelling, ..replay };
        let answer = json!({ "ReplayArn": self.ctx.place.replay(&name), "State": replay.stage.word() });
        self.durable.commit(&mut state, vec![Change::Replay(Box::new(replay))]).map_err(request::not_remembered)?;
        Ok(answer)
    }
}

// Replays that ended long ago.
fn forgotten(state: &State, now: Timestamp) -> Vec<Change> {
    let is_old = |replay: &&Replay| replay.ended.is_some_and(|ended| now.duration_since(ended) > REMEMBERED);
    state.replays.values().filter(is_old).map(|replay| Change::ReplayGone { replay: replay.name.clone() }).collect()
}

fn time(name: &str, value: Value) -> Result<Timestamp, AwsError> {
    moment(&value)
        .ok_or_else(|| request::invalid(format!("Parameter {name} is not valid. Reason: it is not a timestamp.")))
}

fn named(body: Value) -> Result<String, AwsError> {
    let NamedReplay { replay_name } = request::read(body)?;
    request::required("replayName", replay_name)
}

fn known<'s>(state: &'s State, name: &str) -> Result<&'s Replay, AwsError> {
    state.replays.get(name).ok_or_else(|| request::not_found(format!("Replay {name} does not exist.")))
}
