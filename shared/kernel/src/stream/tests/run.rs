//! Runs random deliveries through the engine, with or without a planted bug, and compares it with the oracle.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::oracle::{Answer, Delivery, Window, answer};
use crate::{
    message::MessageId,
    stream::{
        Aggregate, Fact, FactOutcome, KeyState, WindowKind, WindowLimits, WindowSpec, Windows,
        micros::{micros, timestamp},
    },
    testing::sim::Rng,
};

const SECOND: i64 = 1_000_000;

/// A bug to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    WatermarkTooEarly,
    WatermarkTooLate,
    LateCounted,
    DuplicateCounted,
    KeyMixedUp,
    Unbounded,
    IdsLostOnReload,
    ClosedTwice,
    ClosedChanges,
}

/// Collects the ids of the facts, so that a window shows which facts are in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Bag(Vec<u32>);

impl Aggregate for Bag {
    type Input = u32;

    fn add(&mut self, input: u32) {
        self.0.push(input);
        self.0.sort_unstable();
    }

    fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
        self.0.sort_unstable();
    }
}

/// A specification, and deliveries for two keys.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) spec: WindowSpec,
    pub(super) deliveries: Vec<(usize, Delivery)>,
}

impl Case {
    pub(super) fn random(rng: &Rng) -> Self {
        let seconds = |count: u64| SignedDuration::from_secs(count.cast_signed());
        let step = 1 + rng.below(3);
        let window = match rng.below(3) {
            0 => WindowKind::Tumbling { size: seconds(1 + rng.below(5)) },
            1 => WindowKind::Sliding { size: seconds(step * (1 + rng.below(4))), step: seconds(step) },
            _ => WindowKind::Session { gap: seconds(1 + rng.below(4)) },
        };
        let bound = |small: u64| if rng.happens(0.3) { 1 + rng.index(4) } else { 1 + rng.index(small as usize) + 20 };
        let limits = WindowLimits { max_open: bound(9), max_ids: bound(9), max_unconfirmed: bound(9) };
        let spec = WindowSpec { window, lateness: seconds(rng.below(6)), limits };
        // Around the epoch, where a remainder of a negative time could be wrong.
        let begin = (rng.below(20).cast_signed() - 15) * SECOND;
        let mut now = begin;
        let mut deliveries: Vec<(usize, Delivery)> = Vec::new();
        for id in 0..(4 + rng.below(9)) as u32 {
            let key = rng.index(2);
            now += rng.below(if rng.happens(0.1) { 12 } else { 3 }).cast_signed() * SECOND;
            let edge = if rng.happens(0.3) { rng.below(3).cast_signed() - 1 } else { 0 };
            let at = now - rng.below(if rng.happens(0.3) { 9 } else { 2 }).cast_signed() * SECOND + edge;
            let fact = (key, Delivery::Fact { id, at });
            deliveries.push(fact);
            if rng.happens(0.3) {
                deliveries.push(*[fact, deliveries[rng.index(deliveries.len())]].get(rng.index(2)).unwrap());
            }
            match rng.below(12) {
                0 => deliveries.push((key, Delivery::Advance(now + rng.below(5).cast_signed() * SECOND + edge))),
                1 | 2 => deliveries.push((key, Delivery::Confirm)),
                3 => deliveries.push((key, Delivery::Reload)),
                4 => {
                    // The answer to a batch is lost, and it is handed in again.
                    let batch = deliveries[deliveries.len() - 1 - rng.index(deliveries.len())..].to_vec();
                    deliveries.extend(batch);
                }
                _ => {}
            }
        }
        deliveries.extend([0, 1].map(|key| (key, Delivery::Advance(now + 60 * SECOND))));
        Self { spec, deliveries }
    }
}

/// What ran.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) outcomes: Vec<FactOutcome>,
    pub(super) windows: usize,
}

