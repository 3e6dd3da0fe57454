//! Event source mappings: what the function receives, and what follows from its result.

mod queue;
mod shard;
mod stream;
mod time_driver;

use serde_json::{Value, json};

use super::{Filter, batch::failed_items};
use crate::{
    lambda::fixture::ARN,
    template::{Mapping, Source, StartingPosition},
};

fn mapping(batch_size: u32) -> Mapping {
    Mapping {
        id: "Feed".to_owned(),
        uuid: "feed".to_owned(),
        function: ARN.to_owned(),
        source: Source::Stream { table: "events".to_owned() },
        enabled: true,
        batch_size,
        window_seconds: 0,
        starting_position: StartingPosition::Oldest,
        bisect_on_error: false,
        retries: None,
        maximum_age_seconds: None,
        parallelization: 1,
        on_failure_arn: None,
        reports_failed_items: false,
        filters: Vec::new(),
        maximum_concurrency: Some(1),
        line: 1,
    }
}

/// The texts at this pointer in all records of a payload.
fn texts(payload: &Value, pointer: &str) -> Vec<String> {
    let records = payload["Records"].as_array().unwrap().iter();
    records.map(|record| record.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()).collect()
}

fn failures(identifiers: &[&str]) -> String {
    let failures: Vec<_> = identifiers.iter().map(|one| json!({ "itemIdentifier": one })).collect();
    json!({ "batchItemFailures": failures }).to_string()
}

#[test]
fn a_response_without_failures_reports_success() {
    for answer in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#, r#""done""#] {
        assert_eq!(failed_items(answer, &["a", "b"]), Ok([].into()), "{answer}");
    }
}

#[test]
fn a_response_reports_the_failed_records() {
    assert_eq!(failed_items(&failures(&["c", "a"]), &["a", "b", "c"]), Ok([0, 2].into()));
}

#[test]
fn an_empty_or_unknown_identifier_fails_the_whole_batch() {
    for answer in [
        failures(&["a", ""]).as_str(),
        failures(&["nobody"]).as_str(),
        r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
        r#"{"batchItemFailures":[{"identifier":"a"}]}"#,
        r#"{"batchItemFailures":[{}]}"#,
        r#"{"batchItemFailures":"a"}"#,
        "{",
    ] {
        assert!(failed_items(answer, &["a", "b"]).is_err(), "{answer}");
    }
}

#[test]
fn a_filter_matches_the_fields_of_a_json_body() {
    let filter = Filter::parse(&[r#"{"body":{"kind":["OrderPlaced"]}}"#.to_owned()]).unwrap();
    assert!(filter.matches_message(&json!({ "body": r#"{"kind":"OrderPlaced"}"# })));
    assert!(!filter.matches_message(&json!({ "body": r#"{"kind":"Other"}"# })));
    assert!(!filter.matches_message(&json!({ "body": "OrderPlaced" })));
    let plain = Filter::parse(&[r#"{"body":["stop"]}"#.to_owned()]).unwrap();
    assert!(plain.matches_message(&json!({ "body": "stop" })));
}
