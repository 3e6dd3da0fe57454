//! Runs a random case through the engine, with or without a planted bug, and compares it with the oracle.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{
    case::{Case, Delivery, Occurred},
    oracle::{Expected, Found, answer},
};
use crate::{
    message::MessageId,
    pattern::{
        Event, EventOutcome, KeyState, Match, PatternKind, PatternLimits, PatternSpec, Patterns, StateKey,
        partials::{Partial, Partials},
    },
    stream::micros::{micros, timestamp},
};

/// A bug to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    WatermarkTooEarly,
    WatermarkTooLate,
    LateCounted,
    DuplicateCounted,
    AbsenceNotCancelled,
    KeyMixedUp,
    Unbounded,
    IdsLostOnReload,
    PartialsLostOnReload,
    OrderOfArrival,
    RandomIds,
}

/// What ran.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) outcomes: Vec<EventOutcome>,
    pub(super) found: Vec<Match>,
    pub(super) dropped: u64,
}

/// The state of each group for both keys.
fn states(case: &Case) -> Vec<(usize, &PatternSpec, KeyState)> {
    let mut states: Vec<(usize, &PatternSpec, KeyState)> = Vec::new();
    for spec in &case.specs {
        if states.iter().all(|(_, other, _)| other.key != spec.key) {
            let group: std::sync::Arc<str> = serde_json::to_string(&spec.key).unwrap().into();
            let state = |key: usize| StateKey { group: group.clone(), key: format!("k-{key}") };
            states.extend([0, 1].map(|key| (key, spec, KeyState::new(state(key)))));
        }
    }
    states
}

/// Runs a case and says where the engine differs from the oracle.
pub(super) fn compare(case: &Case, bug: Option<Bug>) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let mut states = states(case);
    let answers: Vec<_> = states.iter().map(|(key, spec, _)| answer(case, &spec.key, *key)).collect();
    let mut found = vec![BTreeMap::new(); states.len()];
    let patterns = Patterns::compile_with(&case.specs, planted(case.limits, bug)).map_err(|error| error.to_string())?;
    for (number, (key, delivery)) in case.deliveries.iter().enumerate() {
        if let Delivery::Event(event) = delivery {
            let (id, data) = (event.message_id(), event.data());
            let keys = patterns.keys(&as_event(event, &id, &data));
            let concerned = states.iter().zip(&answers).filter(|(_, answer)| answer[number].is_some());
            let expected: BTreeSet<&StateKey> = concerned.map(|((.., state), _)| state.key()).collect();
            if keys.iter().collect::<BTreeSet<_>>() != expected {
                return Err(format!("{event:?} concerns {keys:?} instead of {expected:?}"));
            }
        }
        for index in 0..states.len() {
            let Some(expected) = &answers[index][number] else { continue };
            let outcome = deliver(&patterns, case, &mut states, index, delivery, bug);
            let state = &states[index].2;
            let broken = |what: String| format!("{what} after delivery {number}: {delivery:?} of key {key}");
            check(&patterns, case, state, outcome, expected, &mut found[index]).map_err(broken)?;
            seen.outcomes.extend(outcome);
        }
    }
    for found in found {
        seen.found.extend(found.into_values());
    }
    Ok(seen)
}

fn check(
    patterns: &Patterns,
    case: &Case,
    state: &KeyState,
    outcome: Option<EventOutcome>,
    expected: &Expected,
    found: &mut BTreeMap<MessageId, Match>,
) -> Result<(), String> {
    if outcome != expected.outcome {
        return Err(format!("{outcome:?} instead of {:?}", expected.outcome));
    }
    check_bounds(case, state)?;
    let deadline = patterns.next_deadline(state).map(micros);
    if deadline != expected.deadline {
        return Err(format!("the deadline {deadline:?} instead of {:?}", expected.deadline));
    }
    for matched in state.matches() {
        if matched.id != Match::id_of(&matched.pattern, &matched.events) || matched.key != state.key().key {
            return Err(format!("{matched:?} has a wrong id or key"));
        }
        if found.insert(matched.id.clone(), matched.clone()).is_some_and(|other| other != *matched) {
            return Err(format!("{matched:?} is changed"));
        }
    }
    if state.matches().iter().map(|matched| &matched.id).collect::<BTreeSet<_>>().len() != state.matches().len() {
        return Err("a match is found twice".to_owned());
    }
    let all: BTreeSet<Found> = found.values().map(as_found).collect();
    if all != expected.matches {
        return Err(format!("found {all:?} instead of {:?}", expected.matches));
    }
    Ok(())
}

fn check_bounds(case: &Case, state: &KeyState) -> Result<(), String> {
    let PatternLimits { max_recent, max_partials, .. } = case.limits;
    let held = (state.waiting_events(), state.remembered_ids(), state.partial_matches());
    let is_within = held.0 <= max_recent && held.1 <= max_recent && held.2 <= max_partials;
    if is_within { Ok(()) } else { Err(format!("the bound is exceeded: {held:?}")) }
}

