//! The example of the tests: a lamp as a decider, a view and a process.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Decider, Delivery, Effect, Id, Once, Patch, Process, Rejection, StreamId, View, log::Recorded,
    saga::process::Status, testing::ports::fixture::raw,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampLit {
    #[schemars(with = "String")]
    pub(crate) until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampDimmed {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampFed {
    pub(crate) drops: u32,
}

crate::events! {
    pub(crate) enum LampEvent: events of "lamp" { LampLit = 1, LampDimmed = 1, LampFed = 1 }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DimLamp {}

crate::events! {
    #[expect(dead_code, reason = "only its member is used")]
    pub(crate) enum LampMessage: commands to "lamp" { DimLamp = 1 }
}

#[derive(Debug, PartialEq)]
pub(crate) enum LampCommand {
    Light { until: Timestamp },
    Dim { now: Timestamp },
    Feed { drops: u32 },
    // Feeds one drop this many times, each an event.
    Drip { times: u32 },
    // Not idempotent on purpose.
    Flicker,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum LampRejection {
    #[error("the lamp burns until {until}")]
    Burning { until: Timestamp },
    #[error("a lamp takes no {drops} drops")]
    TooMuch { drops: u32 },
}

impl Rejection for LampRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::Burning { .. } => "Burning",
            Self::TooMuch { .. } => "TooMuch",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LampState {
    #[schemars(with = "Option<String>")]
    pub(crate) until: Option<Timestamp>,
    pub(crate) dimmed: u32,
    pub(crate) drops: u32,
}

pub(crate) struct Lamp;

impl Decider for Lamp {
    const CONTEXT: &'static str = "lamp";
    const ONCE: Once<LampCommand> = Once::When(|command| matches!(command, LampCommand::Feed { .. }));

    type State = LampState;
    type Command = LampCommand;
    type Event = LampEvent;
    type Rejection = LampRejection;

    fn decide(state: &LampState, command: &LampCommand) -> Result<Vec<LampEvent>, LampRejection> {
        match (state.until, command) {
            (Some(known), LampCommand::Light { until }) if known == *until => Ok(Vec::new()),
            (Some(until), LampCommand::Light { .. }) => Err(LampRejection::Burning { until }),
            (None, LampCommand::Light { until }) => Ok(vec![LampLit { until: *until }.into()]),
            (Some(until), LampCommand::Dim { now }) if *now >= until => Ok(vec![LampDimmed {}.into()]),
            (_, LampCommand::Dim { .. }) => Ok(Vec::new()),
            (_, LampCommand::Feed { drops }) if *drops > 100 => Err(LampRejection::TooMuch { drops: *drops }),
            (_, LampCommand::Feed { drops }) => Ok(vec![LampFed { drops: *drops }.into()]),
            (_, LampCommand::Drip { times }) => Ok((0..*times).map(|_| LampFed { drops: 1 }.into()).collect()),
            (_, LampCommand::Flicker) => Ok(vec![LampDimmed {}.into()]),
        }
    }

    fn evolve(state: LampState, event: &LampEvent) -> LampState {
        match event {
            LampEvent::LampLit(lit) => LampState { until: Some(lit.until), ..state },
            LampEvent::LampDimmed(_) => LampState { until: None, dimmed: state.dimmed + 1, ..state },
            LampEvent::LampFed(fed) => LampState { drops: state.drops + fed.drops, ..state },
        }
    }

    fn effects(_: &LampState, event: &LampEvent) -> Vec<Effect> {
        let ward: Id<Lamp> = "ward".parse().unwrap();
        match event {
            LampEvent::LampLit(lit) => vec![Effect::set_timer("dusk", lit.until, &DimLamp {})],
            LampEvent::LampDimmed(_) => vec![Effect::send(&ward, &DimLamp {}), Effect::cancel_timer("dusk")],
            LampEvent::LampFed(_) => Vec::new(),
        }
    }
}

impl Process for Lamp {
    fn status(state: &LampState) -> Status {
        match (state.until, state.dimmed) {
            (None, 0) => Status::NotStarted,
            (Some(_), 0) => Status::Running,
            (None, 1) => Status::Completed,
            (_, _) => Status::NeedsOperator,
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wear {
    pub(crate) lit: u32,
    #[serde(default)]
    pub(crate) since: Option<Timestamp>,
}

pub(crate) struct LampWear;

impl View for LampWear {
    const NAME: &'static str = "lamp-wear";
    type Event = LampEvent;
    type Row = Wear;

    fn patch(stream: &StreamId, event: &Recorded<LampEvent>) -> Patch {
        match &event.event {
            LampEvent::LampLit(_) => {
                Patch::none().add("lit", 1).set("since", event.at).list_at("burning", stream.id().to_owned())
            }
            LampEvent::LampDimmed(_) => Patch::none().remove("since"),
            LampEvent::LampFed(_) => Patch::none(),
        }
    }
}

/// This many minutes after the beginning of 2026.
pub(crate) fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap() + SignedDuration::from_mins(minutes)
}

/// The delivery with one field of its envelope changed, or removed by null.
pub(crate) fn with_field(delivery: &Delivery, path: &str, value: Value) -> Delivery {
    let mut detail: Value = serde_json::from_str(delivery.detail.get()).unwrap();
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = detail.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(field),
        value => parent.insert(field.to_owned(), value),
    };
    Delivery { detail: raw(&detail), ..delivery.clone() }
}

pub(crate) fn lamp() -> Id<Lamp> {
    "l-1".parse().unwrap()
}

pub(crate) fn lit() -> LampEvent {
    LampLit { until: minute(10) }.into()
}

pub(crate) fn dimmed() -> LampEvent {
    LampDimmed {}.into()
}

/// A decider of the lamp's messages without rules: of this name, state, context and state revision.
macro_rules! no_op_decider {
    ($name:ident, $state:ty, $context:literal, $revision:literal) => {
        struct $name;

        impl $crate::Decider for $name {
            const CONTEXT: &'static str = $context;
            const STATE_REVISION: u32 = $revision;
            type State = $state;
            type Command = $crate::testing::tests::LampCommand;
            type Event = $crate::testing::tests::LampEvent;
            type Rejection = $crate::testing::tests::LampRejection;

            fn decide(
                _: &$state,
                _: &$crate::testing::tests::LampCommand,
            ) -> Result<Vec<$crate::testing::tests::LampEvent>, $crate::testing::tests::LampRejection> {
                Ok(Vec::new())
            }

            fn evolve(state: $state, _: &$crate::testing::tests::LampEvent) -> $state {
                state
            }
        }
    };
}

pub(crate) use no_op_decider;
