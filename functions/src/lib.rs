//! The functions: who hears what. One page of routes, one file per reacting context, one binary per route.

pub mod fulfilment;
pub mod inventory;
pub mod notification;
pub mod order;
pub mod stock_report;

#[cfg(test)]
mod tests;

use causeway::{Route, route};

/// All routes: `route("<context that reacts>", <its handler of the message>)`.
pub fn routes() -> Vec<Route> {
    vec![
        // order: the rules, then the views
        route("order", order::on_place_order),
        route("order", order::on_confirm_order),
        route("order", order::on_cancel_order),
        route("order", order::on_order_placed),
        route("order", order::on_order_confirmed),
        route("order", order::on_order_cancelled),
        // inventory: the rules, then the views
        route("inventory", inventory::on_receive_stock),
        route("inventory", inventory::on_reserve_stock),
        route("inventory", inventory::on_release_stock),
        route("inventory", inventory::on_ship_stock),
        route("inventory", inventory::on_stock_received),
        route("inventory", inventory::on_stock_reserved),
        route("inventory", inventory::on_stock_reservation_failed),
        route("inventory", inventory::on_stock_released),
        route("inventory", inventory::on_stock_shipped),
        // fulfilment: what the process hears, then the board
        route("fulfilment", fulfilment::on_order_placed),
        route("fulfilment", fulfilment::on_order_confirmed),
        route("fulfilment", fulfilment::on_order_cancelled),
        route("fulfilment", fulfilment::on_stock_reserved),
        route("fulfilment", fulfilment::on_stock_reservation_failed),
        route("fulfilment", fulfilment::on_stock_released),
        route("fulfilment", fulfilment::on_fulfilment_deadline_passed),
        route("fulfilment", fulfilment::on_fulfilment_started),
        route("fulfilment", fulfilment::on_fulfilment_fact_noted),
        route("fulfilment", fulfilment::on_fulfilment_line_reserved),
        route("fulfilment", fulfilment::on_fulfilment_reserved),
        route("fulfilment", fulfilment::on_fulfilment_completed),
        route("fulfilment", fulfilment::on_fulfilment_compensating),
        route("fulfilment", fulfilment::on_fulfilment_line_released),
        route("fulfilment", fulfilment::on_fulfilment_released),
        route("fulfilment", fulfilment::on_fulfilment_compensated),
        route("fulfilment", fulfilment::on_fulfilment_needs_operator),
        route("fulfilment", fulfilment::on_reservations_returned),
        // notification
        route("notification", notification::on_order_confirmed),
        route("notification", notification::on_order_cancelled),
        // stock-report
        route("stock-report", stock_report::on_stock_report_due),
    ]
}
