//! The rules of a fulfilment.

use causeway::{Decider, Effect, Process, command::decider::fold, saga::process::Status};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    answer::{answer, consequence},
    course::Course,
    events::{
        FulfilmentCompensating, FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentNeedsOperator, FulfilmentReleased,
        FulfilmentReserved, FulfilmentStarted, NotedFact, ReservationsReturned,
    },
    heard::Heard,
};
use crate::{
    ids::{OrderId, Sku},
    inventory::{ReleaseStock, ReserveStock},
    never::NeverRefused,
    order::{CancelOrder, ConfirmOrder},
};

/// An order has what it needs so long after it was placed, or it is cancelled.
pub const TIME_TO_FULFIL: SignedDuration = SignedDuration::from_mins(15);
/// What was done is undone in this time, or somebody must look.
pub const TIME_TO_UNDO: SignedDuration = SignedDuration::from_mins(15);
/// The one timer of a fulfilment.
const DEADLINE: &str = "deadline";

/// The rules of a fulfilment.
#[derive(Debug)]
pub struct Fulfilment;

/// Where a fulfilment stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FulfilmentState {
    /// The order was not heard of; these facts came early.
    NotStarted(Vec<NotedFact>),
    /// Lines are being reserved.
    Reserving(Course),
    /// The order is being confirmed.
    Confirming(Course),
    /// Lines are being released, for this reason.
    Releasing(Course, String),
    /// The order is being cancelled, for this reason.
    Cancelling(Course, String),
    /// The order has all it needs.
    Completed(Course),
    /// All is undone.
    Compensated(Course),
    /// Somebody must look.
    NeedsOperator(Course),
}

impl Default for FulfilmentState {
    fn default() -> Self {
        Self::NotStarted(Vec::new())
    }
}

impl Decider for Fulfilment {
    const CONTEXT: &'static str = "fulfilment";
    type State = FulfilmentState;
    type Command = Heard;
    type Event = FulfilmentEvent;
    type Rejection = NeverRefused;

    fn decide(state: &FulfilmentState, heard: &Heard) -> Result<Vec<FulfilmentEvent>, NeverRefused> {
        let mut events = answer(state, heard);
        let mut after = fold::<Self>(state.clone(), &events);
        while let Some(next) = consequence(&after, &heard.order_id).filter(|_| !events.is_empty()) {
            after = Self::evolve(after, &next);
            events.push(next);
        }
        Ok(events)
    }

