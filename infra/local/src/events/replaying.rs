//! Replays under way: minute after minute, and within a minute in no order. What goes out and how far the replay has
//! come is one write, so that a kill neither loses nor repeats anything.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{pattern::Event, rng, wal::WalError};

use super::{
    Events,
    archive::Archived,
    envelope::Accepted,
    replay::{MOST_OWED, Reached, Replay, Stage},
    shelf::Day,
    state::{Change, State},
};
use crate::activity::ActivityEvent;

/// So many events go out in one write.
const AT_ONCE: usize = 50;

/// What is left of a day: the events as minute, a number by chance, and place in the file, in the order of going out.
pub(super) struct Slices {
    day: Day,
    left: VecDeque<(i64, u64, u64)>,
}

/// The next events of a replay, all of one minute.
struct Portion {
    events: Vec<Archived>,
    reached: Reached,
}

impl Events {
    /// Lets every replay go on by a little.
    pub(super) fn go_on_replaying(&self) {
        let replays: Vec<Replay> = {
            let state = self.durable.state();
            if !state.can_replay() {
                return;
            }
            let has_room = state.outbox.len() < MOST_OWED;
            state.active_replays().filter(|replay| has_room || replay.stage == Stage::Cancelling).cloned().collect()
        };
        for replay in replays {
            if replay.stage == Stage::Cancelling {
                self.end(&replay, Stage::Cancelled, None);
                continue;
            }
            match self.next_portion(&replay) {
                Ok(Some(portion)) => self.send_again(&replay, portion),
                Ok(None) => self.end(&replay, Stage::Completed, None),
                Err(error) => self.end(&replay, Stage::Failed, Some(error.to_string())),
            }
        }
    }

    fn send_again(&self, replay: &Replay, portion: Portion) {
        let now = self.ctx.clock.now();
        let mut state = self.durable.state();
        // Who cancels it meanwhile is the last to decide; the rest of the day is then forgotten with it.
        let Some(current) = state.replays.get(&replay.name).filter(|current| current.stage.is_active()) else { return };
        let mut changes = Vec::new();
        if current.stage == Stage::Starting {
            changes.push(Change::Replay(Box::new(Replay { stage: Stage::Running, ..current.clone() })));
        }
        let mut activity = Vec::new();
        for event in portion.events {
            let again = event.said_again(&replay.name, now);
            if let Some((change, told)) = self.to_rules(&mut state, replay, again) {
                changes.extend(change);
                activity.push(told);
            }
        }
        changes.push(Change::Replayed { replay: replay.name.clone(), place: portion.reached });
        self.durable.commit_best_effort(&mut state, changes);
        activity.into_iter().for_each(|activity| self.announce(activity));
    }

    // The rules of its bus that want it, and may have it.
    fn to_rules(&self, state: &mut State, replay: &Replay, event: Accepted) -> Option<(Option<Change>, ActivityEvent)> {
        let parsed = Event::parse(&event.text).ok()?;
        let matching = state.buses.get_mut(&replay.bus)?.matching(&parsed);
        let named = matching.into_iter().map(|rule| (self.ctx.place.rule(&replay.bus, &rule.name), rule));
        let allowed = named.filter(|(arn, _)| replay.filter_arns.is_empty() || replay.filter_arns.contains(arn));
        let (mut names, mut wanted) = (Vec::new(), Vec::new());
        for (arn, rule) in allowed {
            names.push(rule.name.clone());
            wanted.push((arn, rule.targets.values().cloned().collect()));
        }
        let consequence = self.owe(state, &replay.bus, event, names, wanted);
        Some((consequence.change, consequence.activity))
    }

    fn end(&self, replay: &Replay, stage: Stage, reason: Option<String>) {
        self.slices().remove(&replay.name);
        let mut state = self.durable.state();
        let Some(current) = state.replays.get(&replay.name).filter(|current| current.stage.is_active()) else { return };
        let ended = Some(self.ctx.clock.now());
        let ended = Replay { stage, reason, ended, ..current.clone() };
        self.durable.commit_best_effort(&mut state, vec![Change::Replay(Box::new(ended))]);
    }

    // Reads without holding the state: only this task moves a replay on.
    fn next_portion(&self, replay: &Replay) -> Result<Option<Portion>, WalError> {
        let mut all = self.slices();
        let first = replay.reached.minute.max(0).div_euclid(24 * 60);
        let slices = match all.remove(&replay.name) {
            Some(slices) => Some(slices),
            None => self.slices_from(replay, first)?,
        };
        let Some(mut slices) = slices else { return Ok(None) };
        while slices.left.is_empty() {
            match self.slices_from(replay, slices.day + 1)? {
                Some(next) => slices = next,
                None => return Ok(None),
            }
        }
        let minute = slices.left.front().map(|(minute, _, _)| *minute).unwrap_or_default();
        let size = slices.left.iter().take(AT_ONCE).take_while(|(of, _, _)| *of == minute).count();
        let places: Vec<u64> = slices.left.drain(..size).map(|(_, _, place)| place).collect();
        let events = self.shelf.events(&replay.archive, slices.day, &places)?;
        all.insert(replay.name.clone(), slices);
        let before = if minute == replay.reached.minute { replay.reached.done } else { 0 };
        let newest = events.iter().map(|event| event.time).max();
        let last = newest.max(replay.reached.last);
        Ok(Some(Portion { events, reached: Reached { minute, done: before + size, last } }))
    }

    // What is to be replayed of the first day from this one on that the archive has.
    fn slices_from(&self, replay: &Replay, first: Day) -> Result<Option<Slices>, WalError> {
        let Some((day, length)) = replay.extent.range(first..).next() else { return Ok(None) };
        let from = replay.from.max(replay.kept_since);
        let times = self.shelf.times(&replay.archive, *day, *length)?;
        let wanted = times.into_iter().filter(|(time, _)| (from..=replay.to).contains(time));
        let seed = rng::hash_text(&replay.name);
        let minutes = wanted.map(|(time, place)| (minute(time), rng::mix(seed, &[place]), place));
        let mut left: Vec<_> = minutes.collect();
        left.sort_unstable();
        let Reached { minute, done, .. } = replay.reached;
        let mut left: VecDeque<_> = left.into_iter().skip_while(|(of, _, _)| *of < minute).collect();
        let begun = left.iter().take_while(|(of, _, _)| *of == minute).count();
        left.drain(..done.min(begun));
        Ok(Some(Slices { day: *day, left }))
    }

    fn slices(&self) -> MutexGuard<'_, BTreeMap<String, Slices>> {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn minute(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60)
}

impl Archived {
    // The same event, with the name of the replay as its last field.
    fn said_again(self, replay: &str, at: Timestamp) -> Accepted {
        let mut text = self.text;
        if text.ends_with('}') {
            text.pop();
            text.push_str(&format!(r#","replay-name":"{replay}"}}"#));
        }
        Accepted { id: self.id, text, at, forwarded: false }
    }
}
