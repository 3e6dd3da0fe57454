//! What a fulfilment makes of what it hears, by where it stands, and what then follows of itself.

use causeway::{Decider, command::decider::fold, saga::process::Progress};
use jiff::{SignedDuration, Timestamp};

use super::{
    course::{Course, OrderStands},
    decider::{Fulfilment, FulfilmentState, TIME_TO_FULFIL, TIME_TO_UNDO},
    events::{
        FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted, FulfilmentEvent, FulfilmentFactNoted,
        FulfilmentLine, FulfilmentLineReleased, FulfilmentLineReserved, FulfilmentNeedsOperator, FulfilmentReleased,
        FulfilmentReserved, FulfilmentStarted, NotedFact, ReservationsReturned, ReturnedBecause,
    },
    heard::{Fact, Heard},
};
use crate::ids::{OrderId, Sku};

/// What is recorded of a fact.
pub(super) fn answer(state: &FulfilmentState, heard: &Heard) -> Vec<FulfilmentEvent> {
    match state {
        FulfilmentState::NotStarted(noted) => before_start(state, noted, heard),
        FulfilmentState::Reserving(course) | FulfilmentState::Confirming(course) => under_way(course, heard),
        FulfilmentState::Releasing(course, reason) | FulfilmentState::Cancelling(course, reason) => {
            undoing(course, reason, heard)
        }
        FulfilmentState::Completed(course)
        | FulfilmentState::Compensated(course)
        | FulfilmentState::NeedsOperator(course) => ended(course, heard),
    }
}

