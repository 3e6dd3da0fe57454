//! Each kind of bad input gets a typed rejection or a dead letter with the reason, which a technical event reports, and
//! leaves the log and the views unchanged.

use causeway::{
    App, Handled, Outcome,
    memory::Memory,
    message::contract::MAX_MESSAGE_BYTES,
    routing::{handle_command, handle_event},
};
use causeway_aws::lambda::{Invocation, message_handler::MessageHandler};
use domain::{
    inventory::{Inventory, ReceiveStock},
    order::{Order, OrderDetails, OrderPlaced, OrderSummary, PlaceOrder},
};
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::shop_commands::place_order;

/// The expected end of a bad input.
enum Expected {
    /// A dead letter with this reason, whose explanation contains this text.
    DeadLetter(&'static str, &'static str),
    /// A `CommandRejected` with this rule.
    Rejected(&'static str),
}

/// Invokes the function of this message with a payload, as Lambda does.
pub(crate) fn invoke(app: App, message: &str, payload: &str) -> Outcome {
    let invocation = Invocation { payload, request_id: "r-1", attempt: 1 };
    let handling = async {
        match message {
            "PlaceOrder" => {
                MessageHandler::new("order-on-place-order", app, handle_command::<Order, PlaceOrder>)
                    .handle(invocation)
                    .await
            }
            "OrderPlaced" => {
                MessageHandler::new(
                    "order-on-order-placed",
                    app,
                    handle_event::<OrderPlaced, (OrderSummary, OrderDetails)>,
                )
                .handle(invocation)
                .await
            }
            _ => {
                MessageHandler::new("inventory-on-receive-stock", app, handle_command::<Inventory, ReceiveStock>)
                    .handle(invocation)
                    .await
            }
        }
    };
    handling.now_or_never().expect("the in-memory ports are never pending")
}

/// A payload of the bus with this text as its detail.
pub(crate) fn payload(message: &str, detail: &str) -> String {
    let around = json!({ "id": "b-1", "source": "shop.web", "detail-type": message, "time": "2026-01-01T00:00:00Z" });
    let around = around.to_string();
    format!("{},\"detail\":{detail}}}", around.trim_end_matches('}'))
}

fn placed(change: impl FnOnce(&mut Value)) -> String {
    let mut detail = json!({ "data": place_order("o-bad", &[("mug", 1), ("tea", 1)]) });
    change(&mut detail);
    payload("PlaceOrder", &detail.to_string())
}

fn bad_inputs() -> Vec<(&'static str, &'static str, String, Expected)> {
    use Expected::{DeadLetter, Rejected};
    let command = |what, change: fn(&mut Value), expected| (what, "PlaceOrder", placed(change), expected);
    let detail = |what, text: String, expected| (what, "PlaceOrder", payload("PlaceOrder", &text), expected);
    let huge = format!("{{\"data\":\"{}\"}}", "x".repeat(MAX_MESSAGE_BYTES - 1));
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let event = json!({ "data": { "orderId": "o-bad", "userId": "u-1", "lines": [], "total": { "amount": 0, "currency": "EUR" } } });
    vec![
        ("no JSON", "PlaceOrder", "{\"id\":\"b-1\",".to_owned(), DeadLetter("MALFORMED", "not an EventBridge event")),
        detail(
            "a detail that is cut off",
            "{\"data\":{\"orderId\":".to_owned(),
            DeadLetter("MALFORMED", "not an EventBridge event"),
        ),
        detail("a detail that is no envelope", "[1]".to_owned(), DeadLetter("MALFORMED", "envelope")),
        command("no data", |detail| detail["data"] = Value::Null, DeadLetter("MALFORMED", "PlaceOrder")),
        command(
            "a list in the place of a body",
            |detail| detail["data"] = json!(["o-bad", "why"]),
            DeadLetter("MALFORMED", "object"),
        ),
        command("a missing field", |detail| drop_field(detail, "userId"), DeadLetter("MALFORMED", "userId")),
        command(
            "a wrong type",
            |detail| detail["data"]["lines"][0]["quantity"] = json!("two"),
            DeadLetter("MALFORMED", "lines[0].quantity"),
        ),
        command(
            "a price that is no whole number",
            |detail| detail["data"]["lines"][1]["unitPrice"]["amount"] = json!(2.5),
            DeadLetter("MALFORMED", "lines[1].unitPrice.amount"),
        ),
        (
            "an unknown message",
            "PlaceOrder",
            payload("PlaceOrdre", "{\"data\":{}}"),
            DeadLetter("UNKNOWN_MESSAGE", "PlaceOrdre"),
        ),
        command(
            "another name inside",
            |detail| detail["eventType"] = json!("OrderPlaced"),
            DeadLetter("MALFORMED", "eventType"),
        ),
        command("a newer version", |detail| detail["eventVersion"] = json!(2), DeadLetter("UNKNOWN_VERSION", "newer")),
        command(
            "a version that never was",
            |detail| detail["eventVersion"] = json!(0),
            DeadLetter("UNKNOWN_VERSION", "no version 0"),
        ),
        detail("one byte too many", huge, DeadLetter("TOO_LARGE", "196609 bytes")),
        command(
            "a separator in an id",
            |detail| detail["data"]["orderId"] = json!("o/1"),
            DeadLetter("MALFORMED", "orderId"),
        ),
        command(
            "an id that is too long",
            |detail| detail["data"]["orderId"] = json!("o".repeat(65)),
            DeadLetter("MALFORMED", "orderId"),
        ),
        command("an empty id", |detail| detail["eventId"] = json!(""), DeadLetter("MALFORMED", "eventId")),
        command("seventeen hops", |detail| detail["metadata"] = json!({ "hops": 17 }), DeadLetter("LOOP", "hops")),
        command("no lines", |detail| detail["data"]["lines"] = json!([]), Rejected("NoLines")),
        command(
            "a negative price",
            |detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(-1),
            Rejected("NegativePrice"),
        ),
        command(
            "a quantity of zero",
            |detail| detail["data"]["lines"][0]["quantity"] = json!(0),
            Rejected("QuantityOutOfRange"),
        ),
        command(
            "two currencies",
            |detail| detail["data"]["lines"][1]["unitPrice"]["currency"] = json!("USD"),
            Rejected("TwoCurrencies"),
        ),
        command("the same sku twice", |detail| detail["data"]["lines"][1]["sku"] = json!("mug"), Rejected("SkuTwice")),
        command(
            "a total that overflows",
            |detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(i64::MAX),
            Rejected("TotalTooLarge"),
        ),
        detail("a thousand nested lists", deep, DeadLetter("MALFORMED", "")),
        detail("a key twice", "{\"data\":{},\"data\":{}}".to_owned(), DeadLetter("MALFORMED", "duplicate key")),
        detail(
            "a key twice, deep inside",
            "{\"data\":{\"a\":{\"b\":1,\"b\":2}}}".to_owned(),
            DeadLetter("MALFORMED", "duplicate key"),
        ),
        (
            "a event without its id",
            "OrderPlaced",
            payload("OrderPlaced", &event.to_string()),
            DeadLetter("MALFORMED", "eventId"),
        ),
    ]
}

fn drop_field(detail: &mut Value, field: &str) {
    detail["data"].as_object_mut().unwrap().remove(field);
}

#[test]
fn each_bad_input_ends_as_expected_and_changes_nothing() {
    for (what, message, payload, expected) in bad_inputs() {
        let memory = Memory::new(1);
        let handled = invoke(memory.app(), message, &payload).unwrap();
        let dead_letters = memory.dead_letters.all();
        let published = memory.bus.deliveries();
        match expected {
            Expected::DeadLetter(reason, words) => {
                assert_eq!(handled, Handled::DeadLettered, "{what}");
                let [dead_letter] = dead_letters.as_slice() else { panic!("{what}: {dead_letters:?}") };
                assert_eq!(dead_letter.reason, reason, "{what}: {}", dead_letter.explanation);
                assert!(dead_letter.explanation.contains(words), "{what}: {}", dead_letter.explanation);
                let [occurred] = published.as_slice() else { panic!("{what}: {published:?}") };
                assert_eq!(occurred.detail_type, "ErrorOccurred", "{what}");
                assert!(occurred.detail.get().contains(&format!("\"reason\":\"{reason}\"")), "{what}");
            }
            Expected::Rejected(rule) => {
                assert_eq!(handled, Handled::Rejected, "{what}");
                assert!(dead_letters.is_empty(), "{what}: {dead_letters:?}");
                let [rejected] = published.as_slice() else { panic!("{what}: {published:?}") };
                assert_eq!(rejected.detail_type, "CommandRejected", "{what}");
                assert!(rejected.detail.get().contains(&format!("\"rule\":\"{rule}\"")), "{what}: {}", rejected.detail);
            }
        }
        assert!(memory.store.streams().is_empty(), "{what}");
        assert!(memory.views.rows().is_empty(), "{what}");
    }
}

#[test]
fn input_at_the_limits_is_accepted() {
    let accepted = [
        placed(|_| {}),
        placed(|detail| detail["metadata"] = json!({ "hops": 16 })),
        placed(|detail| detail["data"]["orderId"] = json!("o".repeat(64))),
        placed(|detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(0)),
        placed(|detail| detail["eventVersion"] = json!(1)),
    ];
    for payload in accepted {
        let memory = Memory::new(1);
        assert_eq!(invoke(memory.app(), "PlaceOrder", &payload).unwrap(), Handled::Done, "{payload}");
        assert_eq!(memory.store.changes(0).len(), 1, "{payload}");
    }
}
