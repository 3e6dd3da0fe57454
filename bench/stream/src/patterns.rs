//! Events through patterns of all kinds, over many keys.

use std::{
    collections::HashMap,
    error::Error,
    time::{Duration, Instant},
};

use causeway::{
    MessageId,
    pattern::{Event, EventOutcome, KeyState, PatternSpec, Patterns},
};
use serde_json::{Value, json};

/// The events.
const EVENTS: usize = 1_000_000;

/// The names of the events.
const NAMES: [&str; 4] = ["MoneyDeposited", "MoneyWithdrawn", "PaymentFailed", "SensorReading"];

/// What was measured.
pub(crate) struct Measured {
    /// The number of events.
    pub(crate) count: usize,
    /// The time for all of them.
    pub(crate) took: Duration,
    /// The mean length of a key's state as JSON.
    pub(crate) bytes: f64,
    /// What was found.
    pub(crate) matches: usize,
}

/// So many patterns, and so many keys, which come at random.
pub(crate) fn measure(count: usize, keys: usize) -> Result<Measured, Box<dyn Error>> {
    let specs = (0..count).map(spec).collect::<Result<Vec<_>, _>>()?;
    let patterns = Patterns::compile(&specs)?;
    let mut random = 7_u64;
    let mut next = |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % bound
    };
    let data: Vec<Value> =
        (0..EVENTS).map(|_| json!({ "key": format!("user-{}", next(keys)), "amount": 10 + next(10) })).collect();
    let names: Vec<&str> = (0..EVENTS).map(|_| NAMES[next(NAMES.len())]).collect();
    let ids = (0..EVENTS).map(|number| format!("01920000-0000-7000-8000-{number:012}").parse());
    let ids: Vec<MessageId> = ids.collect::<Result<_, _>>()?;
    let events: Vec<Event<'_>> = (0..EVENTS)
        .map(|number| {
            let (seconds, millis) = (number / 1_000, number % 1_000);
            let at = format!("2026-01-01T00:{:02}:{:02}.{millis:03}Z", seconds / 60, seconds % 60).parse()?;
            Ok(Event { name: names[number], id: &ids[number], at, data: &data[number] })
        })
        .collect::<Result<_, Box<dyn Error>>>()?;

    let mut states: HashMap<String, KeyState> = HashMap::new();
    let mut matches = 0;
    let begun = Instant::now();
    for event in &events {
        for key in patterns.keys(event) {
            // All patterns have the same key, so the group need not be looked up.
            let state = match states.get_mut(&key.key) {
                Some(state) => state,
                None => states.entry(key.key.clone()).or_insert_with(|| KeyState::new(key)),
            };
            if !matches!(patterns.on_event(state, event), EventOutcome::Accepted { .. }) {
                return Err("an event is not accepted".into());
            }
            if !state.matches().is_empty() {
                matches += state.take_matches().len();
            }
        }
    }
    let took = begun.elapsed();
    let bytes = states.values().map(|state| serde_json::to_string(state).map(|text| text.len()));
    let bytes = bytes.sum::<Result<usize, _>>()? as f64 / states.len() as f64;
    Ok(Measured { count: EVENTS, took, bytes, matches })
}

/// The kinds take turns; each pattern reads one or two of the four events.
fn spec(number: usize) -> Result<PatternSpec, serde_json::Error> {
    let any = |turn: usize| NAMES[(number + turn) % NAMES.len()];
    let minutes = format!("PT{}M", 5 + number % 7);
    let pattern = match number % 3 {
        0 => json!({ "sequence": { "within": minutes, "steps": [
            { "event": any(0), "as": "first" },
            { "event": any(1), "where": [
                { "field": "amount", "at_least": { "step": "first", "field": "amount", "percent": 90 } }] },
        ] } }),
        1 => json!({ "count": { "of": { "event": any(0) }, "at_least": 3, "within": minutes } }),
        _ => json!({ "absence": { "after": { "event": any(0) }, "not": { "event": any(1) }, "within": minutes } }),
    };
    serde_json::from_value(json!({ "name": format!("p-{number}"), "key": "key", "pattern": pattern }))
}
