//! Scenarios through all functions in memory: commands go in, and views, mails and the log are checked at the end.

mod analytics;
mod carts;
mod http;
mod outside;
mod public;
mod test_app;
mod users;

use causeway::{memory::MailFault, message::system::CommandRejected, saga::process::Status, view::view_store::Page};
use domain::{
    fulfilment::{ProcessBoard, TIME_TO_CONFIRM, TIME_TO_RESERVE},
    inventory::Stock,
    notification::NotificationEvent,
    order::{OrderCancelled, OrderDetails, OrderStatus, OrderSummary},
    payment::PaymentRefunded,
    shipment::ShipmentDispatched,
};
use serde_json::{Value, json};

use test_app::TestApp;

fn place(order: &str, lines: &[(&str, u32)]) -> Value {
    let price = json!({ "amount": 1000, "currency": "EUR" });
    let line = |(sku, quantity): &(&str, u32)| json!({ "sku": sku, "quantity": quantity, "unitPrice": price });
    json!({
        "orderId": order,
        "userId": "u-1",
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "contactEmail": "ada@example.com",
    })
}

fn receive(sku: &str, quantity: u32) -> Value {
    json!({ "sku": sku, "quantity": quantity })
}

#[test]
fn an_order_is_reserved_paid_confirmed_shipped_delivered_and_completed() {
    let app = TestApp::new(1);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("ReceiveStock", receive("tea", 5));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2), ("tea", 1)]));

    let order = app.row::<OrderSummary>("o-1");
    assert_eq!((order.status, order.total.amount), (OrderStatus::Completed, 3000));
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.reserved, mugs.shipped), (5, 3, 0, 2));
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Completed);
    let mails = app.memory.mailer.sent();
    assert_eq!(mails.len(), 4, "a receipt, a confirmation, a notice and a request for feedback");
    assert!(mails.iter().all(|mail| mail.to == "ada@example.com"));
    assert!(mails.iter().any(|mail| mail.subject == "Your order o-1 is confirmed"));
    assert_eq!(app.memory.timers.pending().len(), 0, "a deadline is still set");
    app.assert_no_dead_letters();
}

#[test]
fn a_rejected_second_line_releases_the_first_and_cancels_the_order_with_the_reason() {
    let app = TestApp::new(2);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2), ("tea", 1)]));

    let order = app.row::<OrderDetails>("o-1");
    assert_eq!(order.status, OrderStatus::Cancelled);
    let reason = order.history.last().unwrap().reason.clone().unwrap();
    assert_eq!(reason, "tea: 1 wanted, 0 available");
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.available, mugs.reserved), (5, 0));
    let board = app.row::<ProcessBoard>("o-1");
    assert_eq!((board.status, board.reason), (Status::Compensated, Some(reason.clone())));
    let mails = app.memory.mailer.sent();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.contains(&reason), "{}", mails[0].body);
    app.assert_no_dead_letters();
}

#[test]
fn of_fifty_orders_for_one_unit_one_is_completed() {
    let app = TestApp::new(3);
    app.publish("ReceiveStock", receive("mug", 1));
    let orders: Vec<String> = (0..50).map(|number| format!("o-{number}")).collect();
    app.publish_all(orders.iter().map(|order| ("PlaceOrder", place(order, &[("mug", 1)]))));

    let count = |status| orders.iter().filter(|order| app.row::<OrderSummary>(order).status == status).count();
    assert_eq!((count(OrderStatus::Completed), count(OrderStatus::Cancelled)), (1, 49));
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.reserved, mugs.shipped), (1, 0, 0, 1));
    assert_eq!(app.memory.mailer.sent().len(), 49 + 4, "each buyer gets one mail, and the one of the parcel four");
    app.assert_no_dead_letters();
}

#[test]
fn delivering_every_message_three_times_changes_nothing_more() {
    let app = TestApp::new(4).delivering_each(3);
    app.publish("ReceiveStock", receive("mug", 2));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    app.publish("PlaceOrder", place("o-2", &[("mug", 1)]));
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Completed);
    assert_eq!(app.row::<OrderSummary>("o-2").status, OrderStatus::Cancelled);
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.shipped), (2, 0, 2));
    assert_eq!(app.memory.mailer.sent().len(), 4 + 1);
    assert_eq!(app.row::<OrderDetails>("o-1").history.len(), 6);
}

#[test]
fn an_order_past_its_deadline_is_cancelled() {
    let app = TestApp::new(5).without_handlers_of("ReserveStock");
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Placed);
    app.advance(TIME_TO_RESERVE);
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Cancelled);
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Compensated);
}

