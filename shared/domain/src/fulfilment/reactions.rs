//! How a fulfilment reacts to each message in each state, and which steps then follow.

use causeway::saga::process::Progress;
use jiff::{SignedDuration, Timestamp};

use super::{
    events::{
        EarlyMessage, FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted, FulfilmentEvent,
        FulfilmentFactNoted, FulfilmentLine, FulfilmentLineReleased, FulfilmentLineReserved, FulfilmentNeedsOperator,
        FulfilmentReleased, FulfilmentReserved, FulfilmentStarted, ReservationsReturned, ReturnReason,
    },
    input::{FulfilmentInput, Trigger},
    state::{FulfilmentData, FulfilmentState, OrderProgress},
};
use crate::ids::{OrderId, Sku};

/// The time from the placing of an order until it is confirmed; after it the fulfilment compensates.
pub const TIME_TO_FULFIL: SignedDuration = SignedDuration::from_mins(15);

/// The time that compensation may take; after it an operator must look.
pub const TIME_TO_UNDO: SignedDuration = SignedDuration::from_mins(15);

/// The events that follow from a message.
pub(super) fn react(state: &FulfilmentState, input: &FulfilmentInput) -> Vec<FulfilmentEvent> {
    match state {
        FulfilmentState::NotStarted(early) => before_start(state, early, input),
        FulfilmentState::Reserving(data) | FulfilmentState::Confirming(data) => while_running(data, input),
        FulfilmentState::Releasing(data, reason) | FulfilmentState::Cancelling(data, reason) => {
            while_compensating(data, reason, input)
        }
        FulfilmentState::Completed(data)
        | FulfilmentState::Compensated(data)
        | FulfilmentState::NeedsOperator(data) => after_end(data, input),
    }
}

/// The event that follows once all lines are reserved, or all released.
pub(super) fn next_step(state: &FulfilmentState, order_id: &OrderId) -> Option<FulfilmentEvent> {
    let order_id = order_id.clone();
    match state {
        FulfilmentState::Reserving(data) if data.steps.all_done() => Some(match data.order {
            OrderProgress::Confirmed => FulfilmentCompleted { order_id }.into(),
            OrderProgress::Placed | OrderProgress::Cancelled => FulfilmentReserved { order_id }.into(),
        }),
        FulfilmentState::Releasing(data, reason) if data.steps.all_undone() => {
            let reason = reason.clone();
            Some(match data.order {
                OrderProgress::Cancelled => FulfilmentCompensated { order_id, reason }.into(),
                OrderProgress::Placed | OrderProgress::Confirmed => FulfilmentReleased { order_id, reason }.into(),
            })
        }
        FulfilmentState::NotStarted(_)
        | FulfilmentState::Reserving(_)
        | FulfilmentState::Confirming(_)
        | FulfilmentState::Releasing(_, _)
        | FulfilmentState::Cancelling(_, _)
        | FulfilmentState::Completed(_)
        | FulfilmentState::Compensated(_)
        | FulfilmentState::NeedsOperator(_) => None,
    }
}

fn before_start(state: &FulfilmentState, early: &[EarlyMessage], input: &FulfilmentInput) -> Vec<FulfilmentEvent> {
    let order_id = input.order_id.clone();
    let keep = |fact: EarlyMessage| match early.contains(&fact) {
        true => Vec::new(),
        false => vec![FulfilmentFactNoted { order_id: order_id.clone(), fact }.into()],
    };
    match &input.trigger {
        Trigger::OrderPlaced { placed_at, lines } => {
            let deadline = later(*placed_at, TIME_TO_FULFIL);
            let mut events = vec![FulfilmentStarted { order_id, lines: lines.clone(), deadline }.into()];
            let mut after = events.iter().fold(state.clone(), FulfilmentState::apply);
            for message in early {
                let input = FulfilmentInput { trigger: message.clone().into(), ..input.clone() };
                let reactions = react(&after, &input);
                after = reactions.iter().fold(after, FulfilmentState::apply);
                events.extend(reactions);
            }
            events
        }
        Trigger::OrderConfirmed => keep(EarlyMessage::OrderConfirmed),
        Trigger::StockReserved { line } => keep(EarlyMessage::StockReserved { line: line.clone() }),
        Trigger::StockReservationFailed { line, because } => {
            keep(EarlyMessage::StockReservationFailed { line: line.clone(), because: because.clone() })
        }
        Trigger::OrderCancelled { reason } => {
            // Nothing was requested, so only reservations that were made by hand are released.
            let skus: Vec<Sku> = early.iter().filter_map(reserved_sku).collect();
            let because = ReturnReason::OrderCancelled;
            let returned = ReservationsReturned { order_id: order_id.clone(), skus, because };
            let returned = Some(returned).filter(|returned| !returned.skus.is_empty());
            let end = FulfilmentCompensated { order_id, reason: reason.clone() };
            returned.map(FulfilmentEvent::from).into_iter().chain([end.into()]).collect()
        }
        Trigger::StockReleased { .. } | Trigger::DeadlinePassed { .. } => Vec::new(),
    }
}

