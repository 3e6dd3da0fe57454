//! Runs replays minute by minute, the events of one minute in random order. The deliveries of replayed events and the
//! progress of the replay are one write, so a kill neither loses nor repeats an event.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{pattern::Event, rng, wal::WalError};

use super::{
    EventBridge,
    archive::ArchivedEvent,
    archive_store::Day,
    envelope::AcceptedEvent,
    put_events::RoutedEvent,
    replay::{MAX_PENDING_DELIVERIES, Replay, ReplayProgress, ReplayStatus},
    state::{Change, State},
};

/// The maximum number of events in one write.
const BATCH_SIZE: usize = 50;

/// The events of a day that are still to be replayed.
pub(super) struct RemainingDay {
    day: Day,
    /// The minute, a random number and the offset in the file of each event, in the order of the replay.
    events: VecDeque<(i64, u64, u64)>,
}

/// The next events of a replay, all of one minute, and the progress after them.
struct Batch {
    events: Vec<ArchivedEvent>,
    progress: ReplayProgress,
}

impl EventBridge {
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
        changes.push(Change::ReplayAdvanced { replay: replay.name.clone(), progress: batch.progress });
        self.durable.commit_best_effort(&mut state, changes);
        activity.into_iter().for_each(|activity| self.record_put(activity));
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
        self.remaining_days().remove(&replay.name);
        let mut state = self.durable.state();
        let Some(current) = state.replays.get(&replay.name).filter(|current| current.status.is_active()) else {
            return;
        };
        let ended = Replay { status, reason, ended: Some(self.ctx.clock.now()), ..current.clone() };
        self.durable.commit_best_effort(&mut state, vec![Change::Replay(Box::new(ended))]);
    }

    // Reads without locking the state: only this task advances a replay.
    fn next_batch(&self, replay: &Replay) -> Result<Option<Batch>, WalError> {
        let mut remaining_days = self.remaining_days();
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

    fn remaining_days(&self) -> MutexGuard<'_, BTreeMap<String, RemainingDay>> {
        self.remaining_days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

impl ArchivedEvent {
    // Adds the name of the replay as the last field of the event.
    fn into_replayed(self, replay: &str, accepted_at: Timestamp) -> AcceptedEvent {
        let mut envelope = self.envelope;
        if envelope.ends_with('}') {
            envelope.pop();
            envelope.push_str(&format!(r#","replay-name":"{replay}"}}"#));
        }
        AcceptedEvent { id: self.id, envelope, accepted_at, forwarded: false }
    }
}
