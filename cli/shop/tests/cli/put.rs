//! Putting messages: here, and on a bus that does not take all of them at once.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State};
use causeway_cli::command_status::CommandStatus;
use domain::order::{OrderStatus, OrderSummary};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stage::{Stage, call_at};

/// A bus that remembers what it was asked and answers each entry by this.
struct Bus {
    calls: Mutex<Vec<Vec<Value>>>,
    answer: fn(call: usize, entry: &Value) -> Value,
}

async fn bus(answer: fn(usize, &Value) -> Value) -> (Arc<Bus>, String) {
    let bus = Arc::new(Bus { calls: Mutex::default(), answer });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    let router = Router::new().fallback(put_events).with_state(bus.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (bus, endpoint)
}

async fn put_events(State(bus): State<Arc<Bus>>, body: String) -> Json<Value> {
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let entries = body["Entries"].as_array().expect("entries").clone();
    let mut calls = bus.calls.lock().expect("the calls");
    let answers: Vec<Value> = entries.iter().map(|entry| (bus.answer)(calls.len(), entry)).collect();
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    calls.push(entries);
    Json(json!({ "FailedEntryCount": failed, "Entries": answers }))
}

fn order_of(entry: &Value) -> String {
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("a text")).expect("JSON");
    detail["data"]["orderId"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_the_catalogue_are_put_by_their_names_with_changes() {
    let stage = Stage::open().await;
    stage.output(&["put", "ReceiveStock", "--set", "quantity=100"]).await;
    let printed = stage.output(&["put", "PlaceOrder", "--set", "orderId=o-77"]).await;
    assert!(printed.text.contains("put PlaceOrder") && printed.text.contains("causeway trace"), "{}", printed.text);
    let app = stage.running.apps.app("order-on-order-confirmed").expect("the template has it").clone();
    let mut feed = stage.running.cloud.feed();
    loop {
        let row = app.row::<OrderSummary>("o-77").await.expect("the views answer");
        if row.is_some_and(|row| row.status == OrderStatus::Shipped) {
            break;
        }
        feed.recv().await.expect("something goes on");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_go_ten_at_a_time_and_what_is_throttled_goes_again() {
    let (bus, endpoint) = bus(|call, entry| match order_of(entry).as_str() {
        "o-3" if call == 0 => json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded" }),
        order => json!({ "EventId": order }),
    })
    .await;
    let words = ["put", "PlaceOrder", "--set", "orderId=o-{n}", "--count", "25", "--json"];
    let printed = call_at(&endpoint, &words).await.expect("it is put");
    assert_eq!((printed.ended, printed.text.lines().count()), (CommandStatus::Done, 25));
    let calls = bus.calls.lock().expect("the calls").clone();
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [10, 1, 10, 5]);
    assert_eq!(calls[0][2], calls[1][0], "a second try is the same message");
    let mut ids: Vec<String> = printed.text.lines().map(|line| line_field(line, "messageId")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 25, "every message is one of its own");
}

fn line_field(line: &str, name: &str) -> String {
    let line: Value = serde_json::from_str(line).expect("JSON");
    line[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bus_does_not_take_is_named_and_ends_the_command_with_refused() {
    let (bus, endpoint) = bus(|_, entry| match order_of(entry).as_str() {
        "o-2" => json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." }),
        order => json!({ "EventId": order }),
    })
    .await;
    let words = ["put", "PlaceOrder", "--set", "orderId=o-{n}", "--count", "3"];
    let printed = call_at(&endpoint, &words).await.expect("it is answered");
    assert_eq!(printed.ended, CommandStatus::Rejected);
    assert!(printed.text.contains("rejected: PlaceOrder (number 2): MalformedDetail: Detail is malformed."));
    assert!(printed.text.contains("2 accepted and 1 rejected"), "{}", printed.text);
    assert_eq!(bus.calls.lock().expect("the calls").len(), 1, "what is final is not tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_command_ends_with_its_outcome() {
    let stage = Stage::open().await;
    let done = stage.output(&["put", "PlaceOrder", "--set", "orderId=o-77", "--wait"]).await;
    assert_eq!(done.ended, CommandStatus::Done, "{}", done.text);
    assert!(done.text.contains(" is done\n  OrderPlaced  order/o-77 v1"), "{}", done.text);
    // The same order with another content is rejected by a rule.
    let again = ["put", "PlaceOrder", "--set", "orderId=o-77", "--set", "lines.0.quantity=9", "--wait=20", "--json"];
    let again = stage.output(&again).await;
    assert_eq!(again.ended, CommandStatus::Rejected, "{}", again.text);
    let rejected: Value = serde_json::from_str(again.text.lines().last().expect("an outcome")).expect("JSON");
    assert_eq!(
        [&rejected["status"], &rejected["stream"], &rejected["rule"], &rejected["reason"]],
        ["rejected", "order/o-77", "AlreadyPlaced", "orderId: this order was placed before with other content"]
    );
    let malformed = r#"[{"EventBusName":"causeway","Source":"till","DetailType":"PlaceOrder","Detail":{"data":{}}}]"#;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("malformed.json");
    std::fs::write(&file, malformed).expect("a file");
    let printed = stage.output(&["put", file.to_str().expect("a path"), "--wait"]).await;
    assert_eq!(printed.ended, CommandStatus::Rejected, "{}", printed.text);
    assert!(printed.text.contains("is dead-lettered as MALFORMED: "), "{}", printed.text);
    // A trace has the outcome, too: of what is rejected, it is all there is.
    let id = rejected["commandId"].as_str().expect("an id");
    let trace = stage.output(&["trace", id]).await;
    assert_eq!(trace.ended, CommandStatus::Done);
    assert!(trace.text.contains("rejected by order/o-77, rule AlreadyPlaced"), "{}", trace.text);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_there_is_nothing_to_wait_for_or_no_outcome_in_time() {
    let stage = Stage::open().await;
    let event = stage.call(&["put", "OrderPlaced", "--wait"]).await.expect_err("an event has no outcome");
    assert!(event.to_string().contains("events have no outcome"), "{event:#}");
    // Another bus has no rule for it.
    let client = aws_sdk_eventbridge::Client::new(stage.running.apps.sdk());
    client.create_event_bus().name("quiet").send().await.expect("a bus");
    let late = stage.call(&["put", "PlaceOrder", "--bus", "quiet", "--wait=0"]).await.expect_err("no outcome");
    assert!(late.to_string().starts_with("1 of 1 commands have no outcome after 0 s, such as "), "{late:#}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_entries_share_no_call_that_would_be_too_large() {
    let (bus, endpoint) = bus(|_, _| json!({ "EventId": "1" })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.json");
    let entry = json!({ "Source": "s", "DetailType": "Large", "Detail": { "text": "x".repeat(400_000) } });
    std::fs::write(&file, json!({ "Entries": [entry, entry, entry] }).to_string()).expect("a file");
    let words = ["put", file.to_str().expect("a path"), "--bus", "other"];
    call_at(&endpoint, &words).await.expect("it is put");
    let calls = bus.calls.lock().expect("the calls").clone();
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(calls[0][0]["EventBusName"], "other");
}

#[tokio::test]
async fn a_place_where_nothing_answers_and_a_wrong_name_say_what_to_do() {
    let error = |words: &'static [&'static str]| async move {
        let error = call_at("http://127.0.0.1:9", words).await.expect_err("it fails");
        format!("{error:#}")
    };
    let disabled = error(&["put", "PlaceOrder"]).await;
    assert_eq!(
        disabled,
        "nothing answers at http://127.0.0.1:9: start it with `causeway up`, or give --endpoint or --profile"
    );
    assert!(error(&["put", "PlaceOrdr"]).await.contains("did you mean PlaceOrder?"));
    assert!(error(&["put", "PlaceOrder", "--set", "ordrId=1"]).await.contains("did you mean data.orderId?"));
    assert!(error(&["put", "missing.json"]).await.contains("cannot read missing.json"));
}