#[test]
fn a_declined_card_releases_the_stock_and_cancels_the_order_with_the_reason() {
    let app = TestApp::new(15);
    app.publish("ReceiveStock", receive("mug", 5));
    let mut order = place("o-1", &[("mug", 2)]);
    order["paymentToken"] = json!("tok_declined");
    app.publish("PlaceOrder", order);
    let order = app.row::<OrderDetails>("o-1");
    assert_eq!(order.status, OrderStatus::Cancelled);
    let reason = order.history.last().unwrap().reason.clone();
    assert_eq!(reason.as_deref(), Some("payment declined: the card has expired"));
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.available, mugs.reserved), (5, 0));
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Compensated);
    app.assert_no_dead_letters();
}

#[test]
fn a_confirmed_order_that_is_not_dispatched_is_cancelled_refunded_and_released() {
    let mut app = TestApp::new(6).holding_back("shipment", "ShipOrder");
    app.publish("ReceiveStock", receive("mug", 1));
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Confirmed);
    app.publish("CancelOrder", json!({ "orderId": "o-1", "reason": "I changed my mind" }));
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Cancelled);
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Compensated);
    let mugs = app.row::<Stock>("mug");
    assert_eq!((mugs.available, mugs.reserved), (1, 0));
    assert_eq!(app.published::<PaymentRefunded>().len(), 1);
    // The parcel stays in the house, whatever comes late.
    app.deliver_held();
    assert_eq!(app.published::<ShipmentDispatched>().len(), 0);
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Cancelled);
}

#[test]
fn an_order_that_is_dispatched_before_its_cancellation_comes_is_shipped() {
    let mut app = TestApp::new(16).holding_back("shipment", "CancelShipping");
    app.publish("ReceiveStock", receive("mug", 1));
    app.publish_all([("PlaceOrder", place("o-1", &[("mug", 1)]))]);
    app.publish("CancelOrder", json!({ "orderId": "o-1", "reason": "I changed my mind" }));
    let rejected = app.published::<CommandRejected>();
    assert_eq!((rejected.len(), rejected[0].rule.as_str()), (1, "AlreadyShipped"));
    app.deliver_held();
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Completed);
    assert_eq!(app.row::<Stock>("mug").shipped, 1);
    assert_eq!(app.published::<PaymentRefunded>().len(), 0);
}

#[test]
fn an_order_whose_confirmation_arrives_after_the_deadline_stays_confirmed() {
    let mut app = TestApp::new(14).holding_back("fulfilment", "OrderConfirmed");
    app.publish("ReceiveStock", receive("mug", 2));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Confirmed);
    app.advance(TIME_TO_CONFIRM);
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Compensating, "it is in doubt and asks the order");
    app.deliver_held();
    assert_eq!(app.row::<OrderSummary>("o-1").status, OrderStatus::Completed);
    assert_eq!(app.row::<ProcessBoard>("o-1").status, Status::Completed);
    assert_eq!(app.row::<Stock>("mug").shipped, 2);
    let cancelled = app.published::<OrderCancelled>();
    assert_eq!(cancelled.len(), 0, "the buyer is not told of a cancellation");
}

#[test]
fn a_rejected_command_is_published_and_appends_nothing() {
    let app = TestApp::new(7);
    app.publish("PlaceOrder", place("o-1", &[("mug", 0)]));
    let rejected = app.published::<CommandRejected>();
    assert_eq!(rejected.len(), 1);
    assert_eq!((rejected[0].stream.as_str(), rejected[0].rule.as_str()), ("order/o-1", "QuantityOutOfRange"));
    assert!(rejected[0].reason.starts_with("lines[0].quantity"), "{}", rejected[0].reason);
    assert!(app.memory.store.streams().is_empty());
}

#[test]
fn the_orders_of_a_user_are_listed_newest_first() {
    let app = TestApp::new(8);
    app.publish("ReceiveStock", receive("mug", 9));
    for order in ["o-1", "o-2", "o-3"] {
        app.publish("PlaceOrder", place(order, &[("mug", 1)]));
        app.advance(jiff::SignedDuration::from_millis(1500));
    }
    let list = OrderSummary::list_of(&"u-1".parse().unwrap());
    let first = app.list::<OrderSummary>(&list, &Page { limit: 2, ..Page::default() });
    let ids =
        |rows: &[domain::order::OrderSummaryRow]| rows.iter().map(|row| row.order_id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&first.rows), ["o-3", "o-2"]);
    let second = app.list::<OrderSummary>(&list, &Page { limit: 2, after: first.next, ..Page::default() });
    assert_eq!((ids(&second.rows), second.next), (vec!["o-1".to_owned()], None));
}

