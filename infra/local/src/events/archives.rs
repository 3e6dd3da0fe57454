//! Archives and replays: the API calls about them, and the task that replays archived events minute by minute, the events
//! of one minute in random order. The deliveries of replayed events and the progress of the replay are one write, so a kill
//! neither loses nor repeats an event.

use std::{collections::VecDeque, sync::PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{aws_error::AwsError, delivery::DeliveryService, pattern::Event, rng, wal::WalError};

use super::{
    archive_store::{ArchiveSize, Day},
    envelope::{AcceptedEvent, ArchivedEvent},
    model::{Archive, ArchiveSettings, Replay, ReplayProgress, ReplayStatus},
    put_events::{RoutedEvent, parse_time},
    request::{self, MAX_NAME_LENGTH, Request, check_description, check_name, checked_pattern, required},
    service::{EventBridge, RemainingDay},
    state::{Change, MAX_PENDING_DELIVERIES, ReplayStep, State, existing_archive, existing_bus, existing_replay},
};

const MAX_ARCHIVE_NAME_LENGTH: usize = 48;
const MAX_ACTIVE: usize = 10;
/// The time for which an ended replay can be described.
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
const BATCH_SIZE: usize = 50;

/// The next events of a replay, all of one minute, and the progress after them.
struct Batch {
    events: Vec<ArchivedEvent>,
    progress: ReplayProgress,
}

impl EventBridge {
    /// Adds events to their archives, and deletes the expired events of these archives.
    pub(super) fn archive_events(&self, state: &State, archived: &[(String, ArchivedEvent)]) -> Result<(), WalError> {
        let now = self.ctx.clock.now();
        for (name, _) in archived {
            if let Some(archive) = state.archives.get(name) {
                self.archive_store.delete_before(name, archive.retention_start(now))?;
            }
        }
        self.archive_store.append(archived)
    }

    pub(super) fn create_archive(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("archiveName", request.archive_name)?;
        let source = required("eventSourceArn", request.event_source_arn)?;
        check_name(&name, "archiveName", MAX_ARCHIVE_NAME_LENGTH)?;
        check_description(request.description.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        let mut state = self.durable.state();
        if state.archives.contains_key(&name) {
            return Err(request::already_exists(format!("Archive {name} already exists.")));
        }
        let bus = existing_bus(&state, Some(&source))?;
        if self.ctx.account_region.bus(&bus) != source {
            return Err(request::invalid_parameter("EventSourceArn", "Must contain an event bus ARN."));
        }
        // Removes what an interrupted deletion left behind.
        self.archive_store.delete(&name).map_err(request::wal_failed)?;
        let created = self.ctx.clock.now();
        let retention_days = request.retention_days.unwrap_or_default();
        let description = request.description;
        self.store_archive(&mut state, ArchiveSettings { name, bus, description, pattern, retention_days, created })
    }

    pub(super) fn describe_archive(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("archiveName", request.archive_name)?;
        let state = self.durable.state();
        let archive = existing_archive(&state, &name)?;
        let size = self.size(archive).map_err(request::wal_failed)?;
        Ok(archive.describe(&self.ctx.account_region, size))
    }

    pub(super) fn list_archives(&self, request: Request) -> Result<Value, AwsError> {
        let source = request.event_source_arn;
        let state = self.durable.state();
        if let Some(source) = &source {
            existing_bus(&state, Some(source))?;
        }
        let mut listed = Vec::new();
        for (name, archive) in &state.archives {
            let is_of_bus =
                source.as_ref().is_none_or(|source| self.ctx.account_region.bus(&archive.settings.bus) == *source);
            let is_in_state = request.state.as_deref().is_none_or(|state| state == "ENABLED");
            if name.starts_with(request.name_prefix.as_deref().unwrap_or_default()) && is_of_bus && is_in_state {
                let size = self.size(archive).map_err(request::wal_failed)?;
                listed.push((name.clone(), archive.summary(&self.ctx.account_region, size)));
            }
        }
        request::list_response("Archives", listed.into_iter(), request.next_token.as_deref(), request.limit)
    }

    /// Fields that are not given keep their value.
    pub(super) fn update_archive(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("archiveName", request.archive_name)?;
        if request.description.is_none() && request.event_pattern.is_none() && request.retention_days.is_none() {
            return Err(request::invalid(
                "At least one of Description, EventPattern and RetentionDays must be provided.",
            ));
        }
        check_description(request.description.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        let mut state = self.durable.state();
        let old = existing_archive(&state, &name)?.settings.clone();
        let settings = ArchiveSettings {
            description: request.description.or(old.description),
            pattern: pattern.or(old.pattern),
            retention_days: request.retention_days.unwrap_or(old.retention_days),
            ..old
        };
        self.store_archive(&mut state, settings)
    }

    fn store_archive(&self, state: &mut State, settings: ArchiveSettings) -> Result<Value, AwsError> {
        let response = json!({
            "ArchiveArn": self.ctx.account_region.archive(&settings.name),
            "State": "ENABLED",
            "CreationTime": settings.created.as_second(),
        });
        self.commit(state, vec![Change::Archive(Box::new(settings))])?;
        Ok(response)
    }

    pub(super) fn delete_archive(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("archiveName", request.archive_name)?;
        let mut state = self.durable.state();
        existing_archive(&state, &name)?;
        let ended = Some(self.ctx.clock.now());
        let replays = state.active_replays().filter(|replay| replay.archive == name);
        let failed = replays.map(|replay| {
            let reason = Some(format!("Archive {name} does not exist."));
            Change::Replay(Box::new(Replay { status: ReplayStatus::Failed, reason, ended, ..replay.clone() }))
        });
        let changes = failed.chain([Change::ArchiveDeleted { archive: name.clone() }]).collect();
        self.commit(&mut state, changes)?;
        // If this fails, the next start or the next archive with this name deletes the files.
        self.archive_store.delete(&name).map_err(request::wal_failed)?;
        Ok(json!({}))
    }

    // Expired events do not count, to the granularity of a day.
    fn size(&self, archive: &Archive) -> Result<ArchiveSize, WalError> {
        let name = &archive.settings.name;
        self.archive_store.delete_before(name, archive.retention_start(self.ctx.clock.now()))?;
        self.archive_store.size(name)
    }

    pub(super) fn start_replay(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("replayName", request.replay_name)?;
        let source = required("eventSourceArn", request.event_source_arn)?;
        let from = time("EventStartTime", required("eventStartTime", request.event_start_time)?)?;
        let to = time("EventEndTime", required("eventEndTime", request.event_end_time)?)?;
        let destination = required("destination", request.destination)?;
        let target = required("destination.arn", destination.arn)?;
        check_name(&name, "replayName", MAX_NAME_LENGTH)?;
        if to <= from {
            return Err(request::invalid_parameter("EventEndTime", "EventStartTime must be before EventEndTime."));
        }
        if !target.contains(":event-bus/") {
            return Err(request::invalid_parameter("Destination.Arn", "Must contain an event bus ARN."));
        }
        let mut state = self.durable.state();
        let bus = existing_bus(&state, Some(&target))?;
        let archive_name = archive_name(&source);
        let archive = state.archives.get(archive_name);
        let Some(archive) = archive.filter(|_| self.ctx.account_region.archive(archive_name) == source) else {
            let reason = format!("Archive {archive_name} does not exist.");
            return Err(request::invalid_parameter("EventSourceArn", reason));
        };
        if archive.settings.bus != bus || self.ctx.account_region.bus(&bus) != target {
            return Err(request::invalid_parameter("Destination.Arn", "Cross event bus replay is not permitted."));
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

    pub(super) fn describe_replay(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("replayName", request.replay_name)?;
        let state = self.durable.state();
        Ok(existing_replay(&state, &name)?.describe(&self.ctx.account_region))
    }

    pub(super) fn list_replays(&self, request: Request) -> Result<Value, AwsError> {
        let state = self.durable.state();
        let selected = state.replays.values().filter(|replay| {
            let source = request.event_source_arn.as_deref();
            let status = request.state.as_deref();
            replay.name.starts_with(request.name_prefix.as_deref().unwrap_or_default())
                && source.is_none_or(|source| self.ctx.account_region.archive(&replay.archive) == source)
                && status.is_none_or(|status| json!(replay.status) == status)
        });
        let summaries = selected.map(|replay| (replay.name.clone(), replay.summary(&self.ctx.account_region)));
        request::list_response("Replays", summaries, request.next_token.as_deref(), request.limit)
    }

    pub(super) fn cancel_replay(&self, request: Request) -> Result<Value, AwsError> {
        let name = required("replayName", request.replay_name)?;
        let mut state = self.durable.state();
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

    /// Replays one batch of every active replay.
    pub(super) fn continue_replays(&self) {
        let replays: Vec<Replay> = {
            let state = self.durable.state();
            if !state.can_continue_replay() {
                return;
            }
            let has_room = state.outbox.len() < MAX_PENDING_DELIVERIES;
            let is_ready = |replay: &&Replay| has_room || replay.status == ReplayStatus::Cancelling;
            state.active_replays().filter(is_ready).cloned().collect()
        };
        for replay in replays {
            if replay.status == ReplayStatus::Cancelling {
                self.end_replay(&replay, ReplayStatus::Cancelled, None);
                continue;
            }
            match self.next_batch(&replay) {
                Ok(Some(batch)) => self.replay_batch(&replay, batch),
                Ok(None) => self.end_replay(&replay, ReplayStatus::Completed, None),
                Err(error) => self.end_replay(&replay, ReplayStatus::Failed, Some(error.to_string())),
            }
        }
    }

    fn replay_batch(&self, replay: &Replay, batch: Batch) {
        let now = self.ctx.clock.now();
        let mut state = self.durable.state();
        // If the replay was cancelled meanwhile, the batch is discarded.
        let Some(current) = state.replays.get(&replay.name).filter(|current| current.status.is_active()) else {
            return;
        };
        let mut changes = Vec::new();
        if current.status == ReplayStatus::Starting {
            changes.push(Change::Replay(Box::new(Replay { status: ReplayStatus::Running, ..current.clone() })));
        }
        let mut activity = Vec::new();
        for event in batch.events {
            if let Some(routed) = self.route_replayed(&mut state, replay, event.into_replayed(&replay.name, now)) {
                changes.extend(routed.change);
                activity.push(routed.activity);
            }
        }
        changes.push(Change::ReplayAdvanced(ReplayStep { replay: replay.name.clone(), progress: batch.progress }));
        self.commit_best_effort(&mut state, changes);
        activity.into_iter().for_each(|activity| self.ctx.activity.record(activity));
    }

    // Routes the event to the matching rules of the bus that pass the filter of the replay.
    fn route_replayed(&self, state: &mut State, replay: &Replay, event: AcceptedEvent) -> Option<RoutedEvent> {
        let parsed = Event::parse(&event.envelope).ok()?;
        let mut rules = state.buses.get_mut(&replay.bus)?.matching(&parsed);
        if !replay.filter_arns.is_empty() {
            rules.retain(|rule| replay.filter_arns.contains(&self.ctx.account_region.rule(&replay.bus, &rule.name)));
        }
        Some(self.route_to_rules(state, &replay.bus, event, rules))
    }

    fn end_replay(&self, replay: &Replay, status: ReplayStatus, reason: Option<String>) {
        self.remaining_days.lock().unwrap_or_else(PoisonError::into_inner).remove(&replay.name);
        let mut state = self.durable.state();
        let Some(current) = state.replays.get(&replay.name).filter(|current| current.status.is_active()) else {
            return;
        };
        let ended = Replay { status, reason, ended: Some(self.ctx.clock.now()), ..current.clone() };
        self.commit_best_effort(&mut state, vec![Change::Replay(Box::new(ended))]);
    }

    // Reads without locking the state: only this task advances a replay.
    fn next_batch(&self, replay: &Replay) -> Result<Option<Batch>, WalError> {
        let mut remaining_days = self.remaining_days.lock().unwrap_or_else(PoisonError::into_inner);
        let current_day = replay.progress.minute.max(0).div_euclid(24 * 60);
        let remaining = match remaining_days.remove(&replay.name) {
            Some(remaining) => Some(remaining),
            None => self.remaining_from(replay, current_day)?,
        };
        let Some(mut remaining) = remaining else { return Ok(None) };
        while remaining.events.is_empty() {
            match self.remaining_from(replay, remaining.day + 1)? {
                Some(next) => remaining = next,
                None => return Ok(None),
            }
        }
        let minute = remaining.events.front().map(|(minute, _, _)| *minute).unwrap_or_default();
        let size = remaining.events.iter().take(BATCH_SIZE).take_while(|(of, _, _)| *of == minute).count();
        let offsets: Vec<u64> = remaining.events.drain(..size).map(|(_, _, offset)| offset).collect();
        let events = self.archive_store.events(&replay.archive, remaining.day, &offsets)?;
        remaining_days.insert(replay.name.clone(), remaining);
        let before = if minute == replay.progress.minute { replay.progress.replayed } else { 0 };
        let latest = events.iter().map(|event| event.time).max();
        let last_time = latest.max(replay.progress.last_time);
        Ok(Some(Batch { events, progress: ReplayProgress { minute, replayed: before + size, last_time } }))
    }

    // The remaining events of the first archived day, starting at this day.
    fn remaining_from(&self, replay: &Replay, first: Day) -> Result<Option<RemainingDay>, WalError> {
        let Some((day, length)) = replay.day_lengths.range(first..).next() else { return Ok(None) };
        let from = replay.from.max(replay.retention_start);
        let times = self.archive_store.times(&replay.archive, *day, *length)?;
        let in_range = times.into_iter().filter(|(time, _)| (from..=replay.to).contains(time));
        let seed = rng::hash_text(&replay.name);
        let mut events: Vec<_> =
            in_range.map(|(time, offset)| (minute(time), rng::mix(seed, &[offset]), offset)).collect();
        events.sort_unstable();
        let ReplayProgress { minute, replayed, .. } = replay.progress;
        let mut events: VecDeque<_> = events.into_iter().skip_while(|(of, _, _)| *of < minute).collect();
        let of_minute = events.iter().take_while(|(of, _, _)| *of == minute).count();
        events.drain(..replayed.min(of_minute));
        Ok(Some(RemainingDay { day: *day, events }))
    }
}

pub(super) fn archive_name(arn: &str) -> &str {
    arn.rsplit_once(":archive/").map_or(arn, |(_, name)| name)
}

// Deletes the replays whose retention is over.
fn expired(state: &State, now: Timestamp) -> Vec<Change> {
    let is_old = |replay: &&Replay| replay.ended.is_some_and(|ended| now.duration_since(ended) > RETENTION);
    state.replays.values().filter(is_old).map(|replay| Change::ReplayDeleted { replay: replay.name.clone() }).collect()
}

fn time(name: &str, value: Value) -> Result<Timestamp, AwsError> {
    parse_time(&value).ok_or_else(|| request::invalid_parameter(name, "it is not a timestamp."))
}

fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}
