//! Traces: the whole story of an order from any of its ids.

use causeway_cli::command_status::CommandStatus;
use serde_json::Value;

use crate::stage::Stage;

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_followed_from_one_wish_is_one_tree_from_whichever_id() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let events = stage.json(&["history", &format!("order/{order}")]).await;
    let (placed, confirmed) = (&events[0], &events[2]);
    let nodes = stage.json(&["trace", text(placed, "correlationId")]).await;
    let outcome = nodes.iter().find(|node| node["kind"] == "outcome").expect("the outcome of the command");
    assert_eq!([text(outcome, "command"), text(outcome, "status")], ["PlaceOrder", "done"]);
    let named = |name: &str| nodes.iter().find(|node| node["type"] == name).unwrap_or_else(|| panic!("no {name}"));
    // Each follows from the one before it.
    let chain = ["OrderPlaced", "FulfilmentStarted", "ReserveStock", "StockReserved", "FulfilmentStepDone"];
    for pair in chain.windows(2) {
        assert_eq!(text(named(pair[1]), "parent"), text(named(pair[0]), "id"), "{pair:?}");
    }
    let mails = nodes.iter().filter(|node| node["type"] == "EmailSent");
    assert_eq!(mails.filter(|mail| text(mail, "parent") == text(confirmed, "eventId")).count(), 1);
    assert_eq!(text(named("FulfilmentDeadlinePassed"), "kind"), "timer");
    let stream = format!("order/{order}");
    for id in [stream.as_str(), text(placed, "eventId"), text(confirmed, "eventId"), text(confirmed, "commandId")] {
        assert_eq!(stage.json(&["trace", id]).await, nodes, "{id}");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_a_tree_with_times_and_what_it_cannot_show() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let placed = stage.json(&["history", &format!("order/{order}"), "--limit", "1"]).await.remove(0);
    let printed = stage.output(&["trace", text(&placed, "eventId")]).await;
    let lines: Vec<&str> = printed.text.lines().collect();
    let line = |word: &str| {
        let found = lines.iter().find(|line| line.contains(word));
        found.copied().unwrap_or_else(|| panic!("no {word} in\n{}", printed.text))
    };
    assert!(line("OrderPlaced  order/").contains("+0 ms  └─ "), "{}", printed.text);
    assert!(line(", from outside").contains(text(&placed, "causationId")), "{}", printed.text);
    let column = |word: &str| line(word).find(word).expect("a column");
    assert!(column("ReserveStock →") > column("FulfilmentStarted"), "{}", printed.text);
    assert!(column("StockReserved  inventory/mug") > column("ReserveStock →"), "{}", printed.text);
    assert!(printed.text.contains("CommandRejected is only"), "{}", printed.text);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_nothing_belongs_to_is_missing() {
    let stage = Stage::open().await;
    let printed = stage.output(&["trace", "nothing"]).await;
    assert_eq!(printed.ended, CommandStatus::NotFound);
    assert!(
        printed.text.contains("no event in causeway-events has the correlation, causation or event id nothing"),
        "{}",
        printed.text
    );
    let printed = stage.output(&["trace", "order/nobody"]).await;
    assert_eq!((printed.ended, printed.text.contains("order/nobody has no events")), (CommandStatus::NotFound, true));
    let error = stage.call(&["trace", "no id"]).await.expect_err("no id");
    assert!(error.to_string().contains("must be 1 to 64 characters"), "{error}");
    stage.close().await;
}
