//! The naive oracle: from all deliveries at once it computes what becomes of each event and what is found. It holds no partial
//! match: for each event that could begin one it looks through all later events.

use std::collections::BTreeSet;

use super::case::{Case, Delivery, Occurred};
use crate::{
    pattern::{Condition, EventBound, EventOutcome, KeySpec, Operand, PatternKind, PatternSpec, Scalar, StepSpec},
    stream::micros::{lateness, length},
};

/// The name of a pattern, start, end, and the numbers of the events.
pub(super) type Found = (String, i64, i64, Vec<u32>);

/// What must be after a delivery.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) outcome: Option<EventOutcome>,
    /// When to look again.
    pub(super) deadline: Option<i64>,
    /// All matches so far.
    pub(super) matches: BTreeSet<Found>,
}

/// For each delivery what must be after it in the state of this group and key; `None` where it does not concern it.
pub(super) fn answer(case: &Case, group: &KeySpec, key: usize) -> Vec<Option<Expected>> {
    let lateness = lateness(case.limits.lateness).unwrap();
    let specs: Vec<&PatternSpec> = case.specs.iter().filter(|spec| spec.key == *group).collect();
    let is_named = |event: &Occurred| specs.iter().any(|spec| steps(spec).iter().any(|step| step.event == event.name));
    // Each accepted event with the number of the delivery at which the watermark has reached it.
    let mut accepted: Vec<(&Occurred, Option<usize>)> = Vec::new();
    let mut times: Vec<i64> = Vec::new();
    let mut confirmed = 0;
    let mut matches = BTreeSet::new();
    let mut answer = Vec::new();
    for (number, (of, delivery)) in case.deliveries.iter().enumerate() {
        let watermark = |times: &[i64]| times.iter().max().map_or(i64::MIN, |newest| newest - lateness);
        let before = watermark(&times);
        let mut outcome = None;
        match delivery {
            _ if *of != key => {
                answer.push(None);
                continue;
            }
            Delivery::Event(event) if !is_named(event) => {
                answer.push(None);
                continue;
            }
            Delivery::Event(event) => {
                let after = watermark(&[times.as_slice(), &[event.at]].concat());
                let live = |mark: i64| accepted.iter().filter(move |(event, _)| event.at >= mark);
                outcome = Some(match () {
                    () if live(before).any(|(other, _)| other.id == event.id) => EventOutcome::Duplicate,
                    () if event.at < before => EventOutcome::Late,
                    () if matches.len() - confirmed >= case.limits.max_unconfirmed => {
                        EventOutcome::Refused(EventBound::Unconfirmed)
                    }
                    () if live(after).count() >= case.limits.max_recent => EventOutcome::Refused(EventBound::Recent),
                    () => EventOutcome::Accepted { dropped: 0 },
                });
                if let Some(EventOutcome::Accepted { .. }) = outcome {
                    accepted.push((event, None));
                    times.push(event.at);
                }
            }
            Delivery::Advance(now) => times.push(*now),
            Delivery::Confirm => confirmed = matches.len(),
            Delivery::Reload => {}
        }
        let mark = watermark(&times);
        for (event, reached) in &mut accepted {
            if event.at <= mark && reached.is_none() {
                *reached = Some(number);
            }
        }
        let mut handled: Vec<(&Occurred, Option<usize>)> = accepted.clone();
        handled.retain(|(_, reached)| reached.is_some());
        handled.sort_by_key(|(event, reached)| (event.at, *reached, event.id));
        let events: Vec<&Occurred> = handled.into_iter().map(|(event, _)| event).collect();
        let waiting = accepted.iter().filter(|(_, reached)| reached.is_none()).map(|(event, _)| event.at);
        let waits = specs.iter().flat_map(|spec| waits(spec, &events)).map(|(end, _)| end).filter(|end| *end >= mark);
        let deadline = waiting.chain(waits.map(|end| end + 1)).min().map(|at| at + lateness);
        matches = specs.iter().flat_map(|spec| found(spec, &events, mark)).collect();
        answer.push(Some(Expected { outcome, deadline, matches: matches.clone() }));
    }
    answer
}

fn steps(spec: &PatternSpec) -> Vec<&StepSpec> {
    match &spec.pattern {
        PatternKind::Sequence(sequence) => sequence.steps.iter().collect(),
        PatternKind::Count(count) => vec![&count.of],
        PatternKind::Absence(absence) => vec![&absence.after, &absence.not],
    }
}

