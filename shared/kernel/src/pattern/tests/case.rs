//! Random patterns, and random deliveries for two keys: shuffled, doubled and late events, moved clocks, states stored and
//! loaded.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    message::MessageId,
    pattern::{
        AbsenceSpec, Condition, CountSpec, KeySpec, Operand, PatternKind, PatternLimits, PatternSpec, RepeatSpec,
        Scalar, SequenceSpec, StepField, StepSpec,
    },
    testing::sim::Rng,
};

pub(super) const SECOND: i64 = 1_000_000;

/// What arrives for a key, with times in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Delivery {
    Event(Occurred),
    Advance(i64),
    Confirm,
    Reload,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occurred {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) key: usize,
    pub(super) at: i64,
    pub(super) number: i64,
    pub(super) text: &'static str,
}

impl Occurred {
    pub(super) fn message_id(&self) -> MessageId {
        format!("e-{:02}", self.id).parse().unwrap()
    }

    /// The key of the event `C` is elsewhere, and every event has the wrong key where others have theirs.
    pub(super) fn data(&self) -> Value {
        let (outer, inner) = if self.name == "C" { (1 - self.key, self.key) } else { (self.key, 1 - self.key) };
        let key = |key| format!("k-{key}");
        json!({ "k": key(outer), "o": { "k": key(inner) }, "number": self.number, "text": self.text })
    }
}

/// Patterns with limits, and deliveries for two keys.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) specs: Vec<PatternSpec>,
    pub(super) limits: PatternLimits,
    pub(super) deliveries: Vec<(usize, Delivery)>,
}

fn seconds(count: u64) -> SignedDuration {
    SignedDuration::from_secs(count.cast_signed())
}

impl Case {
    /// With `few_partials` partial matches are dropped, which the oracle does not know.
    pub(super) fn random(rng: &Rng, few_partials: bool) -> Self {
        // Mostly of two kinds, so that events fit each other.
        let mut names = vec!["A", "B", "C"];
        if rng.happens(0.7) {
            names.remove(rng.index(3));
        }
        let specs = (0..=rng.index(2)).map(|number| spec(rng, number, &names)).collect();
        let bound = || if rng.happens(0.2) { 1 + rng.index(4) } else { 50 };
        let limits = PatternLimits {
            lateness: seconds(rng.below(5)),
            max_recent: bound(),
            max_partials: if few_partials { 2 } else { 50 },
            max_unconfirmed: bound(),
        };
        let mut now = (rng.below(20).cast_signed() - 15) * SECOND;
        let mut deliveries: Vec<(usize, Delivery)> = Vec::new();
        for id in 0..(4 + rng.below(12)) as u32 {
            let key = usize::from(rng.happens(0.2));
            now += rng.below(if rng.happens(0.1) { 9 } else { 3 }).cast_signed() * SECOND;
            let edge = if rng.happens(0.3) { rng.below(3).cast_signed() - 1 } else { 0 };
            let at = now - rng.below(if rng.happens(0.3) { 7 } else { 1 }).cast_signed() * SECOND + edge;
            let name = names[rng.index(names.len())];
            let (number, text) = (10 + rng.below(4).cast_signed(), ["x", "y"][rng.index(2)]);
            let event = (key, Delivery::Event(Occurred { id, name, key, at, number, text }));
            deliveries.push(event.clone());
            match rng.below(14) {
                0 => deliveries.push((key, Delivery::Advance(now + rng.below(5).cast_signed() * SECOND + edge))),
                1 | 2 => deliveries.push((key, Delivery::Confirm)),
                3 => deliveries.push((key, Delivery::Reload)),
                4 => {
                    // The answer to a batch is lost, and it is handed in again.
                    let batch = deliveries[deliveries.len() - 1 - rng.index(deliveries.len())..].to_vec();
                    deliveries.extend(batch);
                }
                5 | 6 => deliveries.push(event),
                7 => deliveries.push(deliveries[rng.index(deliveries.len())].clone()),
                _ => {}
            }
        }
        deliveries.extend([0, 1].map(|key| (key, Delivery::Advance(now + 60 * SECOND))));
        Self { specs, limits, deliveries }
    }
}

fn spec(rng: &Rng, number: usize, names: &[&str]) -> PatternSpec {
    let within = seconds(1 + rng.below(8));
    let any = || names[rng.index(names.len())];
    let pattern = match rng.below(4) {
        0 | 3 => {
            let steps = (0..2 + rng.index(2)).map(|index| step(rng, any(), index)).collect();
            PatternKind::Sequence(SequenceSpec { steps, within })
        }
        1 => PatternKind::Count(CountSpec { of: step(rng, any(), 0), at_least: 1 + rng.index(4), within }),
        _ => PatternKind::Absence(AbsenceSpec { after: step(rng, any(), 0), not: step(rng, any(), 1), within }),
    };
    let repeat = rng.happens(0.4).then(|| RepeatSpec { times: 2 + rng.index(2), within: seconds(2 + rng.below(30)) });
    let events = match &pattern {
        PatternKind::Sequence(sequence) => sequence.steps.iter().map(|step| step.event.clone()).collect(),
        PatternKind::Count(count) => vec![count.of.event.clone()],
        PatternKind::Absence(absence) => vec![absence.after.event.clone(), absence.not.event.clone()],
    };
    let key = match events.iter().any(|event| event == "C") {
        false if rng.happens(0.5) => KeySpec::Field("k".to_owned()),
        _ => {
            let path = |event: &str| if event == "C" { "o.k" } else { "k" };
            let paths = events.into_iter().map(|event| (event.clone(), path(&event).to_owned()));
            KeySpec::Fields(paths.collect::<BTreeMap<_, _>>())
        }
    };
    PatternSpec { name: format!("p-{number}"), key, pattern, repeat }
}

fn step(rng: &Rng, event: &str, index: usize) -> StepSpec {
    let refers = index > 0 && rng.happens(0.5);
    let step = format!("s-{}", rng.index(index.max(1)));
    let value = |field: &str| match refers {
        true => {
            let percent = if field == "number" { [90, 100, 110, 120][rng.index(4)] } else { 100 };
            Operand::Step(StepField { step: step.clone(), field: field.to_owned(), percent })
        }
        false if field == "number" => Operand::Value(Scalar::Int(10 + rng.below(4).cast_signed())),
        false => Operand::Value(Scalar::Text("x".to_owned())),
    };
    let condition = |field: &str| Condition { field: field.to_owned(), ..Condition::default() };
    let conditions = match rng.below(7) {
        0 => vec![Condition { at_least: Some(value("number")), ..condition("number") }],
        1 => vec![Condition { at_most: Some(value("number")), ..condition("number") }],
        2 => vec![Condition { equals: Some(value("text")), ..condition("text") }],
        3 => vec![
            Condition { equals: Some(value("number")), ..condition("number") },
            Condition { equals: Some(value("text")), ..condition("text") },
        ],
        _ => Vec::new(),
    };
    StepSpec { event: event.to_owned(), name: Some(format!("s-{index}")), conditions }
}