#[test]
fn orders_are_listed_by_their_status() {
    let app = TestApp::new(8);
    app.publish("ReceiveStock", receive("mug", 1));
    for order in ["o-1", "o-2", "o-3"] {
        app.publish("PlaceOrder", place(order, &[("mug", 1)]));
        app.advance(jiff::SignedDuration::from_millis(1500));
    }
    let listed = |status| {
        let rows = app.list::<OrderDetails>(&OrderDetails::list_of(status), &Page::default()).rows;
        rows.iter().map(|row| row.order_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(OrderStatus::Placed), Vec::<String>::new());
    assert_eq!(listed(OrderStatus::Completed), ["o-1"]);
    assert_eq!(listed(OrderStatus::Cancelled), ["o-3", "o-2"]);
}

#[test]
fn the_samples_of_receive_stock_and_place_order_complete_an_order() {
    let app = TestApp::new(8);
    for name in ["ReceiveStock", "PlaceOrder"] {
        let entry = domain::catalogue().into_iter().find(|entry| entry.description.name == name).unwrap();
        app.publish(name, entry.sample);
    }
    assert_eq!(app.row::<OrderSummary>("o-1001").status, OrderStatus::Completed);
    assert_eq!(app.memory.mailer.sent().len(), 4);
}

#[test]
fn a_mail_whose_response_is_lost_is_looked_up_and_not_sent_again() {
    let app = TestApp::new(9);
    app.memory.mailer.inject_fault(MailFault::AnswerLost);
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.memory.mailer.sent().len(), 1);
    assert!(matches!(app.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_mail_is_sent_again_after_the_mailer_was_unreachable() {
    let app = TestApp::new(10);
    app.memory.mailer.inject_fault(MailFault::NotReached);
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.memory.mailer.sent().len(), 1);
    assert!(matches!(app.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_mail_with_unknown_outcome_is_recorded_as_failed_and_not_sent_again() {
    let app = TestApp::new(11);
    app.memory.mailer.inject_fault(MailFault::AnswerLost);
    app.memory.mailer.forget_keys();
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.memory.mailer.sent().len(), 1);
    match app.notifications().as_slice() {
        [NotificationEvent::EmailFailed(failed)] => assert_eq!(failed.reason, "outcome unknown"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_that_was_not_accepted_is_sent_again_even_if_the_mailer_keeps_no_keys() {
    let app = TestApp::new(13);
    app.memory.mailer.inject_fault(MailFault::NotTaken);
    app.memory.mailer.forget_keys();
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(app.memory.mailer.sent().len(), 1);
    assert!(matches!(app.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_rejected_mail_and_an_order_without_an_address_are_recorded_as_failures() {
    let app = TestApp::new(12);
    app.memory.mailer.inject_fault(MailFault::Refused("no such address".to_owned()));
    app.publish("PlaceOrder", place("o-1", &[("mug", 1)]));
    let mut without_address = place("o-2", &[("mug", 1)]);
    without_address.as_object_mut().unwrap().remove("contactEmail");
    app.publish("PlaceOrder", without_address);
    let mut reasons: Vec<String> = app
        .notifications()
        .into_iter()
        .map(|event| match event {
            NotificationEvent::EmailFailed(failed) => failed.reason,
            NotificationEvent::EmailSent(sent) => panic!("{sent:?}"),
        })
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["the mailer refused it: no such address", "the order has no mail address"]);
    assert_eq!(app.memory.mailer.sent().len(), 0);
}

#[test]
fn the_stock_report_of_a_day_is_produced_once() {
    let app = TestApp::new(13);
    app.publish("ReceiveStock", receive("mug", 9));
    app.publish("ReceiveStock", receive("tea", 1));
    app.publish("StockReportDue", json!({}));
    app.publish("StockReportDue", json!({}));
    let reports = app.published::<domain::stock_report::StockReportProduced>();
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!((report.day.as_str(), report.skus, report.available, report.low_skus), ("2026-01-01", 2, 10, 1));
    assert_eq!(report.low[0].sku.as_str(), "tea");
}

#[test]
fn no_two_routes_share_a_function() {
    let mut names: Vec<String> = crate::routes().iter().map(causeway::Route::function).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
