//! Whole stories through all functions, in memory: what is said to the bus, and where everything stands at the end.

mod house;

use causeway::{memory::MailFault, message::system::CommandRejected, saga::process::Status, view::view_store::Page};
use domain::{
    fulfilment::{ProcessBoard, TIME_TO_FULFIL},
    inventory::Stock,
    notification::NotificationEvent,
    order::{OrderDetails, OrderStatus, OrderSummary},
};
use serde_json::{Value, json};

use house::House;

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
fn an_order_that_finds_its_stock_is_confirmed_and_a_mail_says_so() {
    let house = House::new(1);
    house.says("ReceiveStock", receive("mug", 5));
    house.says("ReceiveStock", receive("tea", 5));
    house.says("PlaceOrder", place("o-1", &[("mug", 2), ("tea", 1)]));

    let order = house.row::<OrderSummary>("o-1");
    assert_eq!((order.status, order.total.amount), (OrderStatus::Confirmed, 3000));
    let mugs = house.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.reserved), (5, 3, 2));
    assert_eq!(house.row::<ProcessBoard>("o-1").status, Status::Completed);
    let mails = house.memory.mailer.sent();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("ada@example.com", "Your order o-1 is confirmed"));
    assert_eq!(house.memory.timers.pending().len(), 0, "a deadline is still set");
    house.nothing_is_buried();
}

#[test]
fn a_refused_second_line_releases_the_first_and_cancels_the_order_with_the_reason() {
    let house = House::new(2);
    house.says("ReceiveStock", receive("mug", 5));
    house.says("PlaceOrder", place("o-1", &[("mug", 2), ("tea", 1)]));

    let order = house.row::<OrderDetails>("o-1");
    assert_eq!(order.status, OrderStatus::Cancelled);
    let why = order.history.last().unwrap().reason.clone().unwrap();
    assert_eq!(why, "tea: 1 wanted, 0 available");
    let mugs = house.row::<Stock>("mug");
    assert_eq!((mugs.available, mugs.reserved), (5, 0));
    let board = house.row::<ProcessBoard>("o-1");
    assert_eq!((board.status, board.reason), (Status::Compensated, Some(why.clone())));
    let mails = house.memory.mailer.sent();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.contains(&why), "{}", mails[0].body);
    house.nothing_is_buried();
}

#[test]
fn of_fifty_buyers_of_one_piece_one_gets_it() {
    let house = House::new(3);
    house.says("ReceiveStock", receive("mug", 1));
    let orders: Vec<String> = (0..50).map(|number| format!("o-{number}")).collect();
    house.say_all(orders.iter().map(|order| ("PlaceOrder", place(order, &[("mug", 1)]))));

    let stands = |status| orders.iter().filter(|order| house.row::<OrderSummary>(order).status == status).count();
    assert_eq!((stands(OrderStatus::Confirmed), stands(OrderStatus::Cancelled)), (1, 49));
    let mugs = house.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.reserved, mugs.shipped), (1, 0, 1, 0));
    assert_eq!(house.memory.mailer.sent().len(), 50, "each buyer gets one mail");
    house.nothing_is_buried();
}

#[test]
fn every_message_delivered_three_times_changes_nothing_more() {
    let house = House::new(4).delivering(3);
    house.says("ReceiveStock", receive("mug", 2));
    house.says("PlaceOrder", place("o-1", &[("mug", 2)]));
    house.says("PlaceOrder", place("o-2", &[("mug", 1)]));
    assert_eq!(house.row::<OrderSummary>("o-1").status, OrderStatus::Confirmed);
    assert_eq!(house.row::<OrderSummary>("o-2").status, OrderStatus::Cancelled);
    let mugs = house.row::<Stock>("mug");
    assert_eq!((mugs.received, mugs.available, mugs.reserved), (2, 0, 2));
    assert_eq!(house.memory.mailer.sent().len(), 2);
    assert_eq!(house.row::<OrderDetails>("o-1").history.len(), 2);
}

#[test]
fn an_order_that_takes_too_long_is_cancelled() {
    let house = House::new(5).deaf_to("ReserveStock");
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(house.row::<OrderSummary>("o-1").status, OrderStatus::Placed);
    house.after(TIME_TO_FULFIL);
    assert_eq!(house.row::<OrderSummary>("o-1").status, OrderStatus::Cancelled);
    assert_eq!(house.row::<ProcessBoard>("o-1").status, Status::Compensated);
}

#[test]
fn a_confirmed_order_that_is_cancelled_gives_its_stock_back() {
    let house = House::new(6);
    house.says("ReceiveStock", receive("mug", 2));
    house.says("PlaceOrder", place("o-1", &[("mug", 2)]));
    house.says("CancelOrder", json!({ "orderId": "o-1", "reason": "I changed my mind" }));
    assert_eq!(house.row::<OrderSummary>("o-1").status, OrderStatus::Cancelled);
    let mugs = house.row::<Stock>("mug");
    assert_eq!((mugs.available, mugs.reserved), (2, 0));
    assert_eq!(house.row::<ProcessBoard>("o-1").status, Status::Completed, "an end is not left");
    assert_eq!(house.memory.mailer.sent().len(), 2);
}

