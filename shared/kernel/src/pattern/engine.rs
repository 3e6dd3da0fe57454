//! [`Patterns`]: takes the events of a key, once each and in the order of their times, through the automatons of its group.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    KeyState, Match, PatternError, PatternLimits, PatternSpec, StateKey,
    automaton::{Automaton, Input, Kind},
    compile::{EventPlan, Group, check_limits, groups},
    scalar::{Field, MAX_TEXT, Stored, read},
    state::{EventId, Found, Run, WaitingEvent},
};
use crate::{
    message::MessageId,
    stream::micros::{micros, timestamp},
};

/// An event.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Its name: `PaymentFailed`.
    pub name: &'a str,
    /// The id that every copy of it has.
    pub id: &'a MessageId,
    /// When it happened.
    pub at: Timestamp,
    /// Its data.
    pub data: &'a Value,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum EventOutcome {
    /// It is handled, or waits for the watermark.
    Accepted {
        /// How many partial matches were dropped for want of room.
        dropped: u64,
    },
    /// It was accepted already. Nothing changed.
    Duplicate,
    /// It is older than the watermark. Nothing changed.
    Late,
    /// It has another key, or no pattern of the state's group names it. Nothing changed.
    OtherKey,
    /// The key holds as much as it may. Nothing changed.
    Refused(EventBound),
}

/// A bound of [`PatternLimits`] at which an event is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventBound {
    /// [`PatternLimits::max_recent`].
    Recent,
    /// [`PatternLimits::max_unconfirmed`].
    Unconfirmed,
}

/// Compiled patterns. They hold no state.
#[derive(Clone, Debug)]
pub struct Patterns {
    groups: BTreeMap<String, Group>,
    lateness: i64,
    limits: PatternLimits,
}

impl Patterns {
    /// Compiles patterns with the default limits.
    pub fn compile(specs: &[PatternSpec]) -> Result<Self, PatternError> {
        Self::compile_with(specs, PatternLimits::default())
    }

    /// Compiles patterns with these limits.
    pub fn compile_with(specs: &[PatternSpec], limits: PatternLimits) -> Result<Self, PatternError> {
        let lateness = check_limits(&limits)?;
        Ok(Self { groups: groups(specs, limits.max_partials)?, lateness, limits })
    }

    /// The states that an event concerns.
    pub fn keys(&self, event: &Event<'_>) -> Vec<StateKey> {
        let key = |(name, group): (&String, &Group)| {
            let plan = &group.events[*group.numbers.get(event.name)?];
            Some(StateKey { group: name.clone(), key: key_of(plan, event)?.into_owned() })
        };
        self.groups.iter().filter_map(key).collect()
    }

    /// Handles an event, or lets it wait until the watermark reaches it. [`KeyState::matches`] has what was found.
    pub fn on_event(&self, state: &mut KeyState, event: &Event<'_>) -> EventOutcome {
        let Some(group) = self.groups.get(&state.key.group) else { return EventOutcome::OtherKey };
        let Some(&number) = group.numbers.get(event.name) else { return EventOutcome::OtherKey };
        let plan = &group.events[number];
        if key_of(plan, event).is_none_or(|key| key != state.key.key) {
            return EventOutcome::OtherKey;
        }
        let at = micros(event.at);
        let watermark = self.watermark(state);
        if state.ids.contains(event.id, watermark) {
            return EventOutcome::Duplicate;
        }
        if at < watermark {
            return EventOutcome::Late;
        }
        if state.matches.len() >= self.limits.max_unconfirmed {
            return EventOutcome::Refused(EventBound::Unconfirmed);
        }
        let clock = state.clock.map_or(at, |clock| clock.max(at));
        let watermark = clock - self.lateness;
        if state.ids.is_full(watermark, self.limits.max_recent) {
            return EventOutcome::Refused(EventBound::Recent);
        }
        let before = state.dropped;
        state.clock = Some(clock);
        state.ids.insert(event.id.clone(), at, watermark, self.limits.max_recent);
        let fields: Vec<Option<Field<'_>>> = plan.fields.iter().map(|(_, path)| read(event.data, path)).collect();
        if at <= watermark && state.waiting.is_empty() {
            let id = EventId::new(event.id);
            self.handle(group, state, &Input { event: number, id: &id, at, fields: &fields });
        } else {
            let named = plan.fields.iter().zip(fields);
            let fields = named.filter_map(|((path, _), field)| Some((path.clone(), Stored::from(field?)))).collect();
            let waiting = WaitingEvent { at, id: event.id.clone(), name: event.name.to_owned(), fields };
            let index = state.waiting.partition_point(|other| (other.at, &other.id) < (at, event.id));
            state.waiting.insert(index, waiting);
        }
        self.release(group, state, watermark);
        EventOutcome::Accepted { dropped: state.dropped - before }
    }

    /// Moves the clock to `now`, unless it is there already: handles the events that waited for it, ends the waits of
    /// absences, and removes what no event can complete any more.
    ///
    /// An event that arrives after its time plus the lateness is late from then on, so the lateness must cover the time
    /// that events take to arrive.
    pub fn advance(&self, state: &mut KeyState, now: Timestamp) {
        let now = micros(now);
        state.clock = Some(state.clock.map_or(now, |clock| clock.max(now)));
        let watermark = self.watermark(state);
        state.ids.purge(watermark);
        let Some(group) = self.groups.get(&state.key.group) else {
            state.waiting.clear();
            state.runs.clear();
            return;
        };
        self.release(group, state, watermark);
        state.runs.retain_mut(|run| {
            let Some(automaton) = group.automaton(run.pattern) else { return false };
            automaton.expire(run, watermark);
            !run.is_empty()
        });
    }

