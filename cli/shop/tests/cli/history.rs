//! Histories: whole, in part, and of streams that are not there.

use causeway::Cause;
use causeway_cli::command_status::CommandStatus;
use domain::{
    ids::Sku,
    inventory::{Inventory, InventoryCommand, ReceiveStock},
};
use serde_json::json;

use crate::stage::{Stage, call_at};

#[tokio::test(flavor = "multi_thread")]
async fn a_history_says_what_happened_why_and_what_was_asked_of_others() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let printed = stage.output(&["history", &format!("order/{order}")]).await;
    assert_eq!(printed.ended, CommandStatus::Done);
    for word in [
        "v1",
        "OrderPlaced (version 2)",
        "the first message of its correlation",
        "v2",
        "OrderConfirmed",
        "· correlation ",
    ] {
        assert!(printed.text.contains(word), "{word:?} is missing in\n{}", printed.text);
    }
    let process = stage.output(&["history", &format!("fulfilment/{order}")]).await.text;
    for word in ["sends ReserveStock → inventory/mug", "sets the timer \"deadline\"", "cancels the timer \"deadline\""]
    {
        assert!(process.contains(word), "{word:?} is missing in\n{process}");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn for_machines_each_event_is_one_line_with_all_its_ids() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let stream = format!("fulfilment/{order}");
    let events = stage.json(&["history", &stream]).await;
    let versions: Vec<u64> = events.iter().map(|event| event["version"].as_u64().expect("a version")).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>());
    assert_eq!(events[0]["type"], "FulfilmentStarted");
    assert_eq!(events[0]["sends"][0]["type"], "ReserveStock");
    assert_eq!(events[0]["timers"][0]["set"]["timer"], "deadline");
    for event in &events {
        for field in ["eventId", "commandId", "correlationId", "causationId", "at", "data"] {
            assert!(!event[field].is_null(), "{field} is missing in {event}");
        }
    }
    // The third and the fourth event are of one commit, and the third alone can be asked for.
    let parts = stage.json(&["history", &stream, "--from", "3", "--limit", "1"]).await;
    assert_eq!(parts, events[2..3]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_says_where_to_go_on() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let printed = stage.output(&["history", &format!("order/{order}"), "--limit", "1"]).await;
    assert!(printed.text.contains("OrderPlaced") && !printed.text.contains("OrderConfirmed"), "{}", printed.text);
    assert!(printed.text.contains("continue with --from 2"), "{}", printed.text);
    let full = stage.output(&["history", &format!("order/{order}"), "--limit", "1", "--full"]).await;
    assert!(full.text.contains("\"contactEmail\": \"ada@example.com\""), "{}", full.text);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_longer_than_a_page_is_read_to_its_end() {
    let stage = Stage::open().await;
    let app = stage.running.apps.app("inventory-on-receive-stock").expect("the template has it");
    for number in 1..=130 {
        let receive = InventoryCommand::from(ReceiveStock { sku: "mug".parse().expect("a thing"), quantity: 1 });
        let cause = Cause::new(format!("c-{number}").parse().expect("an id"), "ReceiveStock");
        app.execute::<Inventory>(&"mug".parse::<Sku>().expect("a thing"), &receive, &cause).await.expect("stock");
    }
    let events = stage.json(&["history", "inventory/mug"]).await;
    assert_eq!((events.len(), &events[129]["version"]), (130, &json!(130)));
    assert_eq!(stage.json(&["history", "inventory/mug", "--from", "95"]).await, events[94..]);
    assert_eq!(stage.json(&["state", "inventory/mug"]).await[0]["state"]["available"], 130);
    assert_eq!(stage.json(&["state", "inventory/mug", "--at", "120"]).await[0]["state"]["available"], 120);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_not_there_is_said_with_those_it_may_have_been() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let printed = stage.output(&["history", &format!("orders/{order}")]).await;
    assert_eq!(printed.ended, CommandStatus::NotFound);
    assert!(printed.text.contains("has no events in causeway-events"), "{}", printed.text);
    assert!(printed.text.contains("contexts with streams are order, inventory"), "{}", printed.text);
    assert!(printed.text.contains(&format!("there is order/{order}")), "{}", printed.text);
    let printed = stage.output(&["history", &format!("order/{order}"), "--from", "9"]).await;
    assert_eq!((printed.ended, printed.text.contains("ends at version 6")), (CommandStatus::NotFound, true));
    let error = stage.call(&["history", "o-1001"]).await.expect_err("no stream");
    assert!(error.to_string().contains("must be <context>/<id>, such as order/o-1001"), "{error}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_place_is_said_with_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let error = call_at(&format!("http://{free}"), &["history", "order/o-1"]).await.expect_err("nobody is there");
    assert!(format!("{error:#}").contains("start it with `causeway up`"), "{error:#}");
    let stage = Stage::open().await;
    let error = stage.call(&["history", "order/o-1", "--stack", "other"]).await.expect_err("no table");
    assert!(format!("{error:#}").contains("there is no table other-events"), "{error:#}");
    stage.close().await;
}