/// All matches of a pattern among the events, which are in their order.
fn found(spec: &PatternSpec, events: &[&Occurred], watermark: i64) -> Vec<Found> {
    // Where in the order it is complete, start, end, events.
    let mut single: Vec<(usize, i64, i64, Vec<u32>)> = match &spec.pattern {
        PatternKind::Sequence(sequence) => sequences(&sequence.steps, length(sequence.within).unwrap(), events),
        PatternKind::Count(count) => counts(&count.of, count.at_least, length(count.within).unwrap(), events),
        PatternKind::Absence(_) => {
            let over = waits(spec, events).into_iter().filter(|(end, _)| *end < watermark);
            over.map(|(end, event)| (0, event.at, end, vec![event.id])).collect()
        }
    };
    single.sort_by_key(|(place, _, end, _)| (*end, *place));
    let named = |start, end, ids| (spec.name.clone(), start, end, ids);
    let Some(repeat) = &spec.repeat else {
        return single.into_iter().map(|(_, start, end, ids)| named(start, end, ids)).collect();
    };
    let within = length(repeat.within).unwrap();
    let mut all = Vec::new();
    let mut used = 0;
    for last in 0..single.len() {
        let end = single[last].2;
        let near: Vec<_> = single[used..=last].iter().filter(|(_, start, ..)| end - start <= within).collect();
        if near.len() >= repeat.times {
            let start = near.iter().map(|(_, start, ..)| *start).min().unwrap();
            all.push(named(start, end, near.iter().flat_map(|(.., ids)| ids.clone()).collect()));
            used = last + 1;
        }
    }
    all
}

/// From each event that begins a sequence to the first ones after it that continue it and belong to no earlier start.
fn sequences(steps: &[StepSpec], within: i64, events: &[&Occurred]) -> Vec<(usize, i64, i64, Vec<u32>)> {
    let mut used = vec![false; events.len()];
    let mut all = Vec::new();
    for first in 0..events.len() {
        if used[first] || !accepts(&steps[0], events[first], &[]) {
            continue;
        }
        let mut chosen = vec![(&steps[0], events[first])];
        let mut place = first;
        for (index, event) in events.iter().enumerate().skip(first + 1) {
            let in_time = event.at - events[first].at <= within;
            if chosen.len() < steps.len() && in_time && !used[index] && accepts(&steps[chosen.len()], event, &chosen) {
                chosen.push((&steps[chosen.len()], event));
                used[index] = true;
                place = index;
            }
        }
        if chosen.len() == steps.len() {
            let ids = chosen.iter().map(|(_, event)| event.id).collect();
            all.push((place, events[first].at, events[place].at, ids));
        }
    }
    all
}

/// Groups of so many events that are near enough, each event in at most one.
fn counts(of: &StepSpec, at_least: usize, within: i64, events: &[&Occurred]) -> Vec<(usize, i64, i64, Vec<u32>)> {
    let fitting: Vec<&&Occurred> = events.iter().filter(|event| accepts(of, event, &[])).collect();
    let mut all = Vec::new();
    let mut unused = 0;
    for last in 0..fitting.len() {
        if last + 1 >= unused + at_least {
            let group = &fitting[last + 1 - at_least..=last];
            if group[at_least - 1].at - group[0].at <= within {
                let ids = group.iter().map(|event| event.id).collect();
                all.push((last, group[0].at, group[at_least - 1].at, ids));
                unused = last + 1;
            }
        }
    }
    all
}

/// The events that begin an absence and that none follows which cancels it, with the ends of the waits.
fn waits<'a>(spec: &PatternSpec, events: &[&'a Occurred]) -> Vec<(i64, &'a Occurred)> {
    let PatternKind::Absence(absence) = &spec.pattern else { return Vec::new() };
    let within = length(absence.within).unwrap();
    let mut all = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| accepts(&absence.after, event, &[])) {
        let cancels = |later: &&Occurred| {
            later.at <= event.at + within && accepts(&absence.not, later, &[(&absence.after, event)])
        };
        if !events[index + 1..].iter().any(cancels) {
            all.push((event.at + within, *event));
        }
    }
    all
}

fn accepts(step: &StepSpec, event: &Occurred, earlier: &[(&StepSpec, &Occurred)]) -> bool {
    step.event == event.name && step.conditions.iter().all(|condition| holds(condition, event, earlier))
}

fn holds(condition: &Condition, event: &Occurred, earlier: &[(&StepSpec, &Occurred)]) -> bool {
    let operand = condition.equals.iter().chain(&condition.at_least).chain(&condition.at_most).next().unwrap();
    let named = |name: &String| earlier.iter().find(|(step, _)| step.name.as_ref() == Some(name)).unwrap().1;
    if condition.field == "text" {
        return event.text
            == match operand {
                Operand::Step(field) => named(&field.step).text,
                Operand::Value(Scalar::Text(text)) => text,
                Operand::Value(other) => panic!("{other:?} is no text"),
            };
    }
    let hundredfold = match operand {
        Operand::Step(field) => named(&field.step).number * i64::from(field.percent),
        Operand::Value(Scalar::Int(number)) => number * 100,
        Operand::Value(other) => panic!("{other:?} is no number"),
    };
    match condition {
        Condition { equals: Some(_), .. } => event.number * 100 == hundredfold,
        Condition { at_least: Some(_), .. } => event.number * 100 >= hundredfold,
        _ => event.number * 100 <= hundredfold,
    }
}
