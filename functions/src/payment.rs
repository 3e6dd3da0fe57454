//! Payments: commands, and the calls to the payment provider that follow from their events.

use causeway::{App, Outcome, Received};
use domain::payment::{Payment, ProcessPayment, RefundPayment};

/// Records that an order is to be charged.
pub async fn on_process_payment(app: App, command: Received<ProcessPayment>) -> Outcome {
    app.execute::<Payment>(&command.data.order_id, &command.data.clone().into(), &command.cause()).await
}

/// Records that a charge is to be returned.
pub async fn on_refund_payment(app: App, command: Received<RefundPayment>) -> Outcome {
    app.execute::<Payment>(&command.data.order_id, &command.data.clone().into(), &command.cause()).await
}
