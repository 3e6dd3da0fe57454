//! What must not come in: each kind of bad input gets its typed answer or its letter with the reason, and leaves the
//! log, the views and the bus as they were.

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

/// What must come of a bad input.
enum Answer {
    /// A letter with this reason, whose explanation says this.
    Letter(&'static str, &'static str),
    /// A `CommandRejected` that names this rule.
    Rejected(&'static str),
}

/// Hands a payload to the function of this message, as Lambda does.
pub(crate) fn hear(app: App, message: &str, payload: &str) -> Outcome {
    let invocation = Invocation { payload, request_id: "r-1", attempt: 1 };
    let heard = async {
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
    heard.now_or_never().expect("memory answers at once")
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

fn bad_inputs() -> Vec<(&'static str, &'static str, String, Answer)> {
    use Answer::{Letter, Rejected};
    let command = |what, change: fn(&mut Value), answer| (what, "PlaceOrder", placed(change), answer);
    let detail = |what, text: String, answer| (what, "PlaceOrder", payload("PlaceOrder", &text), answer);
    let huge = format!("{{\"data\":\"{}\"}}", "x".repeat(MAX_MESSAGE_BYTES - 1));
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let fact = json!({ "data": { "orderId": "o-bad", "userId": "u-1", "lines": [], "total": { "amount": 0, "currency": "EUR" } } });
    vec![
        ("no JSON", "PlaceOrder", "{\"id\":\"b-1\",".to_owned(), Letter("MALFORMED", "not an EventBridge event")),
        detail(
            "a detail that is cut off",
            "{\"data\":{\"orderId\":".to_owned(),
            Letter("MALFORMED", "not an EventBridge event"),
        ),
        detail("a detail that is no envelope", "[1]".to_owned(), Letter("MALFORMED", "envelope")),
        command("no data", |detail| detail["data"] = Value::Null, Letter("MALFORMED", "PlaceOrder")),
        command(
            "a list in the place of a body",
            |detail| detail["data"] = json!(["o-bad", "why"]),
            Letter("MALFORMED", "object"),
        ),
        command("a missing field", |detail| drop_field(detail, "userId"), Letter("MALFORMED", "userId")),
        command(
            "a wrong type",
            |detail| detail["data"]["lines"][0]["quantity"] = json!("two"),
            Letter("MALFORMED", "lines[0].quantity"),
        ),
        command(
            "a price that is no whole number",
            |detail| detail["data"]["lines"][1]["unitPrice"]["amount"] = json!(2.5),
            Letter("MALFORMED", "lines[1].unitPrice.amount"),
        ),
        (
            "an unknown message",
            "PlaceOrder",
            payload("PlaceOrdre", "{\"data\":{}}"),
            Letter("UNKNOWN_MESSAGE", "PlaceOrdre"),
        ),
        command(
            "another name inside",
            |detail| detail["eventType"] = json!("OrderPlaced"),
            Letter("MALFORMED", "eventType"),
        ),
        command("a newer version", |detail| detail["eventVersion"] = json!(2), Letter("UNKNOWN_VERSION", "newer")),
        command(
            "a version that never was",
            |detail| detail["eventVersion"] = json!(0),
            Letter("UNKNOWN_VERSION", "no version 0"),
        ),
        detail("one byte too many", huge, Letter("TOO_LARGE", "196609 bytes")),
        command(
            "a separator in an id",
            |detail| detail["data"]["orderId"] = json!("o/1"),
            Letter("MALFORMED", "orderId"),
        ),
        command(
            "an id that is too long",
            |detail| detail["data"]["orderId"] = json!("o".repeat(65)),
            Letter("MALFORMED", "orderId"),
        ),
        command("an id of nothing", |detail| detail["eventId"] = json!(""), Letter("MALFORMED", "eventId")),
        command("a chain of seventeen", |detail| detail["metadata"] = json!({ "hops": 17 }), Letter("LOOP", "hops")),
        command("no lines", |detail| detail["data"]["lines"] = json!([]), Rejected("NoLines")),
        command(
            "a price below nothing",
            |detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(-1),
            Rejected("NegativePrice"),
        ),
        command(
            "none of it",
            |detail| detail["data"]["lines"][0]["quantity"] = json!(0),
            Rejected("QuantityOutOfRange"),
        ),
        command(
            "two currencies",
            |detail| detail["data"]["lines"][1]["unitPrice"]["currency"] = json!("USD"),
            Rejected("TwoCurrencies"),
        ),
        command(
            "the same thing twice",
            |detail| detail["data"]["lines"][1]["sku"] = json!("mug"),
            Rejected("SkuTwice"),
        ),
        command(
            "more than can be counted",
            |detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(i64::MAX),
            Rejected("TotalTooLarge"),
        ),
        detail("a thousand levels", deep, Letter("MALFORMED", "")),
        detail("a key twice", "{\"data\":{},\"data\":{}}".to_owned(), Letter("MALFORMED", "duplicate key")),
        detail(
            "a key twice, deep inside",
            "{\"data\":{\"a\":{\"b\":1,\"b\":2}}}".to_owned(),
            Letter("MALFORMED", "duplicate key"),
        ),
        (
            "a fact without its id",
            "OrderPlaced",
            payload("OrderPlaced", &fact.to_string()),
            Letter("MALFORMED", "eventId"),
        ),
    ]
}

fn drop_field(detail: &mut Value, field: &str) {
    detail["data"].as_object_mut().unwrap().remove(field);
}

#[test]
fn each_bad_input_has_its_answer_and_changes_nothing() {
    for (what, message, payload, answer) in bad_inputs() {
        let memory = Memory::new(1);
        let handled = hear(memory.app(), message, &payload).unwrap();
        let letters = memory.dead_letters.all();
        let published = memory.bus.deliveries();
        match answer {
            Answer::Letter(reason, words) => {
                assert_eq!(handled, Handled::DeadLettered, "{what}");
                let [letter] = letters.as_slice() else { panic!("{what}: {letters:?}") };
                assert_eq!(letter.reason, reason, "{what}: {}", letter.explanation);
                assert!(letter.explanation.contains(words), "{what}: {}", letter.explanation);
                assert!(published.is_empty(), "{what}: {published:?}");
            }
            Answer::Rejected(rule) => {
                assert_eq!(handled, Handled::Rejected, "{what}");
                assert!(letters.is_empty(), "{what}: {letters:?}");
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
fn what_is_just_not_bad_is_taken() {
    let taken = [
        placed(|_| {}),
        placed(|detail| detail["metadata"] = json!({ "hops": 16 })),
        placed(|detail| detail["data"]["orderId"] = json!("o".repeat(64))),
        placed(|detail| detail["data"]["lines"][0]["unitPrice"]["amount"] = json!(0)),
        placed(|detail| detail["eventVersion"] = json!(1)),
    ];
    for payload in taken {
        let memory = Memory::new(1);
        assert_eq!(hear(memory.app(), "PlaceOrder", &payload).unwrap(), Handled::Done, "{payload}");
        assert_eq!(memory.store.changes(0).len(), 1, "{payload}");
    }
}
