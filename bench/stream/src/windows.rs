//! Facts through tumbling windows of a minute, and the same sums by a plain loop without ids, lateness or bounds.

use std::{
    collections::HashMap,
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use causeway::stream::{Fact, FactOutcome, KeyState, Sum, WindowSpec, Windows};

/// The number of facts, a millisecond apart.
const FACTS: usize = 2_000_000;

/// What was measured.
pub(crate) struct Measured {
    /// The number of facts.
    pub(crate) count: usize,
    /// The time through [`Windows`].
    pub(crate) ours: Duration,
    /// The time of the plain loop.
    pub(crate) plain: Duration,
    /// The mean length of a key's state as JSON.
    pub(crate) bytes: f64,
}

/// Sums of so many keys, which come in turn.
pub(crate) fn measure(keys: usize) -> Result<Measured, Box<dyn Error>> {
    let spec: WindowSpec = serde_json::from_str(r#"{"window":{"tumbling":{"size":"PT1M"}},"lateness":"PT0.01S"}"#)?;
    let windows = Windows::new(&spec)?;
    let names: Vec<String> = (0..keys).map(|key| format!("user-{key}")).collect();
    let facts = facts()?;
    let plain_facts: Vec<(usize, i64, i64)> =
        facts.iter().enumerate().map(|(number, fact)| (number % keys, fact.at.as_millisecond(), fact.input)).collect();

    let begun = Instant::now();
    let mut sums: HashMap<(&str, i64), i64> = HashMap::new();
    for (key, at, amount) in plain_facts {
        *sums.entry((&names[key], at.div_euclid(60_000))).or_default() += amount;
    }
    let plain = begun.elapsed();

    let mut states: HashMap<&str, KeyState<Sum>> = HashMap::new();
    let mut total = 0;
    let begun = Instant::now();
    for (number, fact) in facts.into_iter().enumerate() {
        let name = names[number % keys].as_str();
        let state = states.entry(name).or_insert_with(|| KeyState::new(name));
        if windows.add(state, fact) != FactOutcome::Accepted {
            return Err("a fact is not accepted".into());
        }
        if !state.closed().is_empty() {
            total += black_box(state.take_closed()).into_iter().map(|window| window.value.sum()).sum::<i128>();
        }
    }
    let ours = begun.elapsed();

    let last = "9999-12-30T00:00:00Z".parse()?;
    let mut bytes = 0;
    for state in states.values_mut() {
        bytes += serde_json::to_string(state)?.len();
        windows.advance(state, last);
        total += state.take_closed().into_iter().map(|window| window.value.sum()).sum::<i128>();
    }
    if total != sums.into_values().map(i128::from).sum() {
        return Err("the sums differ".into());
    }
    Ok(Measured { count: FACTS, ours, plain, bytes: bytes as f64 / keys as f64 })
}

/// Facts a millisecond apart, with ids as long as those of events.
fn facts() -> Result<Vec<Fact<i64>>, Box<dyn Error>> {
    let fact = |number: usize| {
        let (seconds, millis) = (number / 1_000, number % 1_000);
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let at = format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z").parse()?;
        let id = format!("01920000-0000-7000-8000-{number:012}").parse()?;
        Ok(Fact { id, at, input: (number % 97) as i64 })
    };
    (0..FACTS).map(fact).collect()
}
