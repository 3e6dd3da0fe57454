//! [`Windows`]: adds facts to the windows of a key and closes windows when the watermark reaches their end.
//! Sliding windows share a part for each step, so a fact is added once, and the parts are merged when a window closes.

use jiff::Timestamp;

use super::{
    Aggregate, ClosedWindow, KeyState, WindowError, WindowId, WindowKind, WindowLimits, WindowSpec,
    micros::{lateness, length, micros, timestamp},
    spec::MAX_STEPS,
    state::OpenWindow,
    stored_id::StoredId,
};
use crate::message::MessageId;

/// A fact: what it contributes, when it happened, and the id that every copy of it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<I> {
    /// The id of the event.
    pub id: MessageId,
    /// When it happened.
    pub at: Timestamp,
    /// What it contributes.
    pub input: I,
}

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum FactOutcome {
    /// It is counted.
    Accepted,
    /// It was counted already. Nothing changed.
    Duplicate,
    /// It is older than the watermark. Nothing changed.
    Late,
    /// The key holds as much as it may. Nothing changed.
    Refused(WindowBound),
}

/// A bound of [`WindowLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowBound {
    /// [`WindowLimits::max_open`].
    Open,
    /// [`WindowLimits::max_ids`].
    Ids,
    /// [`WindowLimits::max_unconfirmed`].
    Unconfirmed,
}

/// The windows of all keys, made from a valid [`WindowSpec`]. It holds no state.
#[derive(Clone, Debug)]
pub struct Windows {
    shape: Shape,
    lateness: i64,
    pub(super) limits: WindowLimits,
}

/// The kind of window in microseconds. A tumbling window is a sliding one of one step.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Steps { size: i64, step: i64 },
    Session { gap: i64 },
}

impl Windows {
    /// Checks a specification.
    pub fn new(spec: &WindowSpec) -> Result<Self, WindowError> {
        let named = |field: &'static str| move |rule: &'static str| WindowError { field, rule };
        let shape = match spec.window {
            WindowKind::Tumbling { size } => {
                let size = length(size).map_err(named("window.size"))?;
                Shape::Steps { size, step: size }
            }
            WindowKind::Sliding { size, step } => {
                let size = length(size).map_err(named("window.size"))?;
                let step = length(step).map_err(named("window.step"))?;
                let rule = match () {
                    () if step > size => Some("must not be longer than the size"),
                    () if size % step != 0 => Some("must divide the size"),
                    () if size / step > MAX_STEPS => Some("must be at least a thousandth of the size"),
                    () => None,
                };
                rule.map_or(Ok(Shape::Steps { size, step }), |rule| Err(named("window.step")(rule)))?
            }
            WindowKind::Session { gap } => Shape::Session { gap: length(gap).map_err(named("window.gap"))? },
        };
        let lateness = lateness(spec.lateness).map_err(named("lateness"))?;
        let WindowLimits { max_open, max_ids, max_unconfirmed } = spec.limits;
        let limits =
            [("limits.max_open", max_open), ("limits.max_ids", max_ids), ("limits.max_unconfirmed", max_unconfirmed)];
        match limits.into_iter().find(|(_, max)| *max == 0) {
            Some((field, _)) => Err(named(field)("must be at least 1")),
            None => Ok(Self { shape, lateness, limits: spec.limits }),
        }
    }

    /// Adds a fact to its windows, after closing the windows that its time closes.
    pub fn add<A: Aggregate>(&self, state: &mut KeyState<A>, fact: Fact<A::Input>) -> FactOutcome {
        let at = micros(fact.at);
        let watermark = self.watermark(state);
        let id = StoredId::from(&fact.id);
        if state.ids.contains(&id, watermark) {
            return FactOutcome::Duplicate;
        }
        if at < watermark {
            return FactOutcome::Late;
        }
        let clock = state.clock.map_or(at, |clock| clock.max(at));
        let watermark = clock - self.lateness;
        if let Some(bound) = self.exceeded(state, at, watermark) {
            return FactOutcome::Refused(bound);
        }
        self.move_clock(state, clock);
        state.ids.insert(id, at, watermark, self.limits.max_ids);
        match self.shape {
            Shape::Steps { step, .. } => add_to_step(state, at, step, fact.input),
            Shape::Session { gap } => add_to_session(state, at, gap, fact.input),
        }
        FactOutcome::Accepted
    }

    /// Moves the clock to `now`, unless it is there already, and closes the windows that end by that.
    ///
    /// An event that arrives after `now` plus the lateness is late from then on, so the lateness must cover the time that
    /// events take to arrive.
    pub fn advance<A: Aggregate>(&self, state: &mut KeyState<A>, now: Timestamp) {
        let now = micros(now);
        self.move_clock(state, state.clock.map_or(now, |clock| clock.max(now)));
        let watermark = self.watermark(state);
        state.ids.purge(watermark);
    }

