//! [`given_process`]: tests of processes, with commands at given times, the timers that are set, and the status.

use std::{collections::BTreeMap, fmt::Debug};

use jiff::{SignedDuration, Timestamp};

use super::{
    diff::{assert_same, fail},
    given::{Decided, Given},
};
use crate::{Decider, Effect, Process, memory::MemoryClock, saga::process::Status, time::Clock};

/// Begins a test of a process that has not started, at the beginning of 2026.
pub fn given_process<P: Process>() -> GivenProcess<P> {
    GivenProcess { now: MemoryClock::default().now(), state: P::State::default(), last: None, timers: BTreeMap::new() }
}

/// A test of one process. It always checks that a final status is never left.
pub struct GivenProcess<P: Decider> {
    now: Timestamp,
    state: P::State,
    last: Option<Decided<P>>,
    timers: BTreeMap<String, Timestamp>,
}

impl<P: Process> GivenProcess<P> {
    /// Sets the time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Advances the time.
    #[must_use]
    pub fn after(mut self, duration: SignedDuration) -> Self {
        self.now = self.now.checked_add(duration).unwrap_or(Timestamp::MAX);
        self
    }

    /// Decides on a command; the closure gets the time.
    #[track_caller]
    #[must_use]
    pub fn when(self, command: impl FnOnce(Timestamp) -> P::Command) -> Self {
        self.decide(command, false)
    }

    /// Decides on an operator's command; only such a command leaves a final status.
    #[track_caller]
    #[must_use]
    pub fn when_operator(self, command: impl FnOnce(Timestamp) -> P::Command) -> Self {
        self.decide(command, true)
    }

    #[track_caller]
    fn decide(mut self, command: impl FnOnce(Timestamp) -> P::Command, by_operator: bool) -> Self {
        let before = P::status(&self.state);
        let decided = Given::<P>::in_state(self.state).when(command(self.now));
        self.state = decided.state().clone();
        let after = P::status(&self.state);
        if before.is_end() && before != after && !by_operator {
            fail(&format!("the process left its final status: it was {before:?} and is {after:?}"));
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

    /// Expects this status.
    #[track_caller]
    pub fn then_status(self, expected: Status) -> Self {
        assert_same("the process has another status", &P::status(&self.state), &expected);
        self
    }

    /// Expects exactly these events of the last command.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = P::Event>) -> Self
    where
        P::Event: PartialEq + Debug,
    {
        self.check(|last| last.then(expected))
    }

    /// Expects no events of the last command.
    #[track_caller]
    pub fn then_nothing(self) -> Self
    where
        P::Event: PartialEq + Debug,
    {
        self.check(Decided::then_nothing)
    }

    /// Expects exactly these messages to be sent by the last command.
    #[track_caller]
    pub fn then_sends(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        self.check(|last| last.then_sends(expected))
    }

    /// Expects a rejection of the last command by the rule of this name.
    #[track_caller]
    pub fn then_rejected_by(self, rule: &str) -> Self {
        self.check(|last| last.then_rejected_by(rule))
    }

    /// Expects exactly these timers to be set, due or not.
    #[track_caller]
    pub fn then_set<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let set: Vec<&str> = self.timers.keys().map(String::as_str).collect();
        assert_same("other timers are set", &set, &expected);
        self
    }

    /// Expects exactly these timers to be set and not due yet.
    #[track_caller]
    pub fn then_waits_for<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let set: Vec<&str> =
            self.timers.iter().filter(|(_, due)| **due > self.now).map(|(name, _)| name.as_str()).collect();
        assert_same("the process waits for other timers", &set, &expected);
        self
    }

    /// Expects exactly these timers to be due.
    #[track_caller]
    pub fn then_due<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        let due: Vec<&str> =
            self.timers.iter().filter(|(_, due)| **due <= self.now).map(|(name, _)| name.as_str()).collect();
        assert_same("other timers are due", &due, &expected);
        self
    }

    /// The current time.
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
            None => fail("the process has had no command yet"),
        }
        self
    }
}
