//! The naive oracle: from all deliveries of a key at once it computes what becomes of each, and which windows there are.
//! It holds no state: every answer is computed anew from the list of accepted facts.

use std::collections::BTreeSet;

use crate::stream::{FactOutcome, WindowBound, WindowKind, WindowSpec, micros};

/// What arrives for a key, with times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Fact { id: u32, at: i64 },
    Advance(i64),
    Confirm,
    Reload,
}

/// A window with its facts.
pub(super) type Window = (i64, i64, Vec<u32>);

/// What the oracle says of the deliveries of one key.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// For each fact its outcome.
    pub(super) outcomes: Vec<Option<FactOutcome>>,
    /// After each delivery the end of the first open window.
    pub(super) first_end: Vec<Option<i64>>,
    /// After each delivery how many windows are closed.
    pub(super) closed: Vec<usize>,
    /// All windows, by end.
    pub(super) windows: Vec<Window>,
}

pub(super) fn answer(spec: &WindowSpec, deliveries: &[Delivery]) -> Answer {
    let lateness = micros::lateness(spec.lateness).unwrap();
    let limits = spec.limits;
    let mut answer = Answer::default();
    let mut accepted: Vec<(u32, i64)> = Vec::new();
    let mut times: Vec<i64> = Vec::new();
    let mut marks = Vec::new();
    let mut confirmed = 0;
    for delivery in deliveries {
        let watermark = |times: &[i64]| times.iter().max().map_or(i64::MIN, |newest| newest - lateness);
        let ended = |accepted: &[(u32, i64)], mark: i64| {
            windows(spec.window, accepted).iter().filter(|(_, end, _)| *end <= mark).count()
        };
        let before = watermark(&times);
        let mut outcome = None;
        match *delivery {
            Delivery::Fact { id, at } => {
                let after = watermark(&[times.as_slice(), &[at]].concat());
                let live = |mark: i64| accepted.iter().filter(move |(_, at)| *at >= mark);
                let open = open(spec.window, &accepted, after);
                let joined = open_with(spec.window, &accepted, at, after);
                outcome = Some(match () {
                    () if live(before).any(|(other, _)| *other == id) => FactOutcome::Duplicate,
                    () if at < before => FactOutcome::Late,
                    () if ended(&accepted, before) - confirmed >= limits.max_unconfirmed => {
                        FactOutcome::Refused(WindowBound::Unconfirmed)
                    }
                    () if live(after).count() >= limits.max_ids => FactOutcome::Refused(WindowBound::Ids),
                    () if open >= limits.max_open && joined > open => FactOutcome::Refused(WindowBound::Open),
                    () => FactOutcome::Accepted,
                });
                if outcome == Some(FactOutcome::Accepted) {
                    accepted.push((id, at));
                    times.push(at);
                }
            }
            Delivery::Advance(now) => times.push(now),
            Delivery::Confirm => confirmed = ended(&accepted, before),
            Delivery::Reload => {}
        }
        let mark = watermark(&times);
        answer.outcomes.push(outcome);
        let ends = windows(spec.window, &accepted).into_iter().map(|(_, end, _)| end);
        answer.first_end.push(ends.filter(|end| *end > mark).min());
        marks.push(mark);
    }
    // With the facts of the whole run: a window that changed after it was closed would differ.
    answer.windows = windows(spec.window, &accepted);
    let ended = |mark: &i64| answer.windows.iter().filter(|(_, end, _)| end <= mark).count();
    answer.closed = marks.iter().map(ended).collect();
    answer
}

/// All windows that have a fact, by end.
fn windows(kind: WindowKind, facts: &[(u32, i64)]) -> Vec<Window> {
    let (size, step) = match kind {
        WindowKind::Tumbling { size } => (whole(size), whole(size)),
        WindowKind::Sliding { size, step } => (whole(size), whole(step)),
        WindowKind::Session { gap } => return sessions(whole(gap), facts),
    };
    let mut starts = BTreeSet::new();
    for (_, at) in facts {
        // Every multiple of the step that could start a window with the fact, and a few that do not.
        let near = at / step;
        starts.extend((near - size / step - 2..=near + 2).map(|number| number * step));
    }
    let window = |start: i64| {
        let inside = |(id, at): &(u32, i64)| (start <= *at && *at < start + size).then_some(*id);
        (start, start + size, sorted(facts.iter().filter_map(inside)))
    };
    starts.into_iter().map(window).filter(|(.., facts)| !facts.is_empty()).collect()
}

fn sessions(gap: i64, facts: &[(u32, i64)]) -> Vec<Window> {
    let mut by_time: Vec<(i64, u32)> = facts.iter().map(|(id, at)| (*at, *id)).collect();
    by_time.sort_unstable();
    let parts = by_time.chunk_by(|(earlier, _), (later, _)| later - earlier < gap);
    parts.map(|part| (part[0].0, part[part.len() - 1].0 + gap, sorted(part.iter().map(|(_, id)| *id)))).collect()
}

/// How many windows, or parts of sliding ones, are not over at this watermark.
fn open(kind: WindowKind, facts: &[(u32, i64)], watermark: i64) -> usize {
    match kind {
        WindowKind::Tumbling { .. } | WindowKind::Session { .. } => {
            windows(kind, facts).iter().filter(|(_, end, _)| *end > watermark).count()
        }
        WindowKind::Sliding { size, step } => {
            let parts = windows(WindowKind::Tumbling { size: step }, facts);
            parts.iter().filter(|(start, ..)| start + whole(size) > watermark).count()
        }
    }
}

/// The same with one more fact. Where it joins others, there are no more.
fn open_with(kind: WindowKind, facts: &[(u32, i64)], at: i64, watermark: i64) -> usize {
    open(kind, &[facts, &[(u32::MAX, at)]].concat(), watermark)
}

fn whole(duration: jiff::SignedDuration) -> i64 {
    micros::length(duration).unwrap()
}

fn sorted(ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.collect();
    ids.sort_unstable();
    ids
}
