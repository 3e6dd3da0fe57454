//! [`Partials`]: the partial matches of a key in one list, and their events, each once. All are near each other in memory, as
//! the states of many keys are in no cache.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{input::Input, scalar::Stored};
use crate::stream::stored_id::StoredId;

/// Events are let go in groups, so that one costs a constant time on average.
const FIRST_SWEEP: usize = 4;

/// Fields of an event by their paths.
type Fields = Vec<(Arc<str>, Stored)>;

/// The partial matches of all patterns of a key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "StoredPartials", into = "StoredPartials")]
pub(super) struct Partials {
    /// The events that partial matches name by their places here, and less than as many others.
    pub(super) events: Vec<HeldEvent>,
    /// Sorted by pattern, and by start.
    pub(super) list: Vec<Partial>,
    /// Matches that count towards a repeat.
    pub(super) found: Vec<Found>,
    sweep_at: usize,
}

/// Partial matches as they are stored: each digest once, and no event that nothing names.
#[derive(Serialize, Deserialize)]
struct StoredPartials {
    events: Vec<(i64, StoredId, Fields)>,
    /// The digests, and the places of the events of each partial match.
    runs: Vec<(u64, Vec<Vec<u32>>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    found: Vec<Found>,
}

impl From<Partials> for StoredPartials {
    fn from(mut partials: Partials) -> Self {
        partials.sweep();
        let Partials { events, list, found, .. } = partials;
        let events = events.into_iter().map(|HeldEvent { at, id, fields }| (at, id, fields)).collect();
        let places = |partial: &Partial| std::iter::once(&partial.first).chain(&partial.rest).copied().collect();
        let runs = list.chunk_by(|partial, next| partial.pattern == next.pattern);
        let runs = runs.map(|run| (run[0].pattern, run.iter().map(places).collect())).collect();
        Self { events, runs, found }
    }
}

impl From<StoredPartials> for Partials {
    fn from(stored: StoredPartials) -> Self {
        let events = stored.events.into_iter().map(|(at, id, fields)| HeldEvent { at, id, fields }).collect();
        let partial = |pattern: u64, places: Vec<u32>| {
            let (first, rest) = places.split_first()?;
            Some(Partial { pattern, first: *first, rest: rest.to_vec() })
        };
        let run = |(pattern, run): (u64, Vec<_>)| run.into_iter().filter_map(move |places| partial(pattern, places));
        let list = stored.runs.into_iter().flat_map(run).collect();
        Self { events, list, found: stored.found, sweep_at: 0 }
    }
}

/// An event of partial matches.
#[derive(Clone, Debug)]
pub(super) struct HeldEvent {
    pub(super) at: i64,
    pub(super) id: StoredId,
    /// The fields that conditions of later steps name.
    pub(super) fields: Fields,
}

/// The events so far of a sequence, an event of a count, or the event that began an absence.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    /// The digest of the specification.
    pub(super) pattern: u64,
    pub(super) first: u32,
    /// The events after the first.
    pub(super) rest: Vec<u32>,
}

/// A pattern that was found, before its repeats are counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) pattern: u64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) events: Vec<u32>,
}

impl Partial {
    /// The place of the event of this step.
    pub(super) fn event(&self, step: usize) -> Option<u32> {
        step.checked_sub(1).map_or(Some(self.first), |index| self.rest.get(index).copied())
    }
}

impl Partials {
    /// Where the partial matches of a pattern are.
    pub(super) fn of(&self, pattern: u64) -> Range<usize> {
        let start = self.list.partition_point(|partial| partial.pattern < pattern);
        let count = self.list[start..].iter().take_while(|partial| partial.pattern == pattern).count();
        start..start + count
    }

    /// When a partial match began.
    pub(super) fn start(&self, partial: &Partial) -> i64 {
        self.event(partial.first).map_or(i64::MIN, |event| event.at)
    }

    /// The event at this place.
    pub(super) fn event(&self, place: u32) -> Option<&HeldEvent> {
        self.events.get(place as usize)
    }

    /// Holds the event that is handled. Returns its place.
    pub(super) fn hold(&mut self, input: &Input<'_>) -> u32 {
        if self.events.last().is_none_or(|event| event.at != input.at || event.id != *input.id) {
            if self.events.len() >= self.sweep_at.max(FIRST_SWEEP) {
                self.sweep();
            }
            let field = |index: &usize| Some((input.plan.fields[*index].0.clone(), input.fields[*index]?.into()));
            let fields = input.plan.captures.iter().filter_map(field).collect();
            self.events.push(HeldEvent { at: input.at, id: input.id.clone(), fields });
        }
        (self.events.len() - 1) as u32
    }

    /// Lets go of the events that nothing names.
    pub(super) fn sweep(&mut self) {
        let mut places: Vec<Option<u32>> = vec![None; self.events.len()];
        for place in self.places() {
            if let Some(named) = places.get_mut(*place as usize) {
                *named = Some(0);
            }
        }
        let mut named = places.iter();
        self.events.retain(|_| named.next().is_some_and(Option::is_some));
        for (next, place) in places.iter_mut().flatten().enumerate() {
            *place = next as u32;
        }
        for place in self.places() {
            *place = places.get(*place as usize).copied().flatten().unwrap_or(u32::MAX);
        }
        self.sweep_at = 2 * self.events.len();
    }

    fn places(&mut self) -> impl Iterator<Item = &mut u32> {
        let partials =
            self.list.iter_mut().flat_map(|partial| std::iter::once(&mut partial.first).chain(&mut partial.rest));
        partials.chain(self.found.iter_mut().flat_map(|found| &mut found.events))
    }
}
