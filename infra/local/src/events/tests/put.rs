//! `PutEvents`, answered entry by entry.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{FUNCTION, World, call, clock, events, placed, put, rule, settle};

fn with(field: &str, value: Value) -> Value {
    let mut entry = placed();
    entry[field] = value;
    entry
}

#[tokio::test]
async fn the_envelope_has_its_fields_in_order_and_its_time_in_whole_seconds() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let mut entry = with("Time", json!(1_790_000_000.75));
    entry["Resources"] = json!(["order/o-1"]);
    let answer = put(&events, entry).await;
    settle().await;
    let id = answer["Entries"][0]["EventId"].as_str().unwrap();
    let expected = format!(
        r#"{{"version":"0","id":"{id}","detail-type":"OrderPlaced","source":"shop","account":"000000000000","time":"2026-09-21T14:13:20Z","region":"eu-central-1","resources":["order/o-1"],"detail":{{"order":"o-1","total":25.50}}}}"#
    );
    assert_eq!(world.invoked.lock().unwrap()[0].1, expected);
}

#[tokio::test]
async fn entries_fail_alone_and_the_answers_keep_their_places() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    let entries = json!([
        placed(),
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
    let refused = Some("NotAuthorizedForSource");
    assert_eq!(codes, [None, argument, argument, malformed, malformed, malformed, refused, argument, None]);
    assert_eq!(answer["FailedEntryCount"], 7);
    assert!(answer["Entries"][8]["EventId"].is_string());
}

#[tokio::test]
async fn a_call_with_too_much_or_with_nothing_usable_fails_as_a_whole() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    let lacking = with("Source", Value::Null);
    let big = with("Detail", json!(format!(r#"{{"text": "{}"}}"#, "x".repeat(1_048_576))));
    for entries in [json!(vec![placed(); 11]), json!([]), json!([lacking, lacking]), json!([big])] {
        let error = events.handle("PutEvents", json!({ "Entries": entries })).await.unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (400, "ValidationException"));
    }
    assert_eq!(call(&events, "PutEvents", json!({ "Entries": vec![placed(); 10] })).await["FailedEntryCount"], 0);
}

#[tokio::test]
async fn a_detail_may_be_nested_deeply_but_not_without_end() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    let nested = |levels: usize| {
        let detail = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        with("Detail", json!(detail))
    };
    assert_eq!(put(&events, nested(400)).await["FailedEntryCount"], 0);
    let answer = put(&events, nested(1_001)).await;
    assert_eq!(answer["Entries"][0]["ErrorCode"], "MalformedDetail");
}

#[tokio::test]
async fn no_two_events_get_the_same_id() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    let answer = call(&events, "PutEvents", json!({ "Entries": vec![placed(); 10] })).await;
    let ids: std::collections::BTreeSet<_> =
        answer["Entries"].as_array().unwrap().iter().map(|entry| entry["EventId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_pattern_can_be_tested_without_a_rule() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
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
