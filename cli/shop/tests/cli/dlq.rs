//! Dead letters: listed without a loss, redriven, deleted.

use causeway_cli::command_status::CommandStatus;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Sends a dead letter to a queue.
async fn send_dead_letter(stage: &Stage, queue: &str, cause: &str, detail_type: &str, detail: &Value) -> String {
    let body = json!({
        "reason": cause, "explanation": format!("it was {cause}"), "consumer": "inventory-on-receive-stock",
        "at": "2026-11-21T05:00:00Z",
        "message": {
            "id": "b-1", "source": "shop", "detail-type": detail_type, "time": "2026-11-21T05:00:00Z", "detail": detail,
        },
    });
    let queue = stage.running.queues.iter().find(|known| known.name.contains(queue)).expect("the queue");
    let client = aws_sdk_sqs::Client::new(stage.running.apps.sdk());
    let call = client.send_message().queue_url(&queue.url).message_body(body.to_string());
    call.send().await.expect("a dead letter").message_id.expect("its id")
}

fn stock(sku: &str) -> Value {
    json!({ "eventId": format!("stock-{sku}"), "data": { "sku": sku, "quantity": 7 } })
}

async fn ids(stage: &Stage) -> Vec<String> {
    let letters = stage.json(&["dlq", "ls"]).await;
    letters.iter().map(|letter| letter["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_by_cause_and_one_by_one_and_stay_in_their_queues() {
    let stage = Stage::open().await;
    let none = format!("no dead letters in {} queues\n", stage.running.queues.len());
    assert_eq!(stage.output(&["dlq", "ls"]).await.text, none);
    let one = send_dead_letter(&stage, "Inventory", "MALFORMED", "ReceiveStock", &stock("mug")).await;
    let two = send_dead_letter(&stage, "Inventory", "MALFORMED", "ReceiveStock", &stock("tea")).await;
    let three = send_dead_letter(&stage, "Order", "LOOP", "PlaceOrder", &json!({})).await;
    for _ in 0..2 {
        let printed = stage.output(&["dlq", "ls"]).await.text;
        for word in ["-InventoryDeadLetters-", "MALFORMED", "2 ", "LOOP", "it was LOOP", &one, &two, &three] {
            assert!(printed.contains(word), "{word:?} is missing in\n{printed}");
        }
    }
    let loops = stage.json(&["dlq", "ls", "--cause", "LOOP"]).await;
    assert_eq!(loops.len(), 1);
    assert_eq!(loops[0]["letter"]["origin"]["kept"]["consumer"], "inventory-on-receive-stock");
    assert_eq!(stage.json(&["dlq", "ls", "--queue", "inventory"]).await.len(), 2);
    let shown = stage.output(&["dlq", "show", &one]).await.text;
    assert!(shown.contains("cause     MALFORMED") && shown.contains("\"sku\": \"mug\""), "{shown}");
    assert_eq!(stage.output(&["dlq", "show", "nobody"]).await.ended, CommandStatus::NotFound);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_dead_letter_is_handled_and_one_that_cannot_be_redriven_stays_with_the_reason() {
    let stage = Stage::open().await;
    let good = send_dead_letter(&stage, "Inventory", "Retry.Conflict", "ReceiveStock", &stock("mug")).await;
    let bad = send_dead_letter(&stage, "Inventory", "MALFORMED", "ReceiveStock", &json!("no object")).await;
    let mut feed = stage.running.cloud.feed();
    let printed = stage.output(&["dlq", "redrive", "--all"]).await;
    assert_eq!(printed.ended, CommandStatus::Rejected, "{}", printed.text);
    assert!(printed.text.contains(&format!("redriven    {good}")), "{}", printed.text);
    assert!(printed.text.contains(&format!("stays       {bad}  ReceiveStock: its detail")), "{}", printed.text);
    assert!(printed.text.contains("1 redriven, 1 stayed"), "{}", printed.text);
    while !feed.recv().await.expect("news").contains("StockReceived") {}
    let state = stage.json(&["state", "inventory/mug"]).await;
    assert_eq!(state[0]["state"]["available"], 7);
    assert_eq!(ids(&stage).await, [bad]);
    assert_eq!(stage.output(&["dlq", "redrive", "--cause", "Retry.Conflict"]).await.ended, CommandStatus::NotFound);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_deleted_only_after_a_confirmation() {
    let stage = Stage::open().await;
    let one = send_dead_letter(&stage, "Inventory", "MALFORMED", "ReceiveStock", &stock("mug")).await;
    let two = send_dead_letter(&stage, "Inventory", "LOOP", "PlaceOrder", &json!({})).await;
    let error = stage.call(&["dlq", "purge", "--all"]).await.expect_err("nobody answers");
    assert!(error.to_string().contains("give --yes"), "{error}");
    assert_eq!(ids(&stage).await.len(), 2);
    let error = stage.call(&["dlq", "purge", "--yes"]).await.expect_err("which?");
    assert!(error.to_string().contains("--all"), "{error}");
    let printed = stage.output(&["dlq", "purge", "--cause", "LOOP", "--yes"]).await;
    assert!(printed.text.contains(&format!("deleted  {two}")), "{}", printed.text);
    assert_eq!(ids(&stage).await, std::slice::from_ref(&one));
    assert_eq!(stage.output(&["dlq", "purge", "--id", &one, "--yes"]).await.ended, CommandStatus::Done);
    assert_eq!(stage.output(&["dlq", "purge", "--id", &one, "--yes"]).await.ended, CommandStatus::NotFound);
    assert_eq!(ids(&stage).await, Vec::<String>::new());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_queue_is_an_error_that_names_the_known_ones() {
    let stage = Stage::open().await;
    let error = stage.call(&["dlq", "ls", "--queue", "bakery"]).await.expect_err("no queue");
    assert!(error.to_string().contains("-OrderDeadLetters-"), "{error}");
    let error = stage.call(&["dlq", "ls", "--stack", "other"]).await.expect_err("no stack");
    assert!(error.to_string().contains("--stack"), "{error}");
    stage.close().await;
}
