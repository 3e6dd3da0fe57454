//! Patterns, tried without and with a service.

use causeway_cli::command_status::CommandStatus;
use serde_json::json;

use crate::stage::{CommandOutput, Stage, call_at};

const ORDERS_PATTERN: &str = r#"{"detail-type": ["PlaceOrder"]}"#;

/// Nothing answers there, and nothing is asked.
async fn output(words: &[&str]) -> CommandOutput {
    call_at("http://127.0.0.1:9", words).await.unwrap_or_else(|error| panic!("{error:#}"))
}

async fn fails(words: &[&str]) -> String {
    format!("{:#}", call_at("http://127.0.0.1:9", words).await.expect_err("it fails"))
}

#[tokio::test]
async fn a_pattern_is_tried_on_a_message_of_the_catalogue_and_on_an_event_as_it_is() {
    let yes = output(&["pattern", "test", ORDERS_PATTERN, "PlaceOrder"]).await;
    assert_eq!((yes.text.as_str(), yes.ended), ("matches\n", CommandStatus::Done));
    let no = output(&["pattern", "test", ORDERS_PATTERN, r#"{"detail-type": "Other"}"#]).await;
    assert_eq!((no.text.as_str(), no.ended), ("does not match\n", CommandStatus::Rejected));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pattern.json");
    std::fs::write(&file, ORDERS_PATTERN).expect("a file");
    let file = file.to_str().expect("a path");
    assert_eq!(output(&["pattern", "test", file, "PlaceOrder", "--json"]).await.text, "{\"matches\":true}\n");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/order/PlaceOrder.v1.json");
    assert_eq!(output(&["pattern", "test", file, sample, "--json"]).await.text, "{\"matches\":true}\n");
}

#[tokio::test]
async fn every_condition_is_explained_with_what_stood_there() {
    let pattern =
        r#"{"source": ["causeway.order"], "detail": {"data": {"total": {"amount": [{"numeric": [">", 9000]}]}}}}"#;
    let printed = output(&["pattern", "explain", pattern, "OrderPlaced"]).await;
    assert_eq!(printed.ended, CommandStatus::Rejected);
    let failed = "✗ detail.data.total.amount: expected {\"numeric\":[\">\",9000]}, found 2998: no value matches";
    assert!(printed.text.contains(failed), "{}", printed.text);
    assert!(printed.text.contains("✓ source: expected \"causeway.order\""), "{}", printed.text);
    let printed = output(&["pattern", "explain", pattern, "OrderPlaced", "--json"]).await;
    let explained: serde_json::Value = serde_json::from_str(&printed.text).expect("JSON");
    assert_eq!(explained["alternatives"][0]["conditions"][0]["expected"], json!([{ "numeric": [">", 9000] }]));
    assert_eq!(explained["alternatives"][0]["conditions"][0]["holds"], json!(false));
}

#[tokio::test]
async fn what_is_no_pattern_or_no_event_is_refused_with_its_place() {
    let error = fails(&["pattern", "test", r#"{"source": "shop"}"#, "PlaceOrder"]).await;
    assert_eq!(error, "the pattern is not valid: source: must be an object or a list of values, not a string");
    assert!(fails(&["pattern", "test", r#"{"source""#, "PlaceOrder"]).await.contains("at byte 9"));
    assert!(fails(&["pattern", "test", ORDERS_PATTERN, "PlaceOrdr"]).await.contains("did you mean PlaceOrder?"));
    assert!(fails(&["pattern", "test", "nowhere.json", "PlaceOrder"]).await.contains("neither JSON nor a file"));
    assert!(fails(&["pattern", "test", ORDERS_PATTERN, "[1]"]).await.contains("the event must be an object"));
    assert!(fails(&["pattern", "test", "-", "-"]).await.contains("only one of the two"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_the_same_when_it_is_asked() {
    let stage = Stage::open().await;
    for (event, ended) in [("PlaceOrder", CommandStatus::Done), ("OrderPlaced", CommandStatus::Rejected)] {
        assert_eq!(
            stage.output(&["pattern", "test", ORDERS_PATTERN, event, "--service"]).await.ended,
            ended,
            "{event}"
        );
        assert_eq!(stage.output(&["pattern", "test", ORDERS_PATTERN, event]).await.ended, ended, "{event}");
    }
    let error = stage.call(&["pattern", "test", "{}", "PlaceOrder", "--service"]).await.expect_err("no pattern");
    assert!(error.to_string().contains("InvalidEventPatternException"), "{error:#}");
    stage.close().await;
}
