//! [`Automaton`]: a compiled pattern, and what an event does to its partial matches.
//! It gets events in the order of their times; buffering and deduplication are done before it.

use super::{
    scalar::{Comparison, Field, Stored},
    state::{EventId, Found, Partial, Run},
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
    /// The fields of the event that later steps name.
    pub(super) captures: Vec<usize>,
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
    Captured { index: usize, percent: u32 },
}

/// An event with the fields that its group's conditions name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub(super) event: usize,
    pub(super) id: &'a EventId,
    pub(super) at: i64,
    pub(super) fields: &'a [Option<Field<'a>>],
}

impl Step {
    fn accepts(&self, input: &Input<'_>, captured: &[Option<Stored>]) -> bool {
        self.event == input.event && self.tests.iter().all(|test| test.holds(input, captured))
    }

    fn begin(&self, input: &Input<'_>) -> Partial {
        let mut partial = Partial { start: input.at, first: input.id.clone(), rest: None };
        self.capture(input, &mut partial);
        partial
    }

    fn capture(&self, input: &Input<'_>, partial: &mut Partial) {
        if !self.captures.is_empty() {
            let fields = self.captures.iter().map(|field| input.fields[*field].map(Stored::from));
            partial.rest.get_or_insert_default().captured.extend(fields);
        }
    }
}

impl Partial {
    fn captured(&self) -> &[Option<Stored>] {
        self.rest.as_ref().map_or(&[], |rest| &rest.captured)
    }

    /// The step that it waits for.
    fn next_step(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.events.len()) + 1
    }
}

impl Test {
    fn holds(&self, input: &Input<'_>, captured: &[Option<Stored>]) -> bool {
        let Some(field) = input.fields[self.field] else { return false };
        let (other, percent) = match &self.operand {
            TestOperand::Value(value) => (value, 100),
            TestOperand::Captured { index, percent } => match captured.get(*index) {
                Some(Some(value)) => (value, *percent),
                _ => return false,
            },
        };
        field.compares(self.comparison, other.field(), percent)
    }
}

impl Automaton {
    /// Handles an event. Returns what is found, and whether a partial match was dropped for want of room.
    pub(super) fn on_event(&self, run: &mut Run, input: &Input<'_>, max_partials: usize) -> (Option<Found>, bool) {
        if self.kind != Kind::Absence {
            self.expire_partials(run, input.at);
        }
        match self.kind {
            Kind::Sequence => self.on_sequence(run, input, max_partials),
            Kind::Count { at_least } => (self.on_count(run, input, at_least), false),
            Kind::Absence => (None, self.on_absence(run, input, max_partials)),
        }
    }

    fn on_sequence(&self, run: &mut Run, input: &Input<'_>, max_partials: usize) -> (Option<Found>, bool) {
        let continued = run.partials.iter().position(|partial| {
            self.steps.get(partial.next_step()).is_some_and(|step| step.accepts(input, partial.captured()))
        });
        let Some(index) = continued else {
            let begins = self.steps[0].accepts(input, &[]);
            return (None, begins && push(run, self.steps[0].begin(input), max_partials));
        };
        let partial = &mut run.partials[index];
        let step = partial.next_step();
        partial.rest.get_or_insert_default().events.push(input.id.clone());
        if step + 1 < self.steps.len() {
            self.steps[step].capture(input, partial);
            return (None, false);
        }
        let Partial { start, first, rest } = run.partials.remove(index);
        let events = std::iter::once(first).chain(rest.into_iter().flat_map(|rest| rest.events)).collect();
        (Some(Found { start, end: input.at, events }), false)
    }

    fn on_count(&self, run: &mut Run, input: &Input<'_>, at_least: usize) -> Option<Found> {
        if !self.steps[0].accepts(input, &[]) {
            return None;
        }
        push(run, self.steps[0].begin(input), at_least);
        if run.partials.len() < at_least {
            return None;
        }
        let start = run.partials[0].start;
        let events = run.partials.drain(..).map(|partial| partial.first).collect();
        Some(Found { start, end: input.at, events })
    }

    fn on_absence(&self, run: &mut Run, input: &Input<'_>, max_partials: usize) -> bool {
        let [after, not] = self.steps.as_slice() else { return false };
        run.partials.retain(|partial| !not.accepts(input, partial.captured()));
        after.accepts(input, &[]) && push(run, after.begin(input), max_partials)
    }

    /// The end of the earliest wait of an absence.
    pub(super) fn first_deadline(&self, run: &Run) -> Option<i64> {
        Some(run.partials.first()?.start + self.within)
    }

    /// Ends the earliest wait of an absence.
    pub(super) fn fire(&self, run: &mut Run) -> Found {
        let Partial { start, first, .. } = run.partials.remove(0);
        Found { start, end: start + self.within, events: vec![first] }
    }

    /// Counts what was found towards the repeat. Returns what is complete.
    pub(super) fn complete(&self, run: &mut Run, found: Found) -> Option<Found> {
        let Some(Repeat { times, within }) = self.repeat else { return Some(found) };
        let end = found.end;
        run.found.push(found);
        run.found.retain(|found| found.start >= end - within);
        if run.found.len() < times {
            return None;
        }
        let start = run.found.iter().map(|found| found.start).min().unwrap_or(end);
        let events = run.found.drain(..).flat_map(|found| found.events).collect();
        Some(Found { start, end, events })
    }

    /// Removes what no event from this time on can complete.
    pub(super) fn expire(&self, run: &mut Run, from: i64) {
        if self.kind != Kind::Absence {
            self.expire_partials(run, from);
        }
        if let Some(Repeat { within, .. }) = self.repeat {
            run.found.retain(|found| found.start + within >= from);
        }
    }

    fn expire_partials(&self, run: &mut Run, from: i64) {
        let over = run.partials.iter().take_while(|partial| partial.start + self.within < from).count();
        run.partials.drain(..over);
    }
}

/// Adds a partial match; drops the oldest if there are too many.
fn push(run: &mut Run, partial: Partial, max_partials: usize) -> bool {
    let is_full = run.partials.len() >= max_partials;
    if is_full {
        run.partials.remove(0);
    }
    // Most keys have one partial match of a pattern.
    if run.partials.capacity() == 0 {
        run.partials.reserve_exact(1);
    }
    run.partials.push(partial);
    is_full
}
