//! Acknowledged events and settings survive the process.

use std::sync::Arc;

use serde_json::json;

use crate::events::EventBridge;

use super::fixture::{
    DEAD_LETTERS, FUNCTION, FakeTargets, advance, call, clock, create_rule, order_placed, put, settle, wal_fixture,
};

#[tokio::test]
async fn acknowledged_events_are_delivered_after_a_kill() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let answer = put(&events, order_placed()).await;
    // Nothing was delivered until here, and the process ends without a shutdown.
    drop(events);
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    let later = put(&events, order_placed()).await;
    assert_eq!(events.undelivered(), 2);
    let driver = tokio::spawn(events.clone().run());
    settle().await;
    let delivered: Vec<_> = fakes.invocations().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(delivered, [&answer, &later].map(|answer| answer["Entries"][0]["EventId"].clone()));
    driver.abort();
    settle().await;
    drop(events);
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    assert_eq!(events.undelivered(), 0);
    let again = put(&events, order_placed()).await;
    assert_ne!(again["Entries"][0]["EventId"], answer["Entries"][0]["EventId"]);
}

#[tokio::test]
async fn attempts_before_a_kill_count_after_it() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    let policy = json!({ "MaximumRetryAttempts": 2 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    create_rule(&events, "reserve", target).await;
    fakes.fail(FUNCTION, 100, "THROTTLING", true);
    let driver = tokio::spawn(events.clone().run());
    put(&events, order_placed()).await;
    advance(&clock, 1).await;
    assert_eq!((events.counts().retried, events.undelivered()), (2, 1));
    driver.abort();
    settle().await;
    drop(events);
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    advance(&clock, 10).await;
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["RETRY_ATTEMPTS"], "2");
}

#[tokio::test]
async fn rules_targets_and_buses_are_restored_also_after_compaction() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    call(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let driver = tokio::spawn(events.clone().run());
    for _ in 0..450 {
        call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await;
        settle().await;
    }
    assert_eq!(fakes.invocations().len(), 4_500);
    let length = events.durable.length();
    assert!(length < 5_000, "{length}");
    driver.abort();
    settle().await;
    drop(events);
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    assert_eq!(call(&events, "ListEventBuses", json!({})).await["EventBuses"].as_array().unwrap().len(), 2);
    let targets = call(&events, "ListTargetsByRule", json!({ "Rule": "reserve" })).await;
    assert_eq!(targets["Targets"], json!([{ "Id": "f", "Arn": FUNCTION }]));
    assert_eq!(events.undelivered(), 0);
}

#[tokio::test]
async fn a_write_ahead_log_of_the_first_version_is_read_and_its_pending_deliveries_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let records = [
        r#"{"Bus":{"name":"default","description":null,"created":"2026-11-21T04:00:00Z"}}"#.to_owned(),
        format!(
            r#"{{"Owed":{{"event":{{"id":"e-1","text":"{{\"id\":\"e-1\"}}","at":"2026-11-21T04:59:00Z","forwarded":false}},
            "to":[{{"number":7,"rule_arn":"r","target":{{"Id":"f","Arn":"{FUNCTION}"}},"tries":0,"due":"2026-11-21T04:59:00Z","doomed":null}}]}}}}"#
        )
        .replace('\n', ""),
        format!(
            r#"{{"Tried":{{"number":7,"rule_arn":"r","target":{{"Id":"f","Arn":"{FUNCTION}"}},"tries":2,"due":"2026-11-21T05:00:05Z","doomed":null}}}}"#
        ),
    ];
    let lines = records.map(|record| format!("{:08x} {record}\n", crc32fast::hash(record.as_bytes())));
    std::fs::write(&path, lines.concat()).unwrap();
    let (fakes, clock) = (Arc::new(FakeTargets::default()), clock());
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    advance(&clock, 4).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (0, 1));
    advance(&clock, 1).await;
    assert_eq!((fakes.invocations(), events.undelivered()), (vec![json!({ "id": "e-1" })], 0));
}
