//! A lamp: a decider, a view and a process small enough to see through.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    command::decider::{Decider, Effect, Once, Rejection},
    log::commit::Recorded,
    message::id::{Id, StreamId},
    saga::process::{Process, Status},
    view::view_store::{Patch, View},
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
    #[expect(dead_code, reason = "only its member is said")]
    pub(crate) enum LampWish: commands to "lamp" { DimLamp = 1 }
}

#[derive(Debug, PartialEq)]
pub(crate) enum LampCommand {
    Light {
        until: Timestamp,
    },
    Dim {
        now: Timestamp,
    },
    Feed {
        drops: u32,
    },
    /// So many drops, each an event.
    Drip {
        times: u32,
    },
    /// Wrong on purpose: it counts every time it comes.
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

/// So many minutes into 2026.
pub(crate) fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap() + SignedDuration::from_mins(minutes)
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
