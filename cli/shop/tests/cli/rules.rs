//! Who listens to what.

use causeway_cli::command_status::CommandStatus;
use serde_json::Value;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_shows_its_functions_with_their_dead_letter_queues() {
    let stage = Stage::open().await;
    let printed = stage.output(&["rules", "OrderPlaced"]).await;
    assert_eq!(printed.ended, CommandStatus::Done);
    assert!(printed.text.starts_with("OrderPlaced\n  → AnalyticsOnOrderPlaced"), "{}", printed.text);
    assert!(printed.text.contains("then queue FulfilmentDeadLetters"), "{}", printed.text);
    let listeners = stage.json(&["rules", "OrderPlaced"]).await;
    assert_eq!(listeners.len(), 4, "{listeners:?}");
    for listener in &listeners {
        assert_eq!((&listener["enabled"], &listener["retries"]), (&Value::Bool(true), &Value::from(185)));
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rules_are_there_with_those_that_fire_by_the_clock() {
    let stage = Stage::open().await;
    let all = stage.json(&["rules"]).await;
    let routes = functions::routes().len();
    assert_eq!(all.iter().filter(|listener| listener["bus"] == "causeway").count(), routes);
    let printed = stage.output(&["rules"]).await;
    assert!(printed.text.contains("by schedule\n  → AnalyticsOnDailyReportDue"), "{}", printed.text);
    assert!(printed.text.trim_end().ends_with("cron(0 6 * * ? *)"), "{}", printed.text);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_hears_is_missing_with_the_names_that_are_near() {
    let stage = Stage::open().await;
    let printed = stage.output(&["rules", "OrderPlacedd"]).await;
    assert_eq!(printed.ended, CommandStatus::NotFound);
    assert_eq!(
        printed.text.trim_end(),
        "no rule on any bus matches OrderPlacedd; did you mean OrderPlaced or OrderPaid?"
    );
    let error = stage.call(&["rules", "--bus", "nowhere"]).await.expect_err("there is no such bus");
    assert!(error.to_string().contains("Event bus nowhere does not exist"), "{error:#}");
    stage.close().await;
}
