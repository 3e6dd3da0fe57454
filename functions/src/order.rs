//! Orders: what is asked of them, and the views of what happened to them.

use causeway::{App, Outcome, Received};
use domain::order::{
    CancelOrder, ConfirmOrder, Order, OrderCancelled, OrderConfirmed, OrderDetails, OrderPlaced, OrderSummary,
    PlaceOrder,
};

/// Places the order, if the rules allow.
pub async fn on_place_order(app: App, command: Received<PlaceOrder>) -> Outcome {
    app.execute::<Order>(&command.data.order_id, &command.data.clone().into(), &command.cause()).await
}

/// Confirms the order, unless it was cancelled.
pub async fn on_confirm_order(app: App, command: Received<ConfirmOrder>) -> Outcome {
    app.execute::<Order>(&command.data.order_id, &command.data.clone().into(), &command.cause()).await
}

/// Cancels the order.
pub async fn on_cancel_order(app: App, command: Received<CancelOrder>) -> Outcome {
    app.execute::<Order>(&command.data.order_id, &command.data.clone().into(), &command.cause()).await
}

/// Puts the new order into its views.
pub async fn on_order_placed(app: App, event: Received<OrderPlaced>) -> Outcome {
    app.project::<OrderSummary>(&event).await?;
    app.project::<OrderDetails>(&event).await
}

/// Shows the order as confirmed.
pub async fn on_order_confirmed(app: App, event: Received<OrderConfirmed>) -> Outcome {
    app.project::<OrderSummary>(&event).await?;
    app.project::<OrderDetails>(&event).await
}

/// Shows the order as cancelled, and why.
pub async fn on_order_cancelled(app: App, event: Received<OrderCancelled>) -> Outcome {
    app.project::<OrderSummary>(&event).await?;
    app.project::<OrderDetails>(&event).await
}
