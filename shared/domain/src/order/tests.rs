//! Tests of orders and of their views.

use causeway::{
    Decider, Effect, Message,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};
use serde_json::{json, value::to_raw_value};

use super::*;
use crate::{
    ids::OrderId,
    money::{Currency, Money},
    payment::PaymentProcessed,
    quantity::Quantity,
    shipment::{CancelShipping, ShipmentDelivered, ShipmentDispatched, ShippingCancelled},
};

fn order_id() -> OrderId {
    "o-1".parse().unwrap()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn line(sku: &str, quantity: u32, amount: i64) -> RequestedLine {
    RequestedLine { sku: sku.parse().unwrap(), quantity, unit_price: euros(amount) }
}

fn place(lines: impl IntoIterator<Item = RequestedLine>) -> OrderCommand {
    PlaceOrder {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        lines: lines.into_iter().collect(),
        shipping_address: None,
        contact_email: Some("ada@example.com".to_owned().try_into().unwrap()),
        payment_token: None,
    }
    .into()
}

fn place_two() -> OrderCommand {
    place([line("mug", 2, 1499), line("tea", 1, 1299)])
}

fn paid() -> OrderEvent {
    OrderPaid { order_id: order_id(), amount: euros(4297) }.into()
}

fn confirm() -> OrderCommand {
    ConfirmOrder { order_id: order_id() }.into()
}

fn cancel() -> OrderCommand {
    CancelOrder { order_id: order_id(), reason: "too late".to_owned(), unless_confirmed: false }.into()
}

fn placed() -> OrderEvent {
    let placed_line = |sku: &str, quantity, amount| OrderLine {
        sku: sku.parse().unwrap(),
        quantity: Quantity::new(quantity).unwrap(),
        unit_price: euros(amount),
    };
    OrderPlaced {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        lines: vec![placed_line("mug", 2, 1499), placed_line("tea", 1, 1299)],
        total: euros(4297),
        shipping_address: None,
        contact_email: Some("ada@example.com".to_owned().try_into().unwrap()),
        payment_token: None,
    }
    .into()
}

fn confirmed() -> OrderEvent {
    OrderConfirmed { order_id: order_id() }.into()
}

fn cancel_in_doubt() -> OrderCommand {
    CancelOrder::unless_confirmed(order_id(), "too late").into()
}

fn complete() -> OrderCommand {
    CompleteOrder { order_id: order_id() }.into()
}

fn pays(amount: i64) -> OrderFact {
    let (user_id, charge_id) = ("u-1".parse().unwrap(), Some("ch-1".parse().unwrap()));
    OrderFact::Paid(PaymentProcessed { order_id: order_id(), user_id, amount: euros(amount), charge_id })
}

fn dispatched() -> OrderFact {
    OrderFact::Shipped(ShipmentDispatched { order_id: order_id(), tracking: "CW-1".parse().unwrap() })
}

fn arrived() -> OrderFact {
    OrderFact::Delivered(ShipmentDelivered { order_id: order_id() })
}

fn unscheduled() -> OrderFact {
    OrderFact::ShippingCancelled(ShippingCancelled { order_id: order_id() })
}

fn requested() -> OrderEvent {
    OrderCancellationRequested { order_id: order_id(), reason: "too late".to_owned() }.into()
}

fn shipped() -> OrderEvent {
    OrderShipped { order_id: order_id(), tracking: "CW-1".parse().unwrap() }.into()
}

fn delivered() -> OrderEvent {
    OrderDelivered { order_id: order_id() }.into()
}

fn completed() -> OrderEvent {
    OrderCompleted { order_id: order_id() }.into()
}

fn shipping() -> Vec<OrderEvent> {
    vec![placed(), paid(), confirmed(), shipped()]
}

/// One stream for each state.
fn pasts() -> Vec<Vec<OrderEvent>> {
    let all = [placed(), paid(), confirmed(), shipped(), delivered(), completed()];
    let mut pasts: Vec<Vec<OrderEvent>> = (0..=all.len()).map(|length| all[..length].to_vec()).collect();
    pasts.push(vec![placed(), cancelled()]);
    pasts.push(vec![placed(), paid(), confirmed(), requested()]);
    pasts
}

fn cancelled() -> OrderEvent {
    OrderCancelled { order_id: order_id(), reason: "too late".to_owned() }.into()
}

#[test]
fn an_order_is_placed_with_the_sum_of_its_lines() {
    given::<Order>([]).when(place_two()).then([placed()]);
}

#[test]
fn the_same_order_placed_again_is_the_same_order() {
    given::<Order>([placed()]).when(place_two()).then_nothing();
    given::<Order>([placed(), confirmed()]).when(place_two()).then_nothing();
    given::<Order>([placed(), cancelled()]).when(place_two()).then_nothing();
}

#[test]
fn another_order_with_the_same_id_is_rejected() {
    let other = place([line("mug", 3, 1499), line("tea", 1, 1299)]);
    given::<Order>([placed()]).when(other).then_rejected(OrderRejection::AlreadyPlaced);
    given::<Order>([placed(), cancelled()]).when(place([])).then_rejected(OrderRejection::AlreadyPlaced);
}

#[test]
fn an_order_without_lines_is_rejected() {
    given::<Order>([]).when(place([])).then_rejected(OrderRejection::NoLines);
}

#[test]
fn an_order_has_at_most_a_hundred_lines() {
    let lines = |count: usize| (0..count).map(|number| line(&format!("sku-{number}"), 1, 100));
    let all = given::<Order>([]).when(place(lines(MAX_LINES)));
    assert_eq!(all.events().len(), 1);
    given::<Order>([])
        .when(place(lines(MAX_LINES + 1)))
        .then_rejected(OrderRejection::TooManyLines { lines: MAX_LINES + 1 });
}

#[test]
fn a_sku_in_two_lines_is_rejected() {
    given::<Order>([])
        .when(place([line("mug", 1, 1), line("tea", 1, 1), line("mug", 1, 1)]))
        .then_rejected(OrderRejection::SkuTwice { line: 2, sku: "mug".parse().unwrap() });
}

#[test]
fn a_quantity_of_zero_or_over_a_million_is_rejected_with_its_field() {
    for quantity in [0, Quantity::MAX + 1] {
        let decided = given::<Order>([]).when(place([line("mug", 1, 1), line("tea", quantity, 1)]));
        let source = Quantity::new(quantity).unwrap_err();
        let rejection = OrderRejection::QuantityOutOfRange { line: 1, source };
        assert!(rejection.to_string().starts_with("lines[1].quantity: "), "{rejection}");
        decided.then_rejected(rejection);
    }
}

#[test]
fn a_price_below_zero_is_refused_and_one_of_zero_is_not() {
    let rejection = OrderRejection::NegativePrice { line: 0, amount: -1 };
    assert_eq!(rejection.to_string(), "lines[0].unitPrice.amount: -1 is less than 0");
    given::<Order>([]).when(place([line("mug", 1, -1)])).then_rejected(rejection);
    assert_eq!(given::<Order>([]).when(place([line("gift", 1, 0)])).events().len(), 1);
}

#[test]
fn an_order_has_one_currency() {
    let yen = Currency::new("JPY").unwrap();
    let mut tea = line("tea", 1, 1);
    tea.unit_price.currency = yen;
    let rejection = OrderRejection::TwoCurrencies { line: 1, currency: yen, expected: Currency::EUR };
    given::<Order>([]).when(place([line("mug", 1, 1), tea])).then_rejected(rejection);
}

#[test]
fn a_total_that_overflows_is_rejected() {
    given::<Order>([])
        .when(place([line("mug", 1_000_000, i64::MAX / 1_000)]))
        .then_rejected(OrderRejection::TotalTooLarge { line: 0 });
    given::<Order>([])
        .when(place([line("mug", 1, i64::MAX), line("tea", 1, 1)]))
        .then_rejected(OrderRejection::TotalTooLarge { line: 1 });
}

#[test]
fn a_paid_order_is_confirmed_once() {
    given::<Order>([placed()]).when(confirm()).then_rejected(OrderRejection::NotPaid);
    given::<Order>([placed(), paid()]).when(confirm()).then([confirmed()]).when(confirm()).then_nothing();
    given::<Order>(shipping()).when(confirm()).then_nothing();
}

#[test]
fn an_order_that_was_never_placed_can_only_be_placed() {
    for command in [confirm(), cancel(), complete()] {
        given::<Order>([]).when(command).then_rejected(OrderRejection::NotPlaced);
    }
    for fact in [pays(4297), dispatched(), arrived()] {
        given::<OrderRecord>([]).when(fact).then_rejected(OrderRejection::NotPlaced);
    }
    given::<OrderRecord>([]).when(unscheduled()).then_nothing();
}

#[test]
fn a_payment_of_the_total_is_recorded_once() {
    given::<OrderRecord>([placed()]).when(pays(4297)).then([paid()]).when(pays(4297)).then_nothing();
    let other = OrderRejection::PaidOtherAmount { paid: euros(4296), total: euros(4297) };
    given::<OrderRecord>([placed()]).when(pays(4296)).then_rejected(other);
    given::<OrderRecord>([placed(), cancelled()]).when(pays(4297)).then_nothing();
}

#[test]
fn a_confirmed_order_is_shipped_delivered_and_completed_once() {
    given::<OrderRecord>([placed(), paid(), confirmed()])
        .when(dispatched())
        .then([shipped()])
        .when(dispatched())
        .then_nothing();
    given::<OrderRecord>(shipping()).when(arrived()).then([delivered()]).when(arrived()).then_nothing();
    let delivering = || shipping().into_iter().chain([delivered()]);
    given::<Order>(delivering()).when(complete()).then([completed()]).when(complete()).then_nothing();
    given::<OrderRecord>(delivering().chain([completed()]))
        .when(arrived())
        .then_nothing()
        .when(dispatched())
        .then_nothing();
}

#[test]
fn only_a_paid_order_is_shipped_and_only_a_shipped_one_is_delivered_and_completed() {
    given::<OrderRecord>([placed()]).when(dispatched()).then_rejected(OrderRejection::NotPaid);
    given::<OrderRecord>([placed(), paid(), confirmed()]).when(arrived()).then_rejected(OrderRejection::NotShipped);
    given::<Order>(shipping()).when(complete()).then_rejected(OrderRejection::NotDelivered);
    // What leaves the house before its confirmation is confirmed by that.
    given::<OrderRecord>([placed(), paid()]).when(dispatched()).then([confirmed(), shipped()]);
}

#[test]
fn an_order_that_is_not_confirmed_is_cancelled_at_once_and_stays_cancelled() {
    given::<Order>([placed()]).when(cancel()).then([cancelled()]).when(cancel()).then_nothing();
    given::<Order>([placed(), paid()]).when(cancel()).then([cancelled()]);
    given::<Order>([placed(), paid()])
        .when(cancel_in_doubt())
        .then([cancelled()])
        .when(cancel_in_doubt())
        .then_nothing();
    for command in [confirm(), complete()] {
        given::<Order>([placed(), cancelled()]).when(command).then_rejected(OrderRejection::AlreadyCancelled);
    }
    for fact in [dispatched(), arrived()] {
        given::<OrderRecord>([placed(), cancelled()]).when(fact).then_rejected(OrderRejection::AlreadyCancelled);
    }
}

#[test]
fn the_shipment_of_a_confirmed_order_decides_whether_it_is_cancelled_or_shipped() {
    let asked = given::<Order>([placed(), paid(), confirmed()]).when(cancel()).then([requested()]);
    let ask = Effect::send(&order_id(), &CancelShipping { order_id: order_id() });
    assert_eq!(Order::effects(asked.state(), &requested()), [ask]);
    asked.when(cancel()).then_nothing();
    let cancelling = || [placed(), paid(), confirmed(), requested()];
    given::<OrderRecord>(cancelling()).when(unscheduled()).then([cancelled()]).when(unscheduled()).then_nothing();
    given::<OrderRecord>(cancelling()).when(dispatched()).then([shipped()]).when(unscheduled()).then_nothing();
}

#[test]
fn a_confirmed_order_is_not_cancelled_in_doubt() {
    for past in [vec![placed(), paid(), confirmed()], vec![placed(), paid(), confirmed(), requested()]] {
        given::<Order>(past).when(cancel_in_doubt()).then_rejected(OrderRejection::AlreadyConfirmed);
    }
}

#[test]
fn a_shipped_order_cannot_be_cancelled() {
    let ends = [vec![], vec![delivered()], vec![delivered(), completed()]];
    for end in ends {
        let past = || shipping().into_iter().chain(end.clone());
        given::<Order>(past()).when(cancel()).then_rejected(OrderRejection::AlreadyShipped);
        given::<Order>(past()).when(cancel_in_doubt()).then_rejected(OrderRejection::AlreadyShipped);
        given::<OrderRecord>(past()).when(unscheduled()).then_nothing();
    }
}

#[test]
fn an_order_whose_shipment_somebody_else_cancels_is_cancelled() {
    let reason = "its shipment was cancelled".to_owned();
    let expected: OrderEvent = OrderCancelled { order_id: order_id(), reason }.into();
    for past in [vec![placed(), paid()], vec![placed(), paid(), confirmed()]] {
        given::<OrderRecord>(past).when(unscheduled()).then([expected.clone()]);
    }
}

#[test]
fn a_cancellation_in_doubt_has_a_reason_of_a_valid_length() {
    for reason in ["", "  ", "x".repeat(700).as_str()] {
        let cancel = CancelOrder::unless_confirmed(order_id(), reason);
        assert_eq!(given::<Order>([placed()]).when(cancel.into()).events().len(), 1, "{reason:?}");
    }
}

#[test]
fn a_blank_or_long_reason_is_rejected() {
    for reason in [String::new(), "  ".to_owned(), "x".repeat(501)] {
        let cancel = CancelOrder { order_id: order_id(), reason, unless_confirmed: false };
        given::<Order>([placed()]).when(cancel.into()).then_rejected(OrderRejection::ReasonOutOfBounds);
    }
}

#[test]
fn every_command_is_idempotent() {
    let rng = MemoryIds::seeded(1);
    for _ in 0..300 {
        let lines = (0..rng.bits() % 4).map(|number| {
            line(&format!("sku-{}", number + rng.bits() % 2), (rng.bits() % 3) as u32, (rng.bits() % 5) as i64 - 1)
        });
        let command = match rng.bits() % 6 {
            0 => confirm(),
            1 => cancel(),
            2 => cancel_in_doubt(),
            3 => complete(),
            _ => place(lines.collect::<Vec<_>>()),
        };
        for past in pasts() {
            assert_idempotent::<Order>(past, &command);
        }
    }
    for past in pasts() {
        for fact in [pays(4297), dispatched(), arrived(), unscheduled()] {
            assert_idempotent::<OrderRecord>(past.clone(), &fact);
        }
    }
}

#[test]
fn an_order_of_the_first_version_is_in_euros_and_has_no_address() {
    let first = json!({
        "orderId": "o-1", "userId": "u-1", "total": 2998,
        "lines": [{ "sku": "mug", "quantity": 2, "unitPrice": 1499 }],
    });
    let placed = OrderPlaced::decode(1, &to_raw_value(&first).unwrap()).unwrap();
    assert_eq!(placed.total, euros(2998));
    assert_eq!(placed.lines[0].unit_price, euros(1499));
    assert_eq!((placed.shipping_address, placed.contact_email), (None, None));
}

#[test]
fn an_invalid_currency_is_an_error_with_its_field() {
    let body = json!({
        "orderId": "o-1", "userId": "u-1",
        "lines": [{ "sku": "mug", "quantity": 2, "unitPrice": { "amount": 1, "currency": "eur" } }],
    });
    let error = PlaceOrder::decode(1, &to_raw_value(&body).unwrap()).unwrap_err().to_string();
    assert!(error.contains("lines[0].unitPrice"), "{error}");
    assert!(error.contains("three capital letters"), "{error}");
}

#[test]
fn the_state_of_an_order_stays_small() {
    let lines = (0..100).map(|number| line(&format!("sku-{number}"), 1, 100));
    let decided = given::<Order>([]).when(place(lines));
    let state = serde_json::to_string(decided.state()).unwrap();
    assert!(state.len() < 200, "{} bytes are embedded in every commit: {state}", state.len());
}

#[test]
fn the_summary_is_in_the_buyers_list_sorted_by_the_time_of_placing() {
    let view = given_view::<OrderSummary>([placed(), confirmed()]);
    let row = view.row();
    view.then_row(OrderSummaryRow {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        status: OrderStatus::Confirmed,
        total: euros(4297),
        placed_at: "2026-01-01T00:00:00Z".parse().unwrap(),
    });
    let position = row.position.unwrap();
    assert_eq!(position.list, OrderSummary::list_of(&"u-1".parse().unwrap()));
    assert_eq!(position.sort_key, "2026-01-01T00:00:00.000000000Z/o-1", "every sort key has the same number of digits");
}

#[test]
fn the_details_have_the_history_of_the_status() {
    let row = given_view::<OrderDetails>([placed(), paid(), confirmed(), requested(), cancelled()]).row();
    let row: OrderDetailsRow = serde_json::from_value(row.columns.into()).unwrap();
    let entry = |second, status, reason: Option<&str>| HistoryEntry {
        at: format!("2026-01-01T00:00:0{second}Z").parse().unwrap(),
        status,
        reason: reason.map(str::to_owned),
    };
    assert_eq!(row.status, OrderStatus::Cancelled);
    assert_eq!(
        row.history,
        [
            entry(0, OrderStatus::Placed, None),
            entry(1, OrderStatus::Paid, None),
            entry(2, OrderStatus::Confirmed, None),
            entry(3, OrderStatus::Cancelling, Some("too late")),
            entry(4, OrderStatus::Cancelled, Some("too late")),
        ]
    );
    assert_eq!(row.lines.len(), 2);
}

#[test]
fn the_details_are_in_the_list_of_their_status_and_have_the_tracking_number() {
    let row = given_view::<OrderDetails>(shipping()).row();
    let position = row.position.clone().unwrap();
    assert_eq!(
        (position.list.as_str(), position.sort_key.as_str()),
        ("status/shipped", "2026-01-01T00:00:03.000000000Z/s-1")
    );
    let row: OrderDetailsRow = serde_json::from_value(row.columns.into()).unwrap();
    assert_eq!(row.tracking, Some("CW-1".parse().unwrap()));
}

#[test]
fn the_details_are_in_the_list_of_the_status_by_the_time_of_its_change() {
    let on = || causeway::StreamId::new("order", &order_id());
    let position = |past: Vec<OrderEvent>| given_view::<OrderDetails>(past).on(on()).row().position.unwrap();
    let placed_only = position(vec![placed()]);
    assert_eq!(
        (placed_only.list.as_str(), placed_only.sort_key.as_str()),
        ("status/placed", "2026-01-01T00:00:00.000000000Z/o-1")
    );
    let then_confirmed = position(vec![placed(), confirmed()]);
    assert_eq!(then_confirmed.list, OrderDetails::list_of(OrderStatus::Confirmed));
    assert!(then_confirmed.sort_key.starts_with("2026-01-01T00:00:01"));
}
