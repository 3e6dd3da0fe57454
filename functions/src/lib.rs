//! The functions of the application: the routes of all contexts, those of the HTTP API, and the handlers written by hand.
//! `cargo xtask generate` writes one binary per route, and its function, rule and rights into the templates.

pub mod account;
pub mod analytics;
pub mod cart;
pub mod device;
pub mod fraud;
pub mod http;
pub mod notification;
pub mod order;
pub mod payment;
pub mod payment_provider;
pub mod public;
pub mod stock_report;
pub mod transfer;

#[cfg(test)]
mod tests;

use causeway::{Right, Route, commands, commands_except, route, saga, views};
use domain::{
    account::{Account, AccountBalance, AccountStatement},
    cart::{Cart, CartContent},
    device::{DeviceStatus, DeviceWindows},
    fraud::FraudCase,
    fulfilment::{Fulfilment, ProcessBoard},
    inventory::{Inventory, Stock},
    order::{Order, OrderDetails, OrderSummary, PlaceOrder},
    payment::{PaymentSummary, provider::PARTY},
    shipment::{Shipment, ShipmentTracking},
    transfer::{Transfer, TransferSummary},
    user::{User, UserProfile},
};

/// All routes, by the context that handles the message.
pub fn routes() -> Vec<Route> {
    [
        commands::<User>(),
        views::<UserProfile>(),
        commands::<Cart>(),
        views::<CartContent>(),
        vec![
            route("cart", cart::on_cart_expiry_due)
                .with([Right::ReadViews])
                .reserved_concurrency(1)
                .scheduled("cron(30 * * * ? *)"),
        ],
        vec![route("order", order::on_place_order)],
        commands_except::<Order, PlaceOrder>(),
        vec![
            route("order", order::on_payment_processed),
            route("order", order::on_shipment_dispatched),
            route("order", order::on_shipment_delivered),
            route("order", order::on_shipping_cancelled),
        ],
        views::<(OrderSummary, OrderDetails)>(),
        commands::<Inventory>(),
        views::<Stock>(),
        saga::<Fulfilment>(),
        views::<ProcessBoard>(),
        vec![
            route("notification", notification::on_user_registered).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_order_confirmed).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_order_cancelled).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_payment_processed).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_shipment_dispatched).with([Right::SendMail]).reserved_concurrency(5),
            route("notification", notification::on_shipment_delivered).with([Right::SendMail]).reserved_concurrency(5),
            route("public", public::on_order_confirmed),
            route("public", public::on_shipment_dispatched),
            route("stock-report", stock_report::on_stock_report_due)
                .with([Right::ReadViews])
                .reserved_concurrency(1)
                .scheduled("cron(0 6 * * ? *)"),
            route("payment", payment::on_process_payment),
            route("payment", payment::on_refund_payment),
            route("payment-provider", payment_provider::on_payment_requested)
                .with([Right::CallHttp(PARTY)])
                .reserved_concurrency(20),
            route("payment-provider", payment_provider::on_payment_refund_requested)
                .with([Right::CallHttp(PARTY)])
                .reserved_concurrency(20),
        ],
        views::<PaymentSummary>(),
        commands::<Shipment>(),
        views::<ShipmentTracking>(),
        commands::<Account>(),
        vec![route("account", account::on_transfer_requested).once(), route("account", account::on_transfer_completed)],
        views::<(AccountBalance, AccountStatement)>(),
        commands::<Transfer>(),
        vec![
            route("transfer", transfer::on_transfer_debited).once(),
            route("transfer", transfer::on_transfer_credit_refused),
            route("transfer", transfer::on_transfer_credited),
            route("transfer", transfer::on_transfer_refused),
            route("transfer", transfer::on_transfer_returned),
        ],
        views::<TransferSummary>(),
        vec![
            route("device", device::on_record_readings),
            route("device", device::on_set_threshold),
            route("device", device::on_device_silence_due),
        ],
        views::<(DeviceStatus, DeviceWindows)>(),
        vec![
            route("fraud", fraud::on_payment_failed),
            route("fraud", fraud::on_user_email_updated),
            route("fraud", fraud::on_order_placed),
            route("fraud", fraud::on_money_deposited),
            route("fraud", fraud::on_money_withdrawn),
            route("fraud", fraud::on_release_hold),
            route("fraud", fraud::on_reject_hold),
        ],
        views::<FraudCase>(),
        vec![
            // Few at a time, since all add to the rows of the same minute and day.
            route("analytics", analytics::on_order_placed).projects().reserved_concurrency(10),
            route("analytics", analytics::on_payment_processed).projects().reserved_concurrency(10),
            route("analytics", analytics::on_payment_refunded).projects().reserved_concurrency(5),
            route("analytics", analytics::on_product_viewed).projects().reserved_concurrency(10),
            route("analytics", analytics::on_metrics_due)
                .with([Right::ReadViews])
                .reserved_concurrency(1)
                .scheduled("cron(1/5 * * * ? *)"),
            route("analytics", analytics::on_daily_report_due)
                .with([Right::ReadViews])
                .reserved_concurrency(1)
                .scheduled("cron(15 0 * * ? *)"),
        ],
    ]
    .concat()
}
