//! A saga with the clock in hand: a message arrives, and the saga sends commands.

use std::fmt::Debug;

use jiff::{SignedDuration, Timestamp};

use super::{
    diff::{assert_same, fail},
    given_process::{GivenProcess, given_process},
};
use crate::{
    command::{Decider, Effect},
    message::Message,
    saga::{
        Saga, SagaInput, Signal, Waits,
        process::{Process, Status},
    },
};

/// Begins the story of a saga to which nothing has happened, at the beginning of 2026.
///
/// ```ignore
/// given_saga::<Fulfilment>("o-1".parse()?)
///     .when(order_placed())
///     .then([send(&ReserveStock { .. })])
///     .when_deadline_passes()
///     .then([send(&CancelOrder { .. })])
///     .then_status(Status::Compensating);
/// ```
pub fn given_saga<S: Saga>(id: S::Id) -> GivenSaga<S> {
    GivenSaga { id, process: given_process::<S>(), deadline: None }
}

/// The story of one saga: which messages arrive and when, which commands follow, and which deadline is set.
///
/// Beside what the test asks, it always checks that an end is never left but for an operator's command, and that every
/// message changes nothing when it comes twice.
pub struct GivenSaga<S: Saga> {
    id: S::Id,
    process: GivenProcess<S>,
    deadline: Option<Timestamp>,
}

impl<S: Saga> GivenSaga<S> {
    /// Time passes, and no timer fires.
    #[must_use]
    pub fn after(mut self, duration: SignedDuration) -> Self {
        self.process = self.process.after(duration);
        self
    }

    /// A message arrives.
    #[track_caller]
    #[must_use]
    pub fn when<M: Message>(self, message: M) -> Self
    where
        S: Waits<M>,
    {
        let (_, signal) = S::signal(&message);
        self.react(signal)
    }

    /// The current deadline passes, and its timer fires.
    #[track_caller]
    #[must_use]
    pub fn when_deadline_passes(mut self) -> Self {
        let Some(deadline) = self.process.state().deadline else { fail("the saga has no deadline") };
        self.process = self.process.at(deadline);
        self.react(Signal::DeadlinePassed(deadline))
    }

    /// The timer of the deadline that was set before this one fires all the same.
    #[track_caller]
    #[must_use]
    pub fn when_earlier_deadline_passes(self) -> Self {
        let Some(deadline) = self.deadline else { fail("the saga had no earlier deadline") };
        self.react(Signal::DeadlinePassed(deadline))
    }

    /// Exactly these commands are sent for what arrived last, in this order.
    #[track_caller]
    pub fn then(mut self, expected: impl IntoIterator<Item = Effect>) -> Self {
        self.process = self.process.then_sends(expected);
        self
    }

    /// What arrived last changes nothing.
    #[track_caller]
    pub fn then_nothing(mut self) -> Self
    where
        S::Event: PartialEq + Debug,
    {
        self.process = self.process.then_nothing();
        self
    }

    /// Exactly these events follow from what arrived last.
    #[track_caller]
    pub fn then_events(mut self, expected: impl IntoIterator<Item = <S as Decider>::Event>) -> Self
    where
        <S as Decider>::Event: PartialEq + Debug,
    {
        self.process = self.process.then(expected);
        self
    }

    /// The saga has this status; its timer is set if and only if it waits for something.
    #[track_caller]
    pub fn then_status(mut self, expected: Status) -> Self {
        self.process = self.process.then_status(expected);
        let waits = matches!(expected, Status::Running | Status::Compensating);
        self.process = self.process.then_set(if waits { vec!["deadline"] } else { Vec::new() });
        self
    }

    /// The operator's command is rejected by this rule.
    #[track_caller]
    pub fn then_rejected_by(mut self, rule: &str) -> Self {
        self.process = self.process.then_rejected_by(rule);
        self
    }

    /// The current deadline.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.process.state().deadline
    }

    /// The state.
    pub fn state(&self) -> &S::State {
        self.process.state()
    }

    #[track_caller]
    fn react(mut self, signal: Signal<S::Data>) -> Self {
        let set = self.process.state().deadline;
        let input = |at| SagaInput { id: self.id.clone(), at, signal: signal.clone() };
        let again = input(self.process.now());
        let by_operator = matches!(signal, Signal::Resume | Signal::Abort(_));
        self.process = if by_operator { self.process.when_operator(input) } else { self.process.when(input) };
        let second = S::decide(self.process.state(), &again).map_or(0, |events| events.len());
        assert_same("events of the message when it comes twice", &second, &0);
        if set != self.process.state().deadline {
            self.deadline = set;
        }
        self
    }
}

impl<S: Saga> Debug for GivenSaga<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "saga {:?} at {}", <S as Process>::status(self.process.state()), self.process.now())
    }
}
