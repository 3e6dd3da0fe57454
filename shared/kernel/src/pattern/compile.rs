//! Checks the specifications and makes the automatons: names become numbers, paths are split, and patterns of the same key
//! are grouped. [`PatternError`] names the pattern, the field and the rule.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Condition, KeySpec, Operand, PatternKind, PatternSpec, Scalar, StepSpec,
    automaton::{Automaton, Kind, Repeat, Step, Test, TestOperand},
    input::EventPlan,
    scalar::{Comparison, MAX_TEXT, Stored},
};
use crate::{
    message::MessageId,
    stream::micros::{lateness, length},
};

/// The most steps of a sequence.
const MAX_STEPS: usize = 16;

/// The most times that a pattern is repeated.
const MAX_TIMES: usize = 100;

/// How late an event may be, and what the state of a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternLimits {
    /// How far an event may be behind the newest one of its key. Every event waits so long, unless it is late itself.
    pub lateness: SignedDuration,
    /// Events that are not older than the watermark: they wait, or are remembered by id.
    pub max_recent: usize,
    /// Partial matches of a pattern. The oldest is dropped and counted.
    pub max_partials: usize,
    /// Matches that are not confirmed. What one call finds may exceed it once; then no event is accepted.
    pub max_unconfirmed: usize,
}

impl Default for PatternLimits {
    /// No lateness, 1,000 recent events, 100 partial matches a pattern, 100 unconfirmed matches.
    fn default() -> Self {
        Self { lateness: SignedDuration::ZERO, max_recent: 1_000, max_partials: 100, max_unconfirmed: 100 }
    }
}

/// A specification or a limit that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A pattern breaks a rule.
    #[error("pattern {pattern:?}: {field} {rule}")]
    Pattern {
        /// The name of the pattern.
        pattern: String,
        /// The field: `pattern.sequence.steps[1].event`.
        field: String,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A limit breaks a rule.
    #[error("limits.{field} {rule}")]
    Limit {
        /// The field.
        field: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
}

/// The patterns of a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// The number of each event's name.
    pub(super) numbers: HashMap<String, usize>,
    pub(super) events: Vec<EventPlan>,
    /// Sorted by digest.
    pub(super) automatons: Vec<Automaton>,
    /// Those of absences.
    pub(super) absences: Vec<usize>,
}

/// A field and the rule it breaks.
type Broken = (String, &'static str);

/// The lateness in microseconds, if the limits are valid.
pub(super) fn check_limits(limits: &PatternLimits) -> Result<i64, PatternError> {
    let limit = |field: &'static str| move |rule: &'static str| PatternError::Limit { field, rule };
    let lateness = lateness(limits.lateness).map_err(limit("lateness"))?;
    let PatternLimits { max_recent, max_partials, max_unconfirmed, .. } = *limits;
    let limits = [("max_recent", max_recent), ("max_partials", max_partials), ("max_unconfirmed", max_unconfirmed)];
    match limits.into_iter().find(|(_, max)| *max == 0) {
        Some((field, _)) => Err(limit(field)("must be at least 1")),
        None => Ok(lateness),
    }
}

/// The groups by their names.
pub(super) fn groups(specs: &[PatternSpec], max_partials: usize) -> Result<BTreeMap<Arc<str>, Group>, PatternError> {
    let mut groups: BTreeMap<Arc<str>, Group> = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let is_double = specs[..index].iter().any(|other| other.name == spec.name);
        let added = match is_double {
            true => Err(("name".to_owned(), "must be unique")),
            false => add(&mut groups, spec, max_partials),
        };
        added.map_err(|(field, rule)| PatternError::Pattern { pattern: spec.name.clone(), field, rule })?;
    }
    for group in groups.values_mut() {
        group.automatons.sort_unstable_by_key(|automaton| automaton.digest);
        for (index, automaton) in group.automatons.iter().enumerate() {
            if automaton.kind == Kind::Absence {
                group.absences.push(index);
            }
            for step in &automaton.steps {
                let readers = &mut group.events[step.event].automatons;
                if readers.last() != Some(&index) {
                    readers.push(index);
                }
            }
        }
    }
    Ok(groups)
}

