//! States: now, at a version, at a time, of every context.

use causeway_cli::command_status::CommandStatus;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_that_of_now_of_a_version_or_of_a_moment() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let stream = format!("order/{order}");
    let events = stage.json(&["history", &stream]).await;
    let at = |index: usize| events[index]["at"].as_str().expect("a time").to_owned();
    let now = &stage.json(&["state", &stream]).await[0];
    assert_eq!((&now["version"], &now["newest"], &now["at"]), (&json!(6), &json!(true), &json!(at(5))));
    let first = &stage.json(&["state", &stream, "--at", "1"]).await[0];
    assert_eq!((&first["version"], &first["newest"]), (&json!(1), &json!(false)));
    assert_ne!(first["state"], now["state"]);
    assert_eq!(&stage.json(&["state", &stream, "--at", &at(0)]).await[0], first);
    assert_eq!(&stage.json(&["state", &stream, "--at", "2200-01-01"]).await[0], now);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_beyond_the_ends_of_a_stream_is_said() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let stream = format!("order/{order}");
    let beyond = stage.output(&["state", &stream, "--at", "9"]).await;
    assert_eq!(beyond.ended, CommandStatus::Done);
    assert!(
        beyond.text.contains("at version 6 of ") && beyond.text.contains("there is no version 9 yet"),
        "{beyond:?}"
    );
    let before = stage.output(&["state", &stream, "--at", "2000-01-01"]).await;
    assert_eq!((before.ended, before.text.contains("is later, at")), (CommandStatus::NotFound, true), "{before:?}");
    let nobody = stage.output(&["state", "order/nobody"]).await;
    assert_eq!((nobody.ended, nobody.text.contains("has no events")), (CommandStatus::NotFound, true), "{nobody:?}");
    let error = stage.call(&["state", "bakery/b-1"]).await.expect_err("no context");
    assert!(format!("{error:#}").contains("contexts with streams are order"), "{error:#}");
    let error = stage.call(&["state", &stream, "--at", "soon"]).await.expect_err("no time");
    assert!(format!("{error:#}").contains("\"10m ago\""), "{error:#}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_context_of_a_played_order_has_its_state() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let shelf = &stage.json(&["state", "inventory/mug"]).await[0]["state"];
    assert_eq!((&shelf["available"], &shelf["shipped"]), (&json!(38), &json!(2)));
    let process = &stage.json(&["state", &format!("fulfilment/{order}")]).await[0]["state"];
    assert_eq!(process["status"], "completed", "{process}");
    let confirmed = &stage.json(&["history", &format!("order/{order}"), "--from", "3"]).await[0];
    let notification = format!("notification/{}", confirmed["eventId"].as_str().expect("an id"));
    assert_eq!(stage.json(&["state", &notification]).await[0]["state"], json!("sent"));
    stage.close().await;
}
