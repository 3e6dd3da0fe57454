//! The functions of the application: the routes of all contexts, and the handlers written by hand.
//! `cargo xtask generate` writes one binary per route, and its function, rule and rights into the templates.

pub mod fulfilment;
pub mod notification;
pub mod payment;
pub mod stock_report;

#[cfg(test)]
mod tests;

use causeway::{Right, Route, commands, route, views};
use domain::{
    fulfilment::ProcessBoard,
    inventory::{Inventory, Stock},
    order::{Order, OrderDetails, OrderSummary},
    payment::PaymentSummary,
    shipment::{Shipment, ShipmentTracking},
};

/// All routes, by the context that handles the message.
pub fn routes() -> Vec<Route> {
    [
        commands::<Order>(),
        views::<(OrderSummary, OrderDetails)>(),
        commands::<Inventory>(),
        views::<Stock>(),
        vec![
            route("fulfilment", fulfilment::on_order_placed),
            route("fulfilment", fulfilment::on_order_confirmed),
            route("fulfilment", fulfilment::on_order_cancelled),
            route("fulfilment", fulfilment::on_stock_reserved),
            route("fulfilment", fulfilment::on_stock_reservation_failed),
            route("fulfilment", fulfilment::on_stock_released),
            route("fulfilment", fulfilment::on_fulfilment_deadline_passed),
        ],
        views::<ProcessBoard>(),
        vec![
            route("notification", notification::on_order_confirmed).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_order_cancelled).with([Right::SendMail]).reserved_concurrency(5),
            route("stock-report", stock_report::on_stock_report_due)
                .with([Right::ReadViews])
                .reserved_concurrency(1)
                .scheduled("cron(0 6 * * ? *)"),
            route("payment", payment::on_process_payment),
            route("payment", payment::on_refund_payment),
        ],
        views::<PaymentSummary>(),
        commands::<Shipment>(),
        views::<ShipmentTracking>(),
    ]
    .concat()
}