fn add(groups: &mut BTreeMap<Arc<str>, Group>, spec: &PatternSpec, max_partials: usize) -> Result<(), Broken> {
    if MessageId::new(spec.name.as_str()).is_err() {
        return Err(("name".to_owned(), "must be 1 to 64 characters of A-Z a-z 0-9 _ -"));
    }
    let text = |value: Result<String, serde_json::Error>| value.map_err(|_| ("key".to_owned(), "must be JSON"));
    let name = text(serde_json::to_string(&spec.key))?;
    let digest = Sha256::digest(text(serde_json::to_string(spec))?);
    let digest = digest.iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte));
    let (kind, kind_name, within, steps) = match &spec.pattern {
        PatternKind::Sequence(sequence) => {
            let steps = sequence.steps.iter().enumerate().map(|(index, step)| (format!("steps[{index}]"), step));
            (Kind::Sequence, "sequence", sequence.within, steps.collect::<Vec<_>>())
        }
        PatternKind::Count(count) => {
            let kind = Kind::Count { at_least: count.at_least };
            (kind, "count", count.within, vec![("of".to_owned(), &count.of)])
        }
        PatternKind::Absence(absence) => {
            let steps = vec![("after".to_owned(), &absence.after), ("not".to_owned(), &absence.not)];
            (Kind::Absence, "absence", absence.within, steps)
        }
    };
    let field = |name: &str| format!("pattern.{kind_name}.{name}");
    match kind {
        Kind::Sequence if !(2..=MAX_STEPS).contains(&steps.len()) => return Err((field("steps"), "must be 2 to 16")),
        Kind::Count { at_least } if !(1..=max_partials).contains(&at_least) => {
            return Err((field("at_least"), "must be 1 to limits.max_partials"));
        }
        _ => {}
    }
    let within = length(within).map_err(|rule| (field("within"), rule))?;
    let repeat = match &spec.repeat {
        Some(repeat) if !(2..=MAX_TIMES).contains(&repeat.times) => {
            return Err(("repeat.times".to_owned(), "must be 2 to 100"));
        }
        Some(repeat) => {
            let within = length(repeat.within).map_err(|rule| ("repeat.within".to_owned(), rule))?;
            Some(Repeat { times: repeat.times, within })
        }
        None => None,
    };
    if let KeySpec::Fields(paths) = &spec.key
        && let Some(event) = paths.keys().find(|event| steps.iter().all(|(_, step)| step.event != **event))
    {
        return Err((format!("key.{event}"), "must be an event of a step"));
    }
    let group = groups.entry(name.into()).or_default();
    let mut compiled: Vec<Step> = Vec::new();
    for (index, (name, step)) in steps.iter().enumerate() {
        let name = field(name);
        let earlier: Vec<&StepSpec> = steps[..index].iter().map(|(_, step)| *step).collect();
        if step.name.is_some() && earlier.iter().any(|earlier| earlier.name == step.name) {
            return Err((format!("{name}.as"), "must be unique in the pattern"));
        }
        let step = compile_step(group, &spec.key, &name, step, &earlier, &compiled)?;
        compiled.push(step);
    }
    group.automatons.push(Automaton { name: spec.name.clone(), digest, kind, within, steps: compiled, repeat });
    Ok(())
}

fn compile_step(
    group: &mut Group,
    key: &KeySpec,
    name: &str,
    step: &StepSpec,
    earlier: &[&StepSpec],
    compiled: &[Step],
) -> Result<Step, Broken> {
    if step.event.is_empty() {
        return Err((format!("{name}.event"), "must not be empty"));
    }
    let key = match key {
        KeySpec::Field(path) => split(path, || "key".to_owned())?,
        KeySpec::Fields(paths) => match paths.get(&step.event) {
            Some(path) => split(path, || format!("key.{}", step.event))?,
            None => return Err(("key".to_owned(), "must have a path for every event of the steps")),
        },
    };
    let event = *group.numbers.entry(step.event.clone()).or_insert(group.events.len());
    if event == group.events.len() {
        group.events.push(EventPlan { key, fields: Vec::new(), captures: Vec::new(), automatons: Vec::new() });
    }
    let mut tests = Vec::new();
    for (index, condition) in step.conditions.iter().enumerate() {
        let name = format!("{name}.where[{index}]");
        let (comparison, operand, label) = comparison(condition)
            .ok_or_else(|| (name.clone(), "must have exactly one of equals, at_least and at_most"))?;
        let field = field(&mut group.events[event], &condition.field, || format!("{name}.field"))?;
        let label = format!("{name}.{label}");
        let operand = match operand {
            Operand::Value(value) => value_operand(value, comparison, label)?,
            Operand::Step(reference) => {
                let is_named = |step: &&StepSpec| step.name.as_ref() == Some(&reference.step);
                let from = earlier
                    .iter()
                    .position(is_named)
                    .ok_or_else(|| (format!("{label}.step"), "must be the name of an earlier step"))?;
                if reference.percent == 0 {
                    return Err((format!("{label}.percent"), "must be at least 1"));
                }
                let origin = &mut group.events[compiled[from].event];
                let captured = self::field(origin, &reference.field, || format!("{label}.field"))?;
                if !origin.captures.contains(&captured) {
                    origin.captures.push(captured);
                }
                let field = origin.fields[captured].0.clone();
                TestOperand::Captured { step: from, field, percent: reference.percent }
            }
        };
        tests.push(Test { field, comparison, operand });
    }
    Ok(Step { event, tests })
}

fn comparison(condition: &Condition) -> Option<(Comparison, &Operand, &'static str)> {
    let Condition { equals, at_least, at_most, .. } = condition;
    match (equals, at_least, at_most) {
        (Some(operand), None, None) => Some((Comparison::Equals, operand, "equals")),
        (None, Some(operand), None) => Some((Comparison::AtLeast, operand, "at_least")),
        (None, None, Some(operand)) => Some((Comparison::AtMost, operand, "at_most")),
        _ => None,
    }
}

fn value_operand(value: &Scalar, comparison: Comparison, label: String) -> Result<TestOperand, Broken> {
    match value {
        Scalar::Text(text) if text.len() > MAX_TEXT => Err((label, "must be at most 256 bytes")),
        Scalar::Text(_) | Scalar::Bool(_) if comparison != Comparison::Equals => Err((label, "must be a number")),
        value => Ok(TestOperand::Value(Stored::from(value.field()))),
    }
}

/// The number of a field among those of the event.
fn field(plan: &mut EventPlan, path: &str, label: impl Fn() -> String) -> Result<usize, Broken> {
    let names = split(path, label)?;
    let known = plan.fields.iter().position(|(other, _)| **other == *path);
    Ok(known.unwrap_or_else(|| {
        plan.fields.push((path.into(), names));
        plan.fields.len() - 1
    }))
}

fn split(path: &str, label: impl Fn() -> String) -> Result<Vec<String>, Broken> {
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    match names.iter().any(String::is_empty) {
        true => Err((label(), "must be field names with dots between them")),
        false => Ok(names),
    }
}