    /// When [`Self::advance`] closes the next window if no event comes.
    pub fn next_deadline<A>(&self, state: &KeyState<A>) -> Option<Timestamp> {
        let end = self.first_end(&state.open, self.watermark(state))?;
        Some(timestamp(end + self.lateness))
    }

    fn watermark<A>(&self, state: &KeyState<A>) -> i64 {
        state.clock.map_or(i64::MIN, |clock| clock - self.lateness)
    }

    /// The bound that a fact at this time exceeds, once the watermark is there.
    fn exceeded<A>(&self, state: &KeyState<A>, at: i64, watermark: i64) -> Option<WindowBound> {
        let WindowLimits { max_open, max_ids, max_unconfirmed } = self.limits;
        let is_full = || {
            let stays_open = |window: &&OpenWindow<A>| self.last_end(window) > watermark;
            let has_window = |window: &OpenWindow<A>| match self.shape {
                Shape::Steps { step, .. } => window.start == floor(at, step),
                Shape::Session { gap } => at - window.last < gap && window.start - at < gap,
            };
            state.open.iter().filter(stays_open).count() >= max_open && !state.open.iter().any(has_window)
        };
        match () {
            () if state.closed.len() >= max_unconfirmed => Some(WindowBound::Unconfirmed),
            () if state.ids.is_full(watermark, max_ids) => Some(WindowBound::Ids),
            () if state.open.len() >= max_open && is_full() => Some(WindowBound::Open),
            () => None,
        }
    }

    /// The end of the last window that contains it.
    fn last_end<A>(&self, window: &OpenWindow<A>) -> i64 {
        match self.shape {
            Shape::Steps { size, .. } => window.start + size,
            Shape::Session { gap } => window.last + gap,
        }
    }

    /// The end of the first window that is not closed at this watermark.
    fn first_end<A>(&self, open: &[OpenWindow<A>], watermark: i64) -> Option<i64> {
        let first = open.first()?;
        Some(match self.shape {
            Shape::Steps { step, .. } => (first.start + step).max(floor(watermark, step).saturating_add(step)),
            Shape::Session { gap } => first.last + gap,
        })
    }

    fn move_clock<A: Aggregate>(&self, state: &mut KeyState<A>, clock: i64) {
        let mut closed_to = self.watermark(state);
        state.clock = Some(clock);
        let watermark = clock - self.lateness;
        while let Some(end) = self.first_end(&state.open, closed_to).filter(|end| *end <= watermark) {
            let start = match self.shape {
                Shape::Steps { size, .. } => end - size,
                Shape::Session { .. } => state.open[0].start,
            };
            let mut value = A::default();
            for part in state.open.iter().take_while(|part| part.start < end) {
                value.merge(&part.value);
            }
            let id = WindowId { key: state.key.clone(), start: timestamp(start), end: timestamp(end) };
            state.closed.push(ClosedWindow { id, value });
            let over = state.open.iter().take_while(|window| self.last_end(window) <= end).count();
            state.open.drain(..over);
            closed_to = end;
        }
    }
}

fn add_to_step<A: Aggregate>(state: &mut KeyState<A>, at: i64, step: i64, input: A::Input) {
    let start = floor(at, step);
    let index = match state.open.last() {
        Some(last) if last.start == start => Ok(state.open.len() - 1),
        _ => state.open.binary_search_by_key(&start, |window| window.start),
    };
    let index = index.unwrap_or_else(|index| {
        state.open.insert(index, OpenWindow { start, last: at, value: A::default() });
        index
    });
    let window = &mut state.open[index];
    window.last = window.last.max(at);
    window.value.add(input);
}

fn add_to_session<A: Aggregate>(state: &mut KeyState<A>, at: i64, gap: i64, input: A::Input) {
    let joins = |window: &&OpenWindow<A>| at - window.last < gap && window.start - at < gap;
    let mut session = OpenWindow { start: at, last: at, value: A::default() };
    session.value.add(input);
    let first = state.open.iter().take_while(|window| at - window.last >= gap).count();
    let count = state.open[first..].iter().take_while(joins).count();
    for window in state.open.drain(first..first + count) {
        session.start = session.start.min(window.start);
        session.last = session.last.max(window.last);
        session.value.merge(&window.value);
    }
    state.open.insert(first, session);
}

/// The latest multiple of the step that is not after it.
fn floor(at: i64, step: i64) -> i64 {
    at.saturating_sub(at.rem_euclid(step))
}
