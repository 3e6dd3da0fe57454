//! Given events, when a command, then events: how a decider's test is told.

use std::fmt::Debug;

use super::diff::{assert_same, fail};
use crate::command::decider::{Decider, Effect, Rejection, fold};

/// Begins a story with what has happened.
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

/// What has happened before the command.
#[derive(Clone, Debug)]
pub struct Given<D: Decider> {
    state: D::State,
}

/// What a command did.
#[derive(Clone, Debug)]
pub struct Decided<D: Decider> {
    answer: Result<Vec<D::Event>, D::Rejection>,
    after: D::State,
}

impl<D: Decider> Given<D> {
    /// A story that begins in this state.
    pub fn in_state(state: D::State) -> Self {
        Self { state }
    }

    /// Gives the command.
    pub fn when(self, command: D::Command) -> Decided<D> {
        let answer = D::decide(&self.state, &command);
        let after = match &answer {
            Ok(events) => fold::<D>(self.state, events),
            Err(_) => self.state,
        };
        Decided { answer, after }
    }

    /// The state.
    pub fn state(&self) -> &D::State {
        &self.state
    }
}

impl<D: Decider> Decided<D> {
    /// Exactly these events follow.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = D::Event>) -> Self
    where
        D::Event: PartialEq + Debug,
    {
        let expected: Vec<D::Event> = expected.into_iter().collect();
        assert_same("the command has other events", self.events(), &expected);
        self
    }

    /// The command is accepted and changes nothing.
    #[track_caller]
    pub fn then_nothing(self) -> Self
    where
        D::Event: PartialEq + Debug,
    {
        self.then([])
    }

    /// The rules say no, in exactly these words.
    #[track_caller]
    pub fn then_rejected(self, expected: D::Rejection) -> Self
    where
        D::Event: Debug,
        D::Rejection: PartialEq,
    {
        match &self.answer {
            Err(rejection) => assert_same("the command is rejected for another reason", rejection, &expected),
            Ok(events) => fail(&format!("the command is not rejected: {expected:?} expected, but it did {events:#?}")),
        }
        self
    }

    /// The rules say no by the rule of this name.
    #[track_caller]
    pub fn then_rejected_by(self, rule: &str) -> Self
    where
        D::Event: Debug,
    {
        match &self.answer {
            Err(rejection) => assert_same("the command is rejected by another rule", &rejection.rule(), &rule),
            Ok(events) => fail(&format!("the command is not rejected by {rule}, but did {events:#?}")),
        }
        self
    }

    /// The events ask exactly this of others, in this order.
    #[track_caller]
    pub fn then_effects(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        assert_same("the events wish something else", &self.effects(), &expected);
        self
    }

    /// The events send exactly these messages, in this order; their timers are not looked at.
    #[track_caller]
    pub fn then_sends(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        let mut sends = self.effects();
        sends.retain(|effect| matches!(effect, Effect::Send { .. }));
        assert_same("the events send something else", &sends, &expected);
        self
    }

    /// The events set and cancel exactly these timers, in this order; what they send is not looked at.
    #[track_caller]
    pub fn then_timers(self, expected: impl IntoIterator<Item = Effect>) -> Self {
        let expected: Vec<Effect> = expected.into_iter().collect();
        let mut timers = self.effects();
        timers.retain(|effect| !matches!(effect, Effect::Send { .. }));
        assert_same("the events set other timers", &timers, &expected);
        self
    }

    /// The state is this.
    #[track_caller]
    pub fn then_state(self, expected: D::State) -> Self
    where
        D::State: PartialEq + Debug,
    {
        assert_same("the state is another", &self.after, &expected);
        self
    }

    /// Goes on with a further command.
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
        match &self.answer {
            Ok(events) => events,
            Err(rejection) => fail(&format!("the command is rejected by {}: {rejection}", rejection.rule())),
        }
    }

    /// The events, unless the rules say no.
    pub(super) fn accepted(&self) -> Option<&Vec<D::Event>> {
        self.answer.as_ref().ok()
    }

    /// What the events ask of others.
    #[track_caller]
    pub fn effects(&self) -> Vec<Effect> {
        self.events().iter().flat_map(|event| D::effects(&self.after, event)).collect()
    }
}
