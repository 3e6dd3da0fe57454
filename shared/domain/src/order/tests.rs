//! Tests of orders and of their views.

use causeway::{
    Message,
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};
use serde_json::{json, value::to_raw_value};

use super::*;
use crate::{
    ids::OrderId,
    money::{Currency, Money},
    quantity::Quantity,
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
    }
    .into()
}

fn place_two() -> OrderCommand {
    place([line("mug", 2, 1499), line("tea", 1, 1299)])
}

fn confirm() -> OrderCommand {
    ConfirmOrder { order_id: order_id() }.into()
}

fn cancel() -> OrderCommand {
    CancelOrder { order_id: order_id(), reason: "too late".to_owned() }.into()
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
    }
    .into()
}

fn confirmed() -> OrderEvent {
    OrderConfirmed { order_id: order_id() }.into()
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
fn a_placed_order_is_confirmed_once() {
    given::<Order>([placed()]).when(confirm()).then([confirmed()]).when(confirm()).then_nothing();
}

#[test]
fn an_order_that_was_never_placed_is_neither_confirmed_nor_cancelled() {
    given::<Order>([]).when(confirm()).then_rejected(OrderRejection::NotPlaced);
    given::<Order>([]).when(cancel()).then_rejected(OrderRejection::NotPlaced);
}

#[test]
fn a_confirmed_order_cannot_be_cancelled() {
    given::<Order>([placed(), confirmed()]).when(cancel()).then_rejected(OrderRejection::AlreadyConfirmed);
}

#[test]
fn a_cancelled_order_stays_cancelled() {
    given::<Order>([placed(), cancelled()]).when(cancel()).then_nothing();
    given::<Order>([placed(), cancelled()]).when(confirm()).then_rejected(OrderRejection::AlreadyCancelled);
}

#[test]
fn a_blank_or_long_reason_is_rejected() {
    for reason in [String::new(), "  ".to_owned(), "x".repeat(501)] {
        let cancel = CancelOrder { order_id: order_id(), reason };
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
        let command = match rng.bits() % 4 {
            0 => confirm(),
            1 => cancel(),
            _ => place(lines.collect::<Vec<_>>()),
        };
        for past in [vec![], vec![placed()], vec![placed(), confirmed()], vec![placed(), cancelled()]] {
            assert_idempotent::<Order>(past, &command);
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
    let row = given_view::<OrderDetails>([placed(), confirmed(), cancelled()]).row();
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
            entry(1, OrderStatus::Confirmed, None),
            entry(2, OrderStatus::Cancelled, Some("too late")),
        ]
    );
    assert_eq!(row.lines.len(), 2);
}