    fn evolve(state: FulfilmentState, event: &FulfilmentEvent) -> FulfilmentState {
        use FulfilmentState as Is;
        match event {
            FulfilmentEvent::FulfilmentStarted(started) => {
                Is::Reserving(Course::begin(&started.lines, started.deadline))
            }
            FulfilmentEvent::FulfilmentFactNoted(noted) => state.note(&noted.fact),
            FulfilmentEvent::FulfilmentLineReserved(reserved) => {
                state.with(|course| course.line_reserved(&reserved.line))
            }
            FulfilmentEvent::FulfilmentReserved(_) => Is::Confirming(state.course()),
            FulfilmentEvent::FulfilmentCompleted(_) => Is::Completed(state.with(Course::order_confirmed).course()),
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                let state = state.with(|course| course.compensate(compensating));
                Is::Releasing(state.course(), compensating.reason.clone())
            }
            FulfilmentEvent::FulfilmentLineReleased(released) => {
                state.with(|course| course.line_released(&released.sku))
            }
            FulfilmentEvent::FulfilmentReleased(released) => Is::Cancelling(state.course(), released.reason.clone()),
            FulfilmentEvent::FulfilmentCompensated(_) => {
                let mut course = state.course();
                course.order_cancelled();
                Is::Compensated(course)
            }
            FulfilmentEvent::FulfilmentNeedsOperator(_) => Is::NeedsOperator(state.course()),
            FulfilmentEvent::ReservationsReturned(returned) => state.with(|course| course.returned(returned)),
        }
    }

    fn effects(_: &FulfilmentState, event: &FulfilmentEvent) -> Vec<Effect> {
        let release = |order_id: &OrderId, sku: &Sku| {
            Effect::send(sku, &ReleaseStock { sku: sku.clone(), order_id: order_id.clone() })
        };
        let timer = |order_id: &OrderId, deadline: Timestamp| {
            Effect::set_timer(DEADLINE, deadline, &FulfilmentDeadlinePassed { order_id: order_id.clone(), deadline })
        };
        match event {
            FulfilmentEvent::FulfilmentStarted(FulfilmentStarted { order_id, lines, deadline }) => {
                let reserve = lines.iter().map(|line| {
                    let (order_id, sku) = (order_id.clone(), line.sku.clone());
                    Effect::send(&line.sku, &ReserveStock { sku, order_id, quantity: line.quantity.get() })
                });
                reserve.chain([timer(order_id, *deadline)]).collect()
            }
            FulfilmentEvent::FulfilmentReserved(FulfilmentReserved { order_id }) => {
                vec![Effect::send(order_id, &ConfirmOrder { order_id: order_id.clone() })]
            }
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                let FulfilmentCompensating { order_id, release: skus, deadline, .. } = compensating;
                skus.iter().map(|sku| release(order_id, sku)).chain([timer(order_id, *deadline)]).collect()
            }
            // Whoever gives up still tells the order, so that no buyer waits for ever.
            FulfilmentEvent::FulfilmentReleased(FulfilmentReleased { order_id, reason })
            | FulfilmentEvent::FulfilmentNeedsOperator(FulfilmentNeedsOperator { order_id, reason }) => {
                vec![Effect::send(order_id, &CancelOrder { order_id: order_id.clone(), reason: reason.clone() })]
            }
            FulfilmentEvent::ReservationsReturned(ReservationsReturned { order_id, skus, .. }) => {
                skus.iter().map(|sku| release(order_id, sku)).collect()
            }
            FulfilmentEvent::FulfilmentCompleted(_) | FulfilmentEvent::FulfilmentCompensated(_) => {
                vec![Effect::cancel_timer(DEADLINE)]
            }
            FulfilmentEvent::FulfilmentFactNoted(_)
            | FulfilmentEvent::FulfilmentLineReserved(_)
            | FulfilmentEvent::FulfilmentLineReleased(_) => Vec::new(),
        }
    }
}

impl Process for Fulfilment {
    fn status(state: &FulfilmentState) -> Status {
        match state {
            FulfilmentState::NotStarted(_) => Status::NotStarted,
            FulfilmentState::Reserving(_) | FulfilmentState::Confirming(_) => Status::Running,
            FulfilmentState::Releasing(_, _) | FulfilmentState::Cancelling(_, _) => Status::Compensating,
            FulfilmentState::Completed(_) => Status::Completed,
            FulfilmentState::Compensated(_) => Status::Compensated,
            FulfilmentState::NeedsOperator(_) => Status::NeedsOperator,
        }
    }
}

impl FulfilmentState {
    fn course(self) -> Course {
        match self {
            Self::NotStarted(_) => Course::default(),
            Self::Reserving(course)
            | Self::Confirming(course)
            | Self::Releasing(course, _)
            | Self::Cancelling(course, _)
            | Self::Completed(course)
            | Self::Compensated(course)
            | Self::NeedsOperator(course) => course,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Course)) -> Self {
        match &mut self {
            Self::NotStarted(_) => {}
            Self::Reserving(course)
            | Self::Confirming(course)
            | Self::Releasing(course, _)
            | Self::Cancelling(course, _)
            | Self::Completed(course)
            | Self::Compensated(course)
            | Self::NeedsOperator(course) => change(course),
        }
        self
    }

    fn note(mut self, fact: &NotedFact) -> Self {
        if let Self::NotStarted(noted) = &mut self {
            noted.push(fact.clone());
            return self;
        }
        self.with(|course| match fact {
            NotedFact::OrderConfirmed => course.order_confirmed(),
            NotedFact::OrderCancelled { .. } => course.order_cancelled(),
            NotedFact::StockReserved { .. } | NotedFact::StockReservationFailed { .. } => {}
        })
    }
}
