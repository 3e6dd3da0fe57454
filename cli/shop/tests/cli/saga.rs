//! Sagas: listed and shown, resumed by an operator, and aborted.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use causeway_cli::command_status::CommandStatus;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stage::{Stage, started, up};

/// Longer than any function may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Advances the clock until everything that is due has happened.
async fn walk(stage: &Stage, minutes: i64) {
    let now = stage.running.cloud.services().functions.clock().now();
    let target = now + SignedDuration::from_mins(minutes);
    let walked = stage.running.cloud.time_driver().advance(target, PATIENCE).await;
    assert!(walked.settled, "{walked:?}");
}

/// Disables or enables the rules that deliver this message.
async fn deliver(stage: &Stage, message: &str, enabled: bool) {
    let client = Client::new(stage.running.apps.sdk());
    let rules = client.list_rules().event_bus_name("causeway").send().await.expect("rules");
    let type_name = format!("\"{message}\"");
    let of_message = rules.rules().iter().filter(|rule| rule.event_pattern().is_some_and(|it| it.contains(&type_name)));
    for name in of_message.filter_map(|rule| rule.name()) {
        match enabled {
            true => drop(client.enable_rule().event_bus_name("causeway").name(name).send().await.expect("enabled")),
            false => drop(client.disable_rule().event_bus_name("causeway").name(name).send().await.expect("disabled")),
        }
    }
}

async fn status(stage: &Stage, order: &str) -> Value {
    stage.json(&["saga", "show", order]).await[0]["state"]["status"].clone()
}

/// A cloud whose clock stands, with forty mugs and an order of two mugs and one more item that is not there.
async fn compensating() -> Stage {
    let stage = Stage { running: started(&up(&["--memory", "--paused"])).await };
    deliver(&stage, "ReleaseStock", false).await;
    stage.output(&["put", "ReceiveStock"]).await;
    walk(&stage, 0).await;
    let line = r#"lines.1={"sku":"rare","quantity":1,"unitPrice":{"amount":1,"currency":"EUR"}}"#;
    stage.output(&["put", "PlaceOrder", "--set", "orderId=o-7", "--set", line]).await;
    walk(&stage, 0).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_is_listed_by_its_status_and_shown_with_its_steps_and_what_happened() {
    let (stage, order) = Stage::with_confirmed_order().await;
    assert_eq!(stage.output(&["saga", "ls"]).await.text, "no saga is needsOperator or compensating or running\n");
    let listed = stage.json(&["saga", "ls", "--status", "completed"]).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["saga"], &listed[0]["id"]), (&json!("fulfilment"), &json!(order)));
    let printed = stage.output(&["saga", "show", &order]).await.text;
    let stream = format!("fulfilment/{order}");
    assert!(printed.starts_with(&format!("{stream} is completed\n")), "{printed}");
    let steps: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(steps.contains(&vec!["confirm", "done"]), "{printed}");
    for word in ["FulfilmentStarted", "FulfilmentStepDone", "runs pay until "] {
        assert!(printed.contains(word), "{word:?} is missing in\n{printed}");
    }
    let shown = &stage.json(&["saga", "show", &stream]).await[0];
    assert_eq!((&shown["saga"], &shown["state"]["steps"]["pay"]["progress"]), (&json!(stream), &json!("done")));
    assert_eq!(shown["history"][0]["type"], "FulfilmentStarted");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_resumes_a_saga_that_needs_one_and_no_other() {
    let stage = compensating().await;
    assert_eq!(status(&stage, "o-7").await, json!("compensating"));
    let early = stage.output(&["saga", "resume", "o-7"]).await;
    assert_eq!(early.ended, CommandStatus::Rejected);
    assert!(early.text.contains("only one that needs an operator is resumed"), "{}", early.text);
    walk(&stage, 16).await;
    let listed = stage.output(&["saga", "ls", "--status", "needs-operator"]).await.text;
    assert!(listed.contains("fulfilment/o-7") && listed.contains("is not undone in time"), "{listed}");

    deliver(&stage, "ReleaseStock", true).await;
    // From now on what is published is delivered at once.
    stage.running.cloud.services().functions.clock().resume();
    let resumed = stage.json(&["saga", "resume", "o-7"]).await;
    assert_eq!(resumed[0]["published"], "ResumeFulfilment");
    assert!(["compensating", "compensated"].map(Value::from).contains(&resumed[0]["status"]), "{resumed:?}");
    while status(&stage, "o-7").await != json!("compensated") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stage.json(&["state", "inventory/mug"]).await[0]["state"]["available"], 40);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_aborts_a_saga_with_a_reason_and_only_once() {
    let stage = Stage::open().await;
    deliver(&stage, "ReserveStock", false).await;
    stage.output(&["put", "PlaceOrder", "--set", "orderId=o-8"]).await;
    while stage.output(&["saga", "show", "o-8"]).await.ended == CommandStatus::NotFound {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = stage.call(&["saga", "abort", "o-8", "--reason", " "]).await.expect_err("no reason");
    assert!(format!("{error:#}").contains("--reason is blank"), "{error:#}");
    let abort = ["saga", "abort", "o-8", "--reason", "The item was recalled.", "--yes"];
    let aborted = stage.json(&abort).await;
    assert_eq!(aborted[0]["published"], "AbortFulfilment");
    while status(&stage, "o-8").await != json!("compensated") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let printed = stage.output(&["saga", "show", "o-8"]).await.text;
    assert!(printed.starts_with("fulfilment/o-8 is compensated: The item was recalled.\n"), "{printed}");
    let again = stage.output(&abort).await;
    assert_eq!((again.ended, again.text.contains("nothing to abort")), (CommandStatus::Rejected, true));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_is_none_is_answered_with_what_there_is() {
    let stage = Stage::open().await;
    let nobody = stage.output(&["saga", "show", "nobody"]).await;
    assert_eq!((nobody.ended, nobody.text.contains("has no events")), (CommandStatus::NotFound, true), "{nobody:?}");
    let error = stage.call(&["saga", "show", "order/o-1"]).await.expect_err("an order is no saga");
    assert!(format!("{error:#}").contains("the sagas are those of fulfilment"), "{error:#}");
    stage.close().await;
}
