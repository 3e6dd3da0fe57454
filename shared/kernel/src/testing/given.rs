//! [`given`] events, when a command, then events: tests of deciders.

use std::fmt::Debug;

use super::diff::{assert_same, fail};
use crate::{Decider, Effect, Messages, Rejection, command::fold};

/// Begins a test of a decider with the events that have happened.
///
/// ```
/// # use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// # use causeway::{Decider, Rejection};
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// # pub struct LampLit {}
/// # causeway::events! { pub enum LampEvent: events of "lamp" { LampLit = 1 } }
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # #[error("the lamp is broken")]
/// # pub struct Broken;
/// # impl Rejection for Broken { fn rule(&self) -> &'static str { "Broken" } }
/// # pub struct Lamp;
/// # impl Decider for Lamp {
/// #     const CONTEXT: &'static str = "lamp";
/// #     type State = bool;
/// #     type Command = ();
/// #     type Event = LampEvent;
/// #     type Rejection = Broken;
/// #     fn decide(lit: &bool, _: &()) -> Result<Vec<LampEvent>, Broken> {
/// #         Ok(if *lit { Vec::new() } else { vec![LampLit {}.into()] })
/// #     }
/// #     fn evolve(_: bool, _: &LampEvent) -> bool { true }
/// # }
/// use causeway::testing::given;
/// given::<Lamp>([]).when(()).then([LampLit {}.into()]);
/// given::<Lamp>([LampLit {}.into()]).when(()).then_nothing();
/// ```
pub fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    let events: Vec<D::Event> = events.into_iter().collect();
    Given { state: fold::<D>(D::State::default(), &events) }
}

/// The state before the command.
#[derive(Clone, Debug)]
pub struct Given<D: Decider> {
    state: D::State,
}

/// The decision on a command.
#[derive(Clone, Debug)]
pub struct Decided<D: Decider> {
    decision: Result<Vec<D::Event>, D::Rejection>,
    after: D::State,
}

impl<D: Decider> Given<D> {
    /// A test that begins in this state.
    pub fn in_state(state: D::State) -> Self {
        Self { state }
    }

    /// Decides on the command.
    pub fn when(self, command: D::Command) -> Decided<D> {
        let decision = D::decide(&self.state, &command);
        let after = match &decision {
            Ok(events) => fold::<D>(self.state, events),
            Err(_) => self.state,
        };
        Decided { decision, after }
    }

    /// The state.
    pub fn state(&self) -> &D::State {
        &self.state
    }
}

impl<D: Decider> Decided<D> {
    /// Expects exactly these events.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) -> Self
    where
        D::Event: PartialEq + Debug,
    {
        let expected: Vec<D::Event> = expected.into_iter().collect();
        assert_same("the command has other events", self.events(), &expected);
        self
    }

    /// Expects no events and no rejection.
    #[track_caller]
    pub fn then_nothing(self) -> Self
    where
        D::Event: PartialEq + Debug,
    {
        self.then([])
    }

    /// Expects exactly this rejection.
    #[track_caller]
    pub fn then_rejected(self, expected: D::Rejection) -> Self
    where
        D::Event: Debug,
        D::Rejection: PartialEq,
    {
        match &self.decision {
            Err(rejection) => assert_same("the command is rejected for another reason", rejection, &expected),
            Ok(events) => fail(&format!("the command is not rejected: expected {expected:?}, found {events:#?}")),
        }
        self
    }

    /// Expects a rejection by the rule of this name.
    #[track_caller]
    pub fn then_rejected_by(self, rule: &str) -> Self {
        let names = |events: &[D::Event]| events.iter().map(Messages::name).collect::<Vec<_>>();
        match &self.decision {
            Err(rejection) => assert_same("the command is rejected by another rule", &rejection.rule(), &rule),
            Ok(events) => fail(&format!("the command is not rejected by {rule}, found {:?}", names(events))),
        }
        self
    }

    /// Expects exactly these effects, in this order.
    #[track_caller]
    pub fn then_effects(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        assert_same("the events have other effects", &self.effects(), &expected);
        self
    }

    /// Expects exactly these sent messages, in this order; timers are ignored.
    #[track_caller]
    pub fn then_sends(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        let mut sends = self.effects();
        sends.retain(|effect| matches!(effect, Effect::Send { .. }));
        assert_same("the events send other messages", &sends, &expected);
        self
    }

    /// Expects exactly these timers to be set and cancelled, in this order; sent messages are ignored.
    #[track_caller]
    pub fn then_timers(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        let mut timers = self.effects();
        timers.retain(|effect| !matches!(effect, Effect::Send { .. }));
        assert_same("the events set other timers", &timers, &expected);
        self
    }

    /// Expects this state.
    #[track_caller]
    pub fn then_state(self, expected: D::State) -> Self
    where
        D::State: PartialEq + Debug,
    {
        assert_same("the state is another", &self.after, &expected);
        self
    }

    /// Continues with another command.
    pub fn when(self, command: D::Command) -> Self {
        Given::<D>::in_state(self.after).when(command)
    }

    /// The state after the command.
    pub fn state(&self) -> &D::State {
        &self.after
    }

    /// The events of the command.
    #[track_caller]
    pub fn events(&self) -> &Vec<D::Event> {
        match &self.decision {
            Ok(events) => events,
            Err(rejection) => fail(&format!("the command is rejected by {}: {rejection}", rejection.rule())),
        }
    }

    /// The events; `None` if the command was rejected.
    pub(super) fn accepted(&self) -> Option<&Vec<D::Event>> {
        self.decision.as_ref().ok()
    }

    /// The effects of the events.
    #[track_caller]
    pub fn effects(&self) -> Vec<Effect> {
        self.events().iter().flat_map(|event| D::effects(&self.after, event)).collect()
    }
}