/// Runs a case and says where the engine differs from the oracle.
pub(super) fn compare(case: &Case, bug: Option<Bug>) -> Result<Seen, String> {
    let windows = Windows::new(&planted(&case.spec, bug)).map_err(|error| error.to_string())?;
    let mut states = [0, 1].map(|key| KeyState::<Bag>::new(format!("k-{key}")));
    let mut counts = [0, 0];
    let mut emitted = [BTreeMap::new(), BTreeMap::new()];
    let mut seen = Seen::default();
    let answers = [0, 1].map(|key| answer(&case.spec, &of_key(case, key)));
    for (number, (key, delivery)) in case.deliveries.iter().enumerate() {
        let Answer { outcomes, first_end, closed, .. } = &answers[*key];
        let index = counts[*key];
        counts[*key] += 1;
        let broken = |what: &str| Err(format!("{what} after delivery {number}: {delivery:?} of key {key}"));
        let outcome = deliver(&windows, &mut states, *key, *delivery, bug);
        if outcome != outcomes[index] {
            return broken(&format!("{outcome:?} instead of {:?}", outcomes[index]));
        }
        seen.outcomes.extend(outcome);
        let state = &states[*key];
        let limits = case.spec.limits;
        if state.open_windows() > limits.max_open || state.remembered_ids() > limits.max_ids {
            return broken("the bound is exceeded");
        }
        let lateness = case.spec.lateness;
        let expected = first_end[index].map(|end| timestamp(end) + lateness);
        let deadline = windows.next_deadline(state);
        if deadline != expected {
            return broken(&format!("the deadline {deadline:?} instead of {expected:?}"));
        }
        for window in state.closed() {
            let found: Window = (micros(window.id.start), micros(window.id.end), window.value.0.clone());
            let other = emitted[*key].insert(window.id.clone(), found.clone());
            if other.is_some_and(|other| other != found) || window.id.key != state.key() {
                return broken(&format!("{} is changed", window.id));
            }
        }
        let unconfirmed: Vec<_> = state.closed().iter().map(|window| &window.id).collect();
        if unconfirmed.windows(2).any(|pair| (pair[0].end, pair[0].start) >= (pair[1].end, pair[1].start)) {
            return broken("a window is closed twice, or out of order");
        }
        if emitted[*key].len() != closed[index] {
            return broken(&format!("{} windows are closed instead of {}", emitted[*key].len(), closed[index]));
        }
    }
    for (key, emitted) in emitted.into_iter().enumerate() {
        let mut emitted: Vec<Window> = emitted.into_values().collect();
        emitted.sort_unstable_by_key(|(start, end, _)| (*end, *start));
        if emitted != answers[key].windows {
            return Err(format!("key {key} has {emitted:?} instead of {:?}", answers[key].windows));
        }
        seen.windows += emitted.len();
    }
    Ok(seen)
}

fn of_key(case: &Case, key: usize) -> Vec<Delivery> {
    case.deliveries.iter().filter(|(of, _)| *of == key).map(|(_, delivery)| *delivery).collect()
}

fn planted(spec: &WindowSpec, bug: Option<Bug>) -> WindowSpec {
    let moment = SignedDuration::from_micros(1);
    let mut spec = spec.clone();
    match bug {
        Some(Bug::WatermarkTooLate) => spec.lateness += moment,
        Some(Bug::WatermarkTooEarly) if spec.lateness > moment => spec.lateness -= moment,
        Some(Bug::Unbounded) => spec.limits = WindowLimits { max_open: 999, max_ids: 999, max_unconfirmed: 999 },
        _ => {}
    }
    spec
}

fn deliver(
    windows: &Windows,
    states: &mut [KeyState<Bag>; 2],
    key: usize,
    delivery: Delivery,
    bug: Option<Bug>,
) -> Option<FactOutcome> {
    let state = match delivery {
        Delivery::Fact { id, .. } if bug == Some(Bug::KeyMixedUp) && id % 3 == 0 => &mut states[1 - key],
        _ => &mut states[key],
    };
    match delivery {
        Delivery::Fact { id, at } => {
            let message: MessageId = format!("f-{id}").parse().unwrap();
            if bug == Some(Bug::DuplicateCounted) {
                state.ids.forget(&message);
            }
            if bug == Some(Bug::ClosedChanges)
                && let Some(window) = state.closed.iter_mut().find(|window| micros(window.id.end) > at)
            {
                window.value.add(id);
            }
            let outcome = windows.add(state, Fact { id: message, at: timestamp(at), input: id });
            if bug == Some(Bug::LateCounted)
                && outcome == FactOutcome::Late
                && let Some(window) = state.open.first_mut()
            {
                window.value.add(id);
            }
            Some(outcome)
        }
        Delivery::Advance(now) => {
            windows.advance(state, timestamp(now));
            None
        }
        Delivery::Confirm => {
            let published: Vec<_> = state.closed().iter().map(|window| window.id.clone()).collect();
            state.confirm(&published);
            if bug == Some(Bug::ClosedTwice)
                && let Some(id) = published.into_iter().next_back()
            {
                state.closed.push(super::super::ClosedWindow { id, value: Bag::default() });
            }
            None
        }
        Delivery::Reload => {
            let text = serde_json::to_string(state).unwrap();
            *state = serde_json::from_str(&text).unwrap();
            if bug == Some(Bug::IdsLostOnReload) {
                state.ids = Default::default();
            }
            None
        }
    }
}
