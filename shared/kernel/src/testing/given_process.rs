//! A process with the clock in hand: it hears something at a time, and stands somewhere afterwards.

use std::{collections::BTreeMap, fmt::Debug};

use jiff::{SignedDuration, Timestamp};

use super::{
    diff::{assert_same, fail},
    given::{Decided, Given},
};
use crate::{
    command::decider::{Decider, Effect},
    memory::MemoryClock,
    saga::process::{Process, Status},
    time::clock::Clock,
};

/// Begins the story of a process to which nothing has happened, at the beginning of 2026.
pub fn given_process<P: Process>() -> GivenProcess<P> {
    GivenProcess { now: MemoryClock::default().now(), state: P::State::default(), last: None, timers: BTreeMap::new() }
}

/// The story of one process: what it hears and when, where it stands, which timers it has set.
///
/// Beside what the test asks, it always checks that an end is never left.
pub struct GivenProcess<P: Decider> {
    now: Timestamp,
    state: P::State,
    last: Option<Decided<P>>,
    timers: BTreeMap<String, Timestamp>,
}

impl<P: Process> GivenProcess<P> {
    /// It is this time now.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Time passes.
    #[must_use]
    pub fn after(mut self, duration: SignedDuration) -> Self {
        self.now = self.now.checked_add(duration).unwrap_or(Timestamp::MAX);
        self
    }

    /// The process hears something; the closure gets the time.
    #[track_caller]
    #[must_use]
    pub fn when(mut self, command: impl FnOnce(Timestamp) -> P::Command) -> Self {
        let before = P::status(&self.state);
        let decided = Given::<P>::in_state(self.state).when(command(self.now));
        self.state = decided.state().clone();
        let after = P::status(&self.state);
        if before.is_end() && before != after {
            fail(&format!("the process left its end: it was {before:?} and is {after:?}"));
        }
        for effect in decided.accepted().map(|_| decided.effects()).unwrap_or_default() {
            match effect {
                Effect::SetTimer { name, due, .. } => self.timers.insert(name, due),
                Effect::CancelTimer { name } => self.timers.remove(&name),
                Effect::Send { .. } => continue,
            };
        }
        self.last = Some(decided);
        self
    }

    /// Where the process stands.
    #[track_caller]
    pub fn then_status(self, expected: Status) -> Self {
        assert_same("the process stands elsewhere", &P::status(&self.state), &expected);
        self
    }

    /// Exactly these events follow from what it heard last.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = P::Event>) -> Self
    where
        P::Event: PartialEq + Debug,
    {
        self.check(|last| last.then(expected))
    }

    /// What it heard last changes nothing.
    #[track_caller]
    pub fn then_nothing(self) -> Self
    where
        P::Event: PartialEq + Debug,
    {
        self.check(Decided::then_nothing)
    }

    /// Exactly these messages are sent for what it heard last.
    #[track_caller]
    pub fn then_sends(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        self.check(|last| last.then_sends(expected))
    }

    /// Exactly these timers are set now, and none of them is due or late.
    #[track_caller]
    pub fn then_waits_for<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let set: Vec<&str> =
            self.timers.iter().filter(|(_, due)| **due > self.now).map(|(name, _)| name.as_str()).collect();
        assert_same("the process waits for other timers", &set, &expected);
        self
    }

    /// Exactly these timers are due now.
    #[track_caller]
    pub fn then_due<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let due: Vec<&str> =
            self.timers.iter().filter(|(_, due)| **due <= self.now).map(|(name, _)| name.as_str()).collect();
        assert_same("other timers are due", &due, &expected);
        self
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The state.
    pub fn state(&self) -> &P::State {
        &self.state
    }

    #[track_caller]
    fn check(mut self, check: impl FnOnce(Decided<P>) -> Decided<P>) -> Self {
        match self.last.take() {
            Some(last) => self.last = Some(check(last)),
            None => fail("the process has heard nothing yet"),
        }
        self
    }
}
