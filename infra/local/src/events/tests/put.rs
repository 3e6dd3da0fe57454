//! `PutEvents`, with a result for each entry.

use serde_json::{Value, json};

use super::fixture::{FUNCTION, call, create_rule, order_placed, put, running_service, service, settle};

fn with(field: &str, value: Value) -> Value {
    let mut entry = order_placed();
    entry[field] = value;
    entry
}

#[tokio::test]
async fn the_envelope_has_its_fields_in_order_and_its_time_in_whole_seconds() {
    let (fakes, _, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let mut entry = with("Time", json!(1_790_000_000.75));
    entry["Resources"] = json!(["order/o-1"]);
    let answer = put(&events, entry).await;
    settle().await;
    let id = answer["Entries"][0]["EventId"].as_str().unwrap();
    let expected = format!(
        r#"{{"version":"0","id":"{id}","detail-type":"OrderPlaced","source":"shop","account":"000000000000","time":"2026-09-21T14:13:20Z","region":"eu-central-1","resources":["order/o-1"],"detail":{{"order":"o-1","total":25.50}}}}"#
    );
    assert_eq!(fakes.invoked.lock().unwrap()[0].1, expected);
}

#[tokio::test]
async fn entries_fail_alone_and_the_results_keep_their_order() {
    let (_, _, events) = service();
    let entries = json!([
        order_placed(),
        with("Source", Value::Null),
        with("DetailType", json!("")),
        with("Detail", json!("{\"order\": ")),
        with("Detail", json!("[1]")),
        with("Detail", json!(r#"{"n": 9223372036854775808}"#)),
        with("Source", json!("aws.ec2")),
        with("DetailType", json!("x".repeat(129))),
        with("EventBusName", json!("nowhere")),
    ]);
    let answer = call(&events, "PutEvents", json!({ "Entries": entries })).await;
    let codes: Vec<_> = answer["Entries"].as_array().unwrap().iter().map(|entry| entry["ErrorCode"].as_str()).collect();
    let (argument, malformed) = (Some("InvalidArgument"), Some("MalformedDetail"));
    let not_authorized = Some("NotAuthorizedForSource");
    assert_eq!(codes, [None, argument, argument, malformed, malformed, malformed, not_authorized, argument, None]);
    assert_eq!(answer["FailedEntryCount"], 7);
    assert!(answer["Entries"][8]["EventId"].is_string());
}

#[tokio::test]
async fn a_request_over_a_limit_or_without_a_valid_entry_fails_as_a_whole() {
    let (_, _, events) = service();
    let lacking = with("Source", Value::Null);
    let big = with("Detail", json!(format!(r#"{{"text": "{}"}}"#, "x".repeat(1_048_576))));
    for entries in [json!(vec![order_placed(); 11]), json!([]), json!([lacking, lacking]), json!([big])] {
        let error = events.handle("PutEvents", json!({ "Entries": entries })).await.unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, "ValidationException"));
    }
    assert_eq!(call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await["FailedEntryCount"], 0);
}

#[tokio::test]
async fn the_nesting_of_a_detail_is_limited() {
    let (_, _, events) = service();
    let nested = |levels: usize| {
        let detail = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        with("Detail", json!(detail))
    };
    assert_eq!(put(&events, nested(400)).await["FailedEntryCount"], 0);
    let answer = put(&events, nested(1_001)).await;
    assert_eq!(answer["Entries"][0]["ErrorCode"], "MalformedDetail");
}

#[tokio::test]
async fn event_ids_are_unique() {
    let (_, _, events) = service();
    let answer = call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await;
    let ids: std::collections::BTreeSet<_> =
        answer["Entries"].as_array().unwrap().iter().map(|entry| entry["EventId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_pattern_can_be_tested_without_a_rule() {
    let (_, _, events) = service();
    let event = json!({
        "id": "1", "account": "000000000000", "source": "shop", "time": "2026-11-21T05:00:00Z",
        "region": "eu-central-1", "resources": [], "detail-type": "OrderPlaced", "detail": { "total": 5 },
    });
    for (pattern, result) in [(r#"{"source": ["shop"]}"#, true), (r#"{"source": ["bank"]}"#, false)] {
        let body = json!({ "EventPattern": pattern, "Event": event.to_string() });
        assert_eq!(call(&events, "TestEventPattern", body).await["Result"], result);
    }
    for (pattern, event, code) in [
        (r#"{"source": "shop"}"#, event.to_string(), "InvalidEventPatternException"),
        (r#"{"source": ["shop"]}"#, r#"{"source": "shop"}"#.to_owned(), "ValidationException"),
    ] {
        let body = json!({ "EventPattern": pattern, "Event": event });
        assert_eq!(events.handle("TestEventPattern", body).await.unwrap_err().code, code);
    }
}