    /// When [`Self::advance`] next finds something, or handles an event that waits, if no event comes.
    pub fn next_deadline(&self, state: &KeyState) -> Option<Timestamp> {
        let waiting = state.waiting.first().map(|event| event.at);
        // An event at the very end of the wait would be in time.
        let absence = self.groups.get(&state.key.group).and_then(|group| group.first_absence(state));
        let next = waiting.into_iter().chain(absence.map(|(deadline, _)| deadline + 1)).min()?;
        Some(timestamp(next + self.lateness))
    }

    fn watermark(&self, state: &KeyState) -> i64 {
        state.clock.map_or(i64::MIN, |clock| clock - self.lateness)
    }

    /// Handles the events that the watermark has reached, and ends the waits that it has passed.
    fn release(&self, group: &Group, state: &mut KeyState, watermark: i64) {
        let due = state.waiting.partition_point(|event| event.at <= watermark);
        if due > 0 {
            let rest = state.waiting.split_off(due);
            for waiting in std::mem::replace(&mut state.waiting, rest) {
                // The patterns may have changed while it waited.
                let Some(&number) = group.numbers.get(&waiting.name) else { continue };
                let named = |(path, _): &(String, Vec<String>)| {
                    Some(waiting.fields.iter().find(|(other, _)| other == path)?.1.field())
                };
                let fields: Vec<Option<Field<'_>>> = group.events[number].fields.iter().map(named).collect();
                let id = EventId::new(&waiting.id);
                self.handle(group, state, &Input { event: number, id: &id, at: waiting.at, fields: &fields });
            }
        }
        fire(group, state, watermark);
    }

    fn handle(&self, group: &Group, state: &mut KeyState, input: &Input<'_>) {
        fire(group, state, input.at);
        for index in &group.events[input.event].automatons {
            let automaton = &group.automatons[*index];
            let place = state.runs.binary_search_by_key(&automaton.digest, |run| run.pattern);
            let mut fresh = Run { pattern: automaton.digest, ..Run::default() };
            let run = match place {
                Ok(place) => &mut state.runs[place],
                Err(_) => &mut fresh,
            };
            let (found, dropped) = automaton.on_event(run, input, self.limits.max_partials);
            if automaton.kind == Kind::Absence && !run.partials.is_empty() {
                let end = input.at + automaton.within;
                state.no_wait_before = state.no_wait_before.map(|before| before.min(end));
            }
            state.dropped += u64::from(dropped);
            let found = found.and_then(|found| automaton.complete(run, found));
            if let Err(place) = place
                && !run.is_empty()
            {
                state.runs.insert(place, fresh);
            }
            add_match(state, automaton, found);
        }
    }
}

impl Group {
    fn automaton(&self, digest: u64) -> Option<&Automaton> {
        let index = self.automatons.binary_search_by_key(&digest, |automaton| automaton.digest);
        self.automatons.get(index.ok()?)
    }

    /// The earliest end of a wait, with the number of its run.
    fn first_absence(&self, state: &KeyState) -> Option<(i64, usize)> {
        let deadline = |index: &usize| {
            let automaton = &self.automatons[*index];
            let run = state.runs.binary_search_by_key(&automaton.digest, |run| run.pattern).ok()?;
            Some((automaton.first_deadline(&state.runs[run])?, run))
        };
        self.absences.iter().filter_map(deadline).min()
    }
}

/// Ends the waits of absences that end before this time, the earliest first.
fn fire(group: &Group, state: &mut KeyState, before: i64) {
    if group.absences.is_empty() || state.no_wait_before.is_some_and(|none| before <= none) {
        return;
    }
    loop {
        let first = group.first_absence(state);
        state.no_wait_before = Some(first.map_or(i64::MAX, |(deadline, _)| deadline));
        let Some((_, index)) = first.filter(|(deadline, _)| *deadline < before) else { return };
        let run = &mut state.runs[index];
        let Some(automaton) = group.automaton(run.pattern) else { return };
        let found = automaton.fire(run);
        let found = automaton.complete(run, found);
        add_match(state, automaton, found);
    }
}

fn add_match(state: &mut KeyState, automaton: &Automaton, found: Option<Found>) {
    if let Some(Found { start, end, events }) = found {
        // Ids are checked where they come in, so none is left out.
        let events: Vec<MessageId> = events.iter().filter_map(|event| MessageId::try_from(event).ok()).collect();
        state.matches.push(Match {
            id: Match::id_of(&automaton.name, &events),
            pattern: automaton.name.clone(),
            key: state.key.key.clone(),
            start: timestamp(start),
            end: timestamp(end),
            events,
        });
    }
}

fn key_of<'a>(plan: &EventPlan, event: &Event<'a>) -> Option<Cow<'a, str>> {
    match read(event.data, &plan.key)? {
        Field::Text(text) => (1..=MAX_TEXT).contains(&text.len()).then_some(Cow::Borrowed(text)),
        Field::Int(number) => Some(Cow::Owned(number.to_string())),
        Field::Bool(_) | Field::Float(_) => None,
    }
}