/// What follows once all lines are reserved, or all released.
pub(super) fn consequence(state: &FulfilmentState, order_id: &OrderId) -> Option<FulfilmentEvent> {
    let order_id = order_id.clone();
    match state {
        FulfilmentState::Reserving(course) if course.steps.all_done() => Some(match course.order {
            OrderStands::Confirmed => FulfilmentCompleted { order_id }.into(),
            OrderStands::Placed | OrderStands::Cancelled => FulfilmentReserved { order_id }.into(),
        }),
        FulfilmentState::Releasing(course, reason) if course.steps.all_undone() => {
            let reason = reason.clone();
            Some(match course.order {
                OrderStands::Cancelled => FulfilmentCompensated { order_id, reason }.into(),
                OrderStands::Placed | OrderStands::Confirmed => FulfilmentReleased { order_id, reason }.into(),
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

fn before_start(state: &FulfilmentState, noted: &[NotedFact], heard: &Heard) -> Vec<FulfilmentEvent> {
    let order_id = heard.order_id.clone();
    let note = |fact: NotedFact| match noted.contains(&fact) {
        true => Vec::new(),
        false => vec![FulfilmentFactNoted { order_id: order_id.clone(), fact }.into()],
    };
    match &heard.fact {
        Fact::OrderPlaced { placed_at, lines } => {
            let deadline = later(*placed_at, TIME_TO_FULFIL);
            let mut events = vec![FulfilmentStarted { order_id, lines: lines.clone(), deadline }.into()];
            let mut after = fold::<Fulfilment>(state.clone(), &events);
            for fact in noted {
                let early = Heard { fact: fact.clone().into(), ..heard.clone() };
                let answers = answer(&after, &early);
                after = answers.iter().fold(after, Fulfilment::evolve);
                events.extend(answers);
            }
            events
        }
        Fact::OrderConfirmed => note(NotedFact::OrderConfirmed),
        Fact::StockReserved { line } => note(NotedFact::StockReserved { line: line.clone() }),
        Fact::StockReservationFailed { line, because } => {
            note(NotedFact::StockReservationFailed { line: line.clone(), because: because.clone() })
        }
        Fact::OrderCancelled { reason } => {
            // Nothing was begun, so only what somebody reserved by hand is given back.
            let skus: Vec<Sku> = noted.iter().filter_map(reserved_sku).collect();
            let because = ReturnedBecause::OrderCancelled;
            let returned = ReservationsReturned { order_id: order_id.clone(), skus, because };
            let returned = Some(returned).filter(|returned| !returned.skus.is_empty());
            let end = FulfilmentCompensated { order_id, reason: reason.clone() };
            returned.map(FulfilmentEvent::from).into_iter().chain([end.into()]).collect()
        }
        Fact::StockReleased { .. } | Fact::DeadlinePassed { .. } => Vec::new(),
    }
}

fn under_way(course: &Course, heard: &Heard) -> Vec<FulfilmentEvent> {
    let order_id = heard.order_id.clone();
    match &heard.fact {
        Fact::OrderPlaced { .. } => Vec::new(),
        Fact::OrderConfirmed if course.steps.all_done() => vec![FulfilmentCompleted { order_id }.into()],
        Fact::OrderConfirmed => match course.order {
            OrderStands::Placed => vec![FulfilmentFactNoted { order_id, fact: NotedFact::OrderConfirmed }.into()],
            OrderStands::Confirmed | OrderStands::Cancelled => Vec::new(),
        },
        Fact::OrderCancelled { reason } => vec![compensate(course, heard, reason.clone(), None).into()],
        Fact::StockReserved { line } => match course.steps.progress(line) {
            Some(Progress::Asked) => vec![FulfilmentLineReserved { order_id, line: line.clone() }.into()],
            Some(Progress::Done | Progress::Refused | Progress::UndoAsked | Progress::Undone) | None => Vec::new(),
        },
        Fact::StockReservationFailed { line, because } => match course.steps.progress(line) {
            Some(progress) => {
                let reason = format!("{}: {} wanted, {because}", line.sku, line.quantity);
                // What is reserved is released all the same, should a refusal of another time come in between.
                let refused = Some(&line.sku).filter(|_| progress == Progress::Asked);
                vec![compensate(course, heard, reason, refused).into()]
            }
            None => Vec::new(),
        },
        Fact::StockReleased { sku } if course.line(sku).is_some() => {
            let reason = format!("{sku}: somebody else released it");
            let released = FulfilmentLineReleased { order_id, sku: sku.clone() };
            vec![compensate(course, heard, reason, None).into(), released.into()]
        }
        Fact::DeadlinePassed { deadline } if *deadline == course.deadline => {
            let reason = format!("it took longer than {} minutes", TIME_TO_FULFIL.as_mins());
            vec![compensate(course, heard, reason, None).into()]
        }
        Fact::StockReleased { .. } | Fact::DeadlinePassed { .. } => Vec::new(),
    }
}

fn undoing(course: &Course, reason: &str, heard: &Heard) -> Vec<FulfilmentEvent> {
    let order_id = heard.order_id.clone();
    match &heard.fact {
        Fact::StockReserved { line } => too_late(course, heard, line),
        Fact::StockReleased { sku } => match course.line(sku) {
            Some((_, Progress::UndoAsked)) => vec![FulfilmentLineReleased { order_id, sku: sku.clone() }.into()],
            Some((_, Progress::Asked | Progress::Done | Progress::Refused | Progress::Undone)) | None => Vec::new(),
        },
        Fact::OrderCancelled { .. } if course.steps.all_undone() => {
            vec![FulfilmentCompensated { order_id, reason: reason.to_owned() }.into()]
        }
        Fact::OrderCancelled { reason } => match course.order {
            OrderStands::Placed | OrderStands::Confirmed => {
                let fact = NotedFact::OrderCancelled { reason: reason.clone() };
                vec![FulfilmentFactNoted { order_id, fact }.into()]
            }
            OrderStands::Cancelled => Vec::new(),
        },
        Fact::DeadlinePassed { deadline } if *deadline == course.deadline => {
            vec![FulfilmentNeedsOperator { order_id, reason: reason.to_owned() }.into()]
        }
        Fact::OrderPlaced { .. }
        | Fact::OrderConfirmed
        | Fact::StockReservationFailed { .. }
        | Fact::DeadlinePassed { .. } => Vec::new(),
    }
}

fn ended(course: &Course, heard: &Heard) -> Vec<FulfilmentEvent> {
    match &heard.fact {
        Fact::StockReserved { line } => too_late(course, heard, line),
        Fact::OrderCancelled { .. } if course.order != OrderStands::Cancelled => {
            let held = |(line, progress): (&FulfilmentLine, Progress)| match progress {
                Progress::Asked | Progress::Done | Progress::UndoAsked => Some(line.sku.clone()),
                Progress::Refused | Progress::Undone => None,
            };
            let mut skus: Vec<Sku> = course.steps.iter().filter_map(held).collect();
            skus.reverse();
            returned(heard, skus, ReturnedBecause::OrderCancelled)
        }
        Fact::OrderPlaced { .. }
        | Fact::OrderConfirmed
        | Fact::OrderCancelled { .. }
        | Fact::StockReservationFailed { .. }
        | Fact::StockReleased { .. }
        | Fact::DeadlinePassed { .. } => Vec::new(),
    }
}

fn compensate(course: &Course, heard: &Heard, reason: String, refused: Option<&Sku>) -> FulfilmentCompensating {
    FulfilmentCompensating {
        order_id: heard.order_id.clone(),
        reason,
        order_cancelled: matches!(heard.fact, Fact::OrderCancelled { .. }),
        refused: refused.cloned(),
        release: course.to_release(refused),
        deadline: later(heard.at, TIME_TO_UNDO),
    }
}

/// A reservation that nobody waits for any more is given back, once.
fn too_late(course: &Course, heard: &Heard, line: &FulfilmentLine) -> Vec<FulfilmentEvent> {
    if course.reserved.contains(&line.sku) || course.steps.progress(line).is_none() {
        return Vec::new();
    }
    returned(heard, vec![line.sku.clone()], ReturnedBecause::ReservedTooLate)
}

fn returned(heard: &Heard, skus: Vec<Sku>, because: ReturnedBecause) -> Vec<FulfilmentEvent> {
    if skus.is_empty() {
        return Vec::new();
    }
    vec![ReservationsReturned { order_id: heard.order_id.clone(), skus, because }.into()]
}

fn reserved_sku(noted: &NotedFact) -> Option<Sku> {
    match noted {
        NotedFact::StockReserved { line } => Some(line.sku.clone()),
        NotedFact::StockReservationFailed { .. } | NotedFact::OrderConfirmed | NotedFact::OrderCancelled { .. } => None,
    }
}

fn later(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
