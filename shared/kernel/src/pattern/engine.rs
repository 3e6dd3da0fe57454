//! [`Patterns`]: takes the events of a key, once each and in the order of their times, through the automatons of its group.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    KeyState, Match, PatternError, PatternLimits, PatternSpec, StateKey,
    automaton::{Automaton, Kind},
    compile::{Group, check_limits, groups},
    input::{EventPlan, Input},
    partials::{Found, Partials},
    scalar::{Field, MAX_TEXT, Stored, read},
    state::WaitingEvent,
};
use crate::{
    message::MessageId,
    stream::{
        micros::{micros, timestamp},
        stored_id::StoredId,
    },
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
    groups: BTreeMap<Arc<str>, Group>,
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
        let key = |(name, group): (&Arc<str>, &Group)| {
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
        let id = StoredId::from(event.id);
        if state.ids.contains(&id, watermark) {
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
        state.ids.insert(id.clone(), at, watermark, self.limits.max_recent);
        let fields: Vec<Option<Field<'_>>> = plan.fields.iter().map(|(_, path)| read(event.data, path)).collect();
        if at <= watermark && state.waiting.is_empty() {
            self.handle(group, state, &Input { event: number, plan, id: &id, at, fields: &fields });
        } else {
            let named = plan.fields.iter().zip(fields);
            let fields = named.filter_map(|((path, _), field)| Some((path.clone(), Stored::from(field?)))).collect();
            let waiting = WaitingEvent { at, id, name: event.name.to_owned(), fields };
            let index = state.waiting.partition_point(|other| (other.at, &other.id) < (at, &waiting.id));
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
            state.partials = Partials::default();
            return;
        };
        self.release(group, state, watermark);
        group.expire(&mut state.partials, watermark);
    }

    /// When [`Self::advance`] next finds something, or handles an event that waits, if no event comes.
    pub fn next_deadline(&self, state: &KeyState) -> Option<Timestamp> {
        let waiting = state.waiting.first().map(|event| event.at);
        // An event at the very end of the wait would be in time.
        let absence = self.groups.get(&state.key.group).and_then(|group| group.first_absence(&state.partials));
        let next = waiting.into_iter().chain(absence.map(|(end, ..)| end + 1)).min()?;
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
                let plan = &group.events[number];
                let named = |(path, _): &(Arc<str>, Vec<String>)| {
                    Some(waiting.fields.iter().find(|(other, _)| other == path)?.1.field())
                };
                let fields: Vec<Option<Field<'_>>> = plan.fields.iter().map(named).collect();
                let (id, at) = (&waiting.id, waiting.at);
                self.handle(group, state, &Input { event: number, plan, id, at, fields: &fields });
            }
        }
        fire(group, state, watermark);
    }

    fn handle(&self, group: &Group, state: &mut KeyState, input: &Input<'_>) {
        fire(group, state, input.at);
        for index in &input.plan.automatons {
            let automaton = &group.automatons[*index];
            let (found, dropped) = automaton.on_event(&mut state.partials, input, self.limits.max_partials);
            if automaton.kind == Kind::Absence {
                let end = input.at + automaton.within;
                state.no_wait_before = state.no_wait_before.map(|before| before.min(end));
            }
            state.dropped += u64::from(dropped);
            add_match(state, automaton, found);
        }
    }
}

impl Group {
    fn automaton(&self, digest: u64) -> Option<&Automaton> {
        let index = self.automatons.binary_search_by_key(&digest, |automaton| automaton.digest);
        self.automatons.get(index.ok()?)
    }

    /// The earliest end of a wait, with the index of its partial match and its automaton.
    fn first_absence(&self, partials: &Partials) -> Option<(i64, usize, &Automaton)> {
        let automatons = self.absences.iter().map(|index| &self.automatons[*index]);
        let waits = automatons.filter_map(|automaton| {
            let (end, index) = automaton.first_wait(partials)?;
            Some((end, index, automaton))
        });
        waits.min_by_key(|(end, index, _)| (*end, *index))
    }

    /// Removes what no event from this time on can complete.
    fn expire(&self, partials: &mut Partials, from: i64) {
        let Partials { events, list, found, .. } = partials;
        list.retain(|partial| {
            let start = events.get(partial.first as usize).map_or(i64::MIN, |event| event.at);
            self.automaton(partial.pattern).is_some_and(|automaton| automaton.is_live(start, from))
        });
        found.retain(|found| {
            let repeat = self.automaton(found.pattern).and_then(|automaton| automaton.repeat);
            repeat.is_some_and(|repeat| found.start + repeat.within >= from)
        });
        partials.sweep();
    }
}

/// Ends the waits of absences that end before this time, the earliest first.
fn fire(group: &Group, state: &mut KeyState, before: i64) {
    if group.absences.is_empty() || state.no_wait_before.is_some_and(|none| before <= none) {
        return;
    }
    loop {
        let first = group.first_absence(&state.partials);
        state.no_wait_before = Some(first.map_or(i64::MAX, |(end, ..)| end));
        let Some((end, index, automaton)) = first.filter(|(end, ..)| *end < before) else { return };
        let partial = state.partials.list.remove(index);
        let (pattern, start) = (automaton.digest, end - automaton.within);
        add_match(state, automaton, Some(Found { pattern, start, end, events: vec![partial.first] }));
    }
}

/// Adds what was found, unless it only counts towards a repeat.
fn add_match(state: &mut KeyState, automaton: &Automaton, found: Option<Found>) {
    if let Some(Found { start, end, events, .. }) = found.and_then(|it| automaton.complete(&mut state.partials, it)) {
        let ids = events.into_iter().filter_map(|place| Some((&state.partials.event(place)?.id).into()));
        let events: Vec<MessageId> = ids.collect();
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