#[test]
fn a_rule_that_says_no_is_said_on_the_bus_and_nothing_is_placed() {
    let house = House::new(7);
    house.says("PlaceOrder", place("o-1", &[("mug", 0)]));
    let said = house.said::<CommandRejected>();
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].stream.as_str(), said[0].rule.as_str()), ("order/o-1", "QuantityOutOfRange"));
    assert!(said[0].reason.starts_with("lines[0].quantity"), "{}", said[0].reason);
    assert!(house.memory.store.streams().is_empty());
}

#[test]
fn a_buyers_orders_stand_newest_first() {
    let house = House::new(8);
    house.says("ReceiveStock", receive("mug", 9));
    for order in ["o-1", "o-2", "o-3"] {
        house.says("PlaceOrder", place(order, &[("mug", 1)]));
        house.after(jiff::SignedDuration::from_millis(1500));
    }
    let list = OrderSummary::list_of(&"u-1".parse().unwrap());
    let first = house.list::<OrderSummary>(&list, &Page { limit: 2, ..Page::default() });
    let ids =
        |rows: &[domain::order::OrderSummaryRow]| rows.iter().map(|row| row.order_id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&first.rows), ["o-3", "o-2"]);
    let second = house.list::<OrderSummary>(&list, &Page { limit: 2, after: first.next, ..Page::default() });
    assert_eq!((ids(&second.rows), second.next), (vec!["o-1".to_owned()], None));
}

#[test]
fn the_samples_of_receive_stock_and_place_order_tell_a_story() {
    let house = House::new(8);
    for name in ["ReceiveStock", "PlaceOrder"] {
        let entry = domain::catalogue().into_iter().find(|entry| entry.description.name == name).unwrap();
        house.says(name, entry.sample);
    }
    assert_eq!(house.row::<OrderSummary>("o-1001").status, OrderStatus::Confirmed);
    assert_eq!(house.memory.mailer.sent().len(), 1);
}

#[test]
fn a_mail_whose_answer_is_lost_is_looked_up_and_not_sent_again() {
    let house = House::new(9);
    house.memory.mailer.inject_fault(MailFault::AnswerLost);
    house.says("ReceiveStock", receive("mug", 1));
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(house.memory.mailer.sent().len(), 1);
    assert!(matches!(house.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_mail_that_was_not_reached_is_sent_again() {
    let house = House::new(10);
    house.memory.mailer.inject_fault(MailFault::NotReached);
    house.says("ReceiveStock", receive("mug", 1));
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(house.memory.mailer.sent().len(), 1);
    assert!(matches!(house.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_mail_of_which_nobody_can_tell_is_a_failure_and_not_a_second_mail() {
    let house = House::new(11);
    house.memory.mailer.inject_fault(MailFault::AnswerLost);
    house.memory.mailer.forget_keys();
    house.says("ReceiveStock", receive("mug", 1));
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(house.memory.mailer.sent().len(), 1);
    match house.notifications().as_slice() {
        [NotificationEvent::EmailFailed(failed)] => assert_eq!(failed.reason, "outcome unknown"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_that_surely_was_not_taken_goes_out_later_though_the_mailer_keeps_no_keys() {
    let house = House::new(13);
    house.memory.mailer.inject_fault(MailFault::NotTaken);
    house.memory.mailer.forget_keys();
    house.says("ReceiveStock", receive("mug", 1));
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    assert_eq!(house.memory.mailer.sent().len(), 1);
    assert!(matches!(house.notifications().as_slice(), [NotificationEvent::EmailSent(_)]));
}

#[test]
fn a_refused_mail_and_an_order_without_an_address_are_recorded_as_failures() {
    let house = House::new(12);
    house.memory.mailer.inject_fault(MailFault::Refused("no such address".to_owned()));
    house.says("ReceiveStock", receive("mug", 2));
    house.says("PlaceOrder", place("o-1", &[("mug", 1)]));
    let mut nobody = place("o-2", &[("mug", 1)]);
    nobody.as_object_mut().unwrap().remove("contactEmail");
    house.says("PlaceOrder", nobody);
    let mut reasons: Vec<String> = house
        .notifications()
        .into_iter()
        .map(|event| match event {
            NotificationEvent::EmailFailed(failed) => failed.reason,
            NotificationEvent::EmailSent(sent) => panic!("{sent:?}"),
        })
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["the mailer refused it: no such address", "the order has no mail address"]);
    assert_eq!(house.memory.mailer.sent().len(), 0);
}

#[test]
fn the_stock_report_of_a_day_is_produced_once() {
    let house = House::new(13);
    house.says("ReceiveStock", receive("mug", 9));
    house.says("ReceiveStock", receive("tea", 1));
    house.says("StockReportDue", json!({}));
    house.says("StockReportDue", json!({}));
    let reports = house.said::<domain::stock_report::StockReportProduced>();
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
