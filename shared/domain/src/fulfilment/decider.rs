//! The rules of a fulfilment.

use std::convert::Infallible;

use causeway::{Decider, Effect, Process, command::decider::fold, saga::process::Status};
use jiff::Timestamp;

use super::{
    events::{
        FulfilmentCompensating, FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentNeedsOperator, FulfilmentReleased,
        FulfilmentReserved, FulfilmentStarted, ReservationsReturned,
    },
    input::FulfilmentInput,
    reactions::{next_step, react},
    state::FulfilmentState,
};
use crate::{
    ids::{OrderId, Sku},
    inventory::{ReleaseStock, ReserveStock},
    order::{CancelOrder, ConfirmOrder},
};

/// The name of the one timer of a fulfilment.
const DEADLINE: &str = "deadline";

/// The rules of a fulfilment.
#[derive(Debug)]
pub struct Fulfilment;

impl Decider for Fulfilment {
    const CONTEXT: &'static str = "fulfilment";
    type State = FulfilmentState;
    type Command = FulfilmentInput;
    type Event = FulfilmentEvent;
    type Rejection = Infallible;

    fn decide(state: &FulfilmentState, input: &FulfilmentInput) -> Result<Vec<FulfilmentEvent>, Infallible> {
        let mut events = react(state, input);
        let mut after = fold::<Self>(state.clone(), &events);
        while let Some(next) = next_step(&after, &input.order_id).filter(|_| !events.is_empty()) {
            after = Self::evolve(after, &next);
            events.push(next);
        }
        Ok(events)
    }

    fn evolve(state: FulfilmentState, event: &FulfilmentEvent) -> FulfilmentState {
        state.apply(event)
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
            // The order is cancelled also when an operator must look, so that no buyer waits for ever.
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
        state.status()
    }
}
