//! [`Automaton`]: a compiled pattern, and what an event does to its partial matches.
//! It gets events in the order of their times; buffering and deduplication are done before it.

use std::sync::Arc;

use super::{
    input::Input,
    partials::{Found, HeldEvent, Partial, Partials},
    scalar::{Comparison, Stored},
};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Automaton {
    pub(super) name: String,
    pub(super) digest: u64,
    pub(super) kind: Kind,
    pub(super) within: i64,
    /// Of a count one, of an absence two.
    pub(super) steps: Vec<Step>,
    pub(super) repeat: Option<Repeat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sequence,
    Count { at_least: usize },
    Absence,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) times: usize,
    pub(super) within: i64,
}

/// A compiled step.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The number of the event's name in its group.
    pub(super) event: usize,
    pub(super) tests: Vec<Test>,
}

/// A compiled condition.
#[derive(Clone, Debug)]
pub(super) struct Test {
    /// The number of the field among those of the event.
    pub(super) field: usize,
    pub(super) comparison: Comparison,
    pub(super) operand: TestOperand,
}

#[derive(Clone, Debug)]
pub(super) enum TestOperand {
    Value(Stored),
    /// A field of the event of an earlier step.
    Captured {
        step: usize,
        field: Arc<str>,
        percent: u32,
    },
}

impl Step {
    fn accepts(&self, input: &Input<'_>, earlier: Earlier<'_>) -> bool {
        self.event == input.event && self.tests.iter().all(|test| test.holds(input, earlier))
    }
}

/// The events of a partial match, if there is one.
type Earlier<'a> = Option<(&'a Partial, &'a [HeldEvent])>;

impl Test {
    fn holds(&self, input: &Input<'_>, earlier: Earlier<'_>) -> bool {
        let Some(field) = input.fields[self.field] else { return false };
        match &self.operand {
            TestOperand::Value(value) => field.compares(self.comparison, value.field(), 100),
            TestOperand::Captured { step, field: name, percent } => {
                let event = earlier.and_then(|(partial, events)| events.get(partial.event(*step)? as usize));
                let captured = event.and_then(|event| event.fields.iter().find(|(other, _)| other == name));
                captured.is_some_and(|(_, value)| field.compares(self.comparison, value.field(), *percent))
            }
        }
    }
}

impl Automaton {
    /// Handles an event. Returns what is found, and whether a partial match was dropped for want of room.
    pub(super) fn on_event(
        &self,
        partials: &mut Partials,
        input: &Input<'_>,
        max_partials: usize,
    ) -> (Option<Found>, bool) {
        match self.kind {
            Kind::Sequence => self.on_sequence(partials, input, max_partials),
            Kind::Count { at_least } => (self.on_count(partials, input, at_least), false),
            Kind::Absence => (None, self.on_absence(partials, input, max_partials)),
        }
    }

    fn on_sequence(&self, partials: &mut Partials, input: &Input<'_>, max_partials: usize) -> (Option<Found>, bool) {
        self.expire(partials, input.at);
        let Partials { events, list, .. } = &*partials;
        let continued = partials.of(self.digest).find(|index| {
            let partial = &list[*index];
            let step = self.steps.get(partial.rest.len() + 1);
            step.is_some_and(|step| step.accepts(input, Some((partial, events))))
        });
        let Some(index) = continued else {
            return (None, self.begin(partials, input, max_partials));
        };
        let place = partials.hold(input);
        let partial = &mut partials.list[index];
        partial.rest.push(place);
        if partial.rest.len() + 1 < self.steps.len() {
            return (None, false);
        }
        let partial = partials.list.remove(index);
        let start = partials.start(&partial);
        let events = std::iter::once(partial.first).chain(partial.rest).collect();
        (Some(Found { pattern: self.digest, start, end: input.at, events }), false)
    }

    fn on_count(&self, partials: &mut Partials, input: &Input<'_>, at_least: usize) -> Option<Found> {
        self.expire(partials, input.at);
        self.begin(partials, input, at_least);
        let range = partials.of(self.digest);
        if range.len() < at_least {
            return None;
        }
        let start = partials.start(&partials.list[range.start]);
        let events = partials.list.drain(range).map(|partial| partial.first).collect();
        Some(Found { pattern: self.digest, start, end: input.at, events })
    }

    fn on_absence(&self, partials: &mut Partials, input: &Input<'_>, max_partials: usize) -> bool {
        let range = partials.of(self.digest);
        let Partials { events, list, .. } = partials;
        let not = &self.steps[1];
        list.extract_if(range, |partial| not.accepts(input, Some((partial, events)))).for_each(drop);
        self.begin(partials, input, max_partials)
    }

    /// Begins a partial match if the first step accepts the event. Returns whether the oldest one was dropped for it.
    fn begin(&self, partials: &mut Partials, input: &Input<'_>, max_partials: usize) -> bool {
        if !self.steps[0].accepts(input, None) {
            return false;
        }
        let mut range = partials.of(self.digest);
        let is_full = range.len() >= max_partials;
        if is_full {
            partials.list.remove(range.start);
            range.end -= 1;
        }
        let first = partials.hold(input);
        partials.list.insert(range.end, Partial { pattern: self.digest, first, rest: Vec::new() });
        is_full
    }

    /// The end of the earliest wait of an absence, with its index.
    pub(super) fn first_wait(&self, partials: &Partials) -> Option<(i64, usize)> {
        let index = partials.of(self.digest).next()?;
        Some((partials.start(&partials.list[index]) + self.within, index))
    }

    /// Counts what was found towards the repeat. Returns what is complete.
    pub(super) fn complete(&self, partials: &mut Partials, found: Found) -> Option<Found> {
        let Some(Repeat { times, within }) = self.repeat else { return Some(found) };
        let end = found.end;
        let all = &mut partials.found;
        all.push(found);
        let is_own = |found: &Found| found.pattern == self.digest;
        all.retain(|found| !is_own(found) || found.start >= end - within);
        if all.iter().filter(|found| is_own(found)).count() < times {
            return None;
        }
        let all: Vec<Found> = all.extract_if(.., |found| is_own(found)).collect();
        let start = all.iter().map(|found| found.start).min().unwrap_or(end);
        let events = all.into_iter().flat_map(|found| found.events).collect();
        Some(Found { pattern: self.digest, start, end, events })
    }

    /// Whether an event from this time on can complete a partial match with this start.
    pub(super) fn is_live(&self, start: i64, from: i64) -> bool {
        self.kind == Kind::Absence || start + self.within >= from
    }

    fn expire(&self, partials: &mut Partials, from: i64) {
        let range = partials.of(self.digest);
        let is_over = |partial: &&Partial| !self.is_live(partials.start(partial), from);
        let over = partials.list[range.clone()].iter().take_while(is_over).count();
        partials.list.drain(range.start..range.start + over);
    }
}
