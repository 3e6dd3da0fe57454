//! Fulfilments: what the process hears, and the board that shows where each stands.

use causeway::{App, Outcome, Received, TimerFired, Verified};
use domain::{
    fulfilment::{
        Fulfilment, FulfilmentCompensated, FulfilmentCompensating, FulfilmentCompleted, FulfilmentDeadlinePassed,
        FulfilmentFactNoted, FulfilmentInput, FulfilmentLineReleased, FulfilmentLineReserved, FulfilmentNeedsOperator,
        FulfilmentReleased, FulfilmentReserved, FulfilmentStarted, ProcessBoard, ReservationsReturned,
    },
    inventory::{StockReleased, StockReservationFailed, StockReserved},
    order::{OrderCancelled, OrderConfirmed, OrderPlaced},
};

/// Begins to get the order what it needs.
pub async fn on_order_placed(app: App, event: Verified<OrderPlaced>) -> Outcome {
    let input = FulfilmentInput::order_placed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Completes the fulfilment.
pub async fn on_order_confirmed(app: App, event: Verified<OrderConfirmed>) -> Outcome {
    let input = FulfilmentInput::order_confirmed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Undoes what was done for the order.
pub async fn on_order_cancelled(app: App, event: Verified<OrderCancelled>) -> Outcome {
    let input = FulfilmentInput::order_cancelled(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Notes the line; with the last one the order is confirmed.
pub async fn on_stock_reserved(app: App, event: Verified<StockReserved>) -> Outcome {
    let input = FulfilmentInput::stock_reserved(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Undoes what was done, because a line is refused.
pub async fn on_stock_reservation_failed(app: App, event: Verified<StockReservationFailed>) -> Outcome {
    let input = FulfilmentInput::stock_reservation_failed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Notes the line; with the last one the order is cancelled.
pub async fn on_stock_released(app: App, event: Verified<StockReleased>) -> Outcome {
    let input = FulfilmentInput::stock_released(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Undoes what took too long, or calls for somebody.
pub async fn on_fulfilment_deadline_passed(app: App, event: TimerFired<FulfilmentDeadlinePassed>) -> Outcome {
    let input = FulfilmentInput::deadline_passed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Puts the fulfilment on the board.
pub async fn on_fulfilment_started(app: App, event: Received<FulfilmentStarted>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_fulfilment_fact_noted(app: App, event: Received<FulfilmentFactNoted>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_fulfilment_line_reserved(app: App, event: Received<FulfilmentLineReserved>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_fulfilment_reserved(app: App, event: Received<FulfilmentReserved>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Moves the fulfilment to the completed ones.
pub async fn on_fulfilment_completed(app: App, event: Received<FulfilmentCompleted>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Moves the fulfilment to those being undone, with the reason.
pub async fn on_fulfilment_compensating(app: App, event: Received<FulfilmentCompensating>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_fulfilment_line_released(app: App, event: Received<FulfilmentLineReleased>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_fulfilment_released(app: App, event: Received<FulfilmentReleased>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Moves the fulfilment to the undone ones.
pub async fn on_fulfilment_compensated(app: App, event: Received<FulfilmentCompensated>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Moves the fulfilment to those somebody must look at.
pub async fn on_fulfilment_needs_operator(app: App, event: Received<FulfilmentNeedsOperator>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}

/// Keeps the board in step with its stream.
pub async fn on_reservations_returned(app: App, event: Received<ReservationsReturned>) -> Outcome {
    app.project::<ProcessBoard>(&event).await
}
