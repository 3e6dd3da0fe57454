//! The handlers of the fulfilment process: one per event that it reacts to.

use causeway::{App, Outcome, TimerFired, Verified};
use domain::{
    fulfilment::{Fulfilment, FulfilmentDeadlinePassed, FulfilmentInput},
    inventory::{StockReleased, StockReservationFailed, StockReserved},
    order::{OrderCancelled, OrderConfirmed, OrderPlaced},
};

/// Starts the fulfilment and reserves stock.
pub async fn on_order_placed(app: App, event: Verified<OrderPlaced>) -> Outcome {
    let input = FulfilmentInput::order_placed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Completes the fulfilment.
pub async fn on_order_confirmed(app: App, event: Verified<OrderConfirmed>) -> Outcome {
    let input = FulfilmentInput::order_confirmed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Releases the reservations of the order.
pub async fn on_order_cancelled(app: App, event: Verified<OrderCancelled>) -> Outcome {
    let input = FulfilmentInput::order_cancelled(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Records the reserved line; with the last one, confirms the order.
pub async fn on_stock_reserved(app: App, event: Verified<StockReserved>) -> Outcome {
    let input = FulfilmentInput::stock_reserved(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Starts the compensation, because a line cannot be reserved.
pub async fn on_stock_reservation_failed(app: App, event: Verified<StockReservationFailed>) -> Outcome {
    let input = FulfilmentInput::stock_reservation_failed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Records the released line; with the last one, cancels the order.
pub async fn on_stock_released(app: App, event: Verified<StockReleased>) -> Outcome {
    let input = FulfilmentInput::stock_released(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}

/// Starts the compensation after the deadline, or asks for an operator if compensating takes too long.
pub async fn on_fulfilment_deadline_passed(app: App, event: TimerFired<FulfilmentDeadlinePassed>) -> Outcome {
    let input = FulfilmentInput::deadline_passed(&event, app.clock().now());
    app.execute::<Fulfilment>(&event.data.order_id, &input, &event.cause()).await
}