fn while_running(data: &FulfilmentData, input: &FulfilmentInput) -> Vec<FulfilmentEvent> {
    let order_id = input.order_id.clone();
    match &input.trigger {
        Trigger::OrderPlaced { .. } => Vec::new(),
        Trigger::OrderConfirmed if data.steps.all_done() => vec![FulfilmentCompleted { order_id }.into()],
        Trigger::OrderConfirmed => match data.order {
            OrderProgress::Placed => vec![FulfilmentFactNoted { order_id, fact: EarlyMessage::OrderConfirmed }.into()],
            OrderProgress::Confirmed | OrderProgress::Cancelled => Vec::new(),
        },
        Trigger::OrderCancelled { reason } => vec![compensate(data, input, reason.clone(), None).into()],
        Trigger::StockReserved { line } => match data.steps.progress(line) {
            Some(Progress::Asked) => vec![FulfilmentLineReserved { order_id, line: line.clone() }.into()],
            Some(Progress::Done | Progress::Refused | Progress::UndoAsked | Progress::Undone) | None => Vec::new(),
        },
        Trigger::StockReservationFailed { line, because } => match data.steps.progress(line) {
            Some(progress) => {
                let reason = format!("{}: {} wanted, {because}", line.sku, line.quantity);
                // A line that is reserved already is released all the same: the failure may belong to an earlier attempt.
                let refused = Some(&line.sku).filter(|_| progress == Progress::Asked);
                vec![compensate(data, input, reason, refused).into()]
            }
            None => Vec::new(),
        },
        Trigger::StockReleased { sku } if data.line(sku).is_some() => {
            let reason = format!("{sku}: somebody else released it");
            let released = FulfilmentLineReleased { order_id, sku: sku.clone() };
            vec![compensate(data, input, reason, None).into(), released.into()]
        }
        Trigger::DeadlinePassed { deadline } if *deadline == data.deadline => {
            let reason = format!("it took longer than {} minutes", TIME_TO_FULFIL.as_mins());
            vec![compensate(data, input, reason, None).into()]
        }
        Trigger::StockReleased { .. } | Trigger::DeadlinePassed { .. } => Vec::new(),
    }
}

fn while_compensating(data: &FulfilmentData, reason: &str, input: &FulfilmentInput) -> Vec<FulfilmentEvent> {
    let order_id = input.order_id.clone();
    match &input.trigger {
        Trigger::StockReserved { line } => too_late(data, input, line),
        Trigger::StockReleased { sku } => match data.line(sku) {
            Some((_, Progress::UndoAsked)) => vec![FulfilmentLineReleased { order_id, sku: sku.clone() }.into()],
            Some((_, Progress::Asked | Progress::Done | Progress::Refused | Progress::Undone)) | None => Vec::new(),
        },
        Trigger::OrderCancelled { .. } if data.steps.all_undone() => {
            vec![FulfilmentCompensated { order_id, reason: reason.to_owned() }.into()]
        }
        Trigger::OrderCancelled { reason } => match data.order {
            OrderProgress::Placed | OrderProgress::Confirmed => {
                let fact = EarlyMessage::OrderCancelled { reason: reason.clone() };
                vec![FulfilmentFactNoted { order_id, fact }.into()]
            }
            OrderProgress::Cancelled => Vec::new(),
        },
        Trigger::DeadlinePassed { deadline } if *deadline == data.deadline => {
            vec![FulfilmentNeedsOperator { order_id, reason: reason.to_owned() }.into()]
        }
        Trigger::OrderPlaced { .. }
        | Trigger::OrderConfirmed
        | Trigger::StockReservationFailed { .. }
        | Trigger::DeadlinePassed { .. } => Vec::new(),
    }
}

fn after_end(data: &FulfilmentData, input: &FulfilmentInput) -> Vec<FulfilmentEvent> {
    match &input.trigger {
        Trigger::StockReserved { line } => too_late(data, input, line),
        Trigger::OrderCancelled { .. } if data.order != OrderProgress::Cancelled => {
            let held = |(line, progress): (&FulfilmentLine, Progress)| match progress {
                Progress::Asked | Progress::Done | Progress::UndoAsked => Some(line.sku.clone()),
                Progress::Refused | Progress::Undone => None,
            };
            let mut skus: Vec<Sku> = data.steps.iter().filter_map(held).collect();
            skus.reverse();
            returned(input, skus, ReturnReason::OrderCancelled)
        }
        Trigger::OrderPlaced { .. }
        | Trigger::OrderConfirmed
        | Trigger::OrderCancelled { .. }
        | Trigger::StockReservationFailed { .. }
        | Trigger::StockReleased { .. }
        | Trigger::DeadlinePassed { .. } => Vec::new(),
    }
}

fn compensate(
    data: &FulfilmentData,
    input: &FulfilmentInput,
    reason: String,
    refused: Option<&Sku>,
) -> FulfilmentCompensating {
    FulfilmentCompensating {
        order_id: input.order_id.clone(),
        reason,
        order_cancelled: matches!(input.trigger, Trigger::OrderCancelled { .. }),
        refused: refused.cloned(),
        release: data.to_release(refused),
        deadline: later(input.at, TIME_TO_UNDO),
    }
}

/// Releases a reservation that arrived too late, once.
fn too_late(data: &FulfilmentData, input: &FulfilmentInput, line: &FulfilmentLine) -> Vec<FulfilmentEvent> {
    if data.reserved.contains(&line.sku) || data.steps.progress(line).is_none() {
        return Vec::new();
    }
    returned(input, vec![line.sku.clone()], ReturnReason::ReservedTooLate)
}

fn returned(input: &FulfilmentInput, skus: Vec<Sku>, because: ReturnReason) -> Vec<FulfilmentEvent> {
    if skus.is_empty() {
        return Vec::new();
    }
    vec![ReservationsReturned { order_id: input.order_id.clone(), skus, because }.into()]
}

fn reserved_sku(early: &EarlyMessage) -> Option<Sku> {
    match early {
        EarlyMessage::StockReserved { line } => Some(line.sku.clone()),
        EarlyMessage::StockReservationFailed { .. }
        | EarlyMessage::OrderConfirmed
        | EarlyMessage::OrderCancelled { .. } => None,
    }
}

fn later(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