fn as_found(matched: &Match) -> Found {
    let number = |id: &MessageId| id.as_str()[2..].parse().unwrap();
    let ids = matched.events.iter().map(number).collect();
    (matched.pattern.clone(), micros(matched.start), micros(matched.end), ids)
}

fn as_event<'a>(event: &Occurred, id: &'a MessageId, data: &'a serde_json::Value) -> Event<'a> {
    Event { name: event.name, id, at: timestamp(event.at), data }
}

fn planted(limits: PatternLimits, bug: Option<Bug>) -> PatternLimits {
    let moment = SignedDuration::from_micros(1);
    let lateness = match bug {
        Some(Bug::WatermarkTooLate) => limits.lateness + moment,
        Some(Bug::WatermarkTooEarly) if limits.lateness > moment => limits.lateness - moment,
        _ => limits.lateness,
    };
    let max_recent = if bug == Some(Bug::Unbounded) { 999 } else { limits.max_recent };
    PatternLimits { lateness, max_recent, ..limits }
}

fn deliver(
    patterns: &Patterns,
    case: &Case,
    states: &mut [(usize, &PatternSpec, KeyState)],
    index: usize,
    delivery: &Delivery,
    bug: Option<Bug>,
) -> Option<EventOutcome> {
    let state = &mut states[index].2;
    match delivery {
        Delivery::Event(event) => {
            let (mut event, id) = (event.clone(), event.message_id());
            if bug == Some(Bug::DuplicateCounted) {
                state.ids.forget(&id);
            }
            if bug == Some(Bug::OrderOfArrival) {
                event.at = event.at.max(state.clock.unwrap_or(event.at));
            }
            let data = event.data();
            if bug == Some(Bug::KeyMixedUp) && event.id % 3 == 0 {
                let (own, other) = (state.key.clone(), &mut states[index ^ 1].2);
                let others = std::mem::replace(&mut other.key, own);
                let outcome = patterns.on_event(other, &as_event(&event, &id, &data));
                other.key = others;
                return Some(outcome);
            }
            let before = state.clone();
            let outcome = patterns.on_event(state, &as_event(&event, &id, &data));
            if bug == Some(Bug::LateCounted) && outcome == EventOutcome::Late {
                event.at = state.clock.unwrap_or(event.at);
                let _counted = patterns.on_event(state, &as_event(&event, &id, &data));
            }
            let is_absence = |spec: &PatternSpec| matches!(spec.pattern, PatternKind::Absence(_));
            if bug == Some(Bug::AbsenceNotCancelled) && case.specs.iter().all(is_absence) {
                keep_waits(before, state);
            }
            if bug == Some(Bug::RandomIds) {
                for found in &mut state.matches {
                    found.id = Match::id_of(&found.pattern, &[]);
                }
            }
            return Some(outcome);
        }
        Delivery::Advance(now) => patterns.advance(state, timestamp(*now)),
        Delivery::Confirm => {
            let published: Vec<MessageId> = state.matches().iter().map(|found| found.id.clone()).collect();
            state.confirm(&published);
        }
        Delivery::Reload => {
            *state = serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap();
            match bug {
                Some(Bug::IdsLostOnReload) => state.ids = Default::default(),
                Some(Bug::PartialsLostOnReload) => state.partials = Default::default(),
                _ => {}
            }
        }
    }
    None
}

/// Puts back the waits that an event has cancelled.
fn keep_waits(before: KeyState, state: &mut KeyState) {
    for partial in before.partials.list {
        let event = before.partials.events[partial.first as usize].clone();
        let Partials { events, list, .. } = &mut state.partials;
        let is_same = |other: &Partial| other.pattern == partial.pattern && events[other.first as usize].id == event.id;
        let has_fired = state.matches.iter().any(|found| found.events.contains(&MessageId::from(&event.id)));
        if !has_fired && !list.iter().any(is_same) {
            let order = |other: &Partial| (other.pattern, events[other.first as usize].at);
            let index = list.partition_point(|other| order(other) < (partial.pattern, event.at));
            list.insert(index, Partial { first: events.len() as u32, ..partial });
            events.push(event);
        }
    }
}

/// Runs a case whose partial matches are few: checks the bounds, and that every match is one by itself.
pub(super) fn run_bounded(case: &Case) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let mut states = states(case);
    let patterns = Patterns::compile_with(&case.specs, case.limits).map_err(|error| error.to_string())?;
    for (key, delivery) in &case.deliveries {
        for index in 0..states.len() {
            if states[index].0 == *key {
                let before = states[index].2.dropped();
                let outcome = deliver(&patterns, case, &mut states, index, delivery, None);
                let state = &mut states[index].2;
                check_bounds(case, state)?;
                if let Some(EventOutcome::Accepted { dropped }) = outcome
                    && before + dropped != state.dropped()
                {
                    return Err(format!("{dropped} dropped, but {before} before and {} after", state.dropped()));
                }
                seen.found.extend(state.take_matches());
            }
        }
    }
    seen.dropped = states.iter().map(|(.., state)| state.dropped()).sum();
    Ok(seen)
}
