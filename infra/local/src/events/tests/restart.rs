//! What was acknowledged outlives the process.

use std::sync::Arc;

use serde_json::json;

use crate::events::Events;

use super::world::{DEAD_LETTERS, FUNCTION, World, call, clock, pass, placed, put, rule, settle};

#[tokio::test]
async fn what_put_events_acknowledged_is_delivered_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let answer = put(&events, placed()).await;
    // No driver ran until here, and nothing says goodbye.
    drop(events);
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    let later = put(&events, placed()).await;
    assert_eq!(events.undelivered(), 2);
    let driver = tokio::spawn(events.clone().run());
    settle().await;
    let delivered: Vec<_> = world.invocations().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(delivered, [&answer, &later].map(|answer| answer["Entries"][0]["EventId"].clone()));
    driver.abort();
    settle().await;
    drop(events);
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    assert_eq!(events.undelivered(), 0);
    let again = put(&events, placed()).await;
    assert_ne!(again["Entries"][0]["EventId"], answer["Entries"][0]["EventId"]);
}

#[tokio::test]
async fn the_tries_before_a_kill_count_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    let policy = json!({ "MaximumRetryAttempts": 2 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    rule(&events, "reserve", target).await;
    world.fails(FUNCTION, 100, "THROTTLING", true);
    let driver = tokio::spawn(events.clone().run());
    put(&events, placed()).await;
    pass(&clock, 1).await;
    assert_eq!((events.counts().retried, events.undelivered()), (2, 1));
    driver.abort();
    settle().await;
    drop(events);
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    pass(&clock, 10).await;
    assert_eq!(world.messages(DEAD_LETTERS)[0].attributes["RETRY_ATTEMPTS"], "2");
}

#[tokio::test]
async fn rules_targets_and_buses_are_there_again_also_after_compacting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    call(&events, "CreateEventBus", json!({ "Name": "shop" })).await;
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let driver = tokio::spawn(events.clone().run());
    for _ in 0..450 {
        call(&events, "PutEvents", json!({ "Entries": vec![placed(); 10] })).await;
        settle().await;
    }
    assert_eq!(world.invocations().len(), 4_500);
    let length = events.durable.length();
    assert!(length < 5_000, "{length}");
    driver.abort();
    settle().await;
    drop(events);
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    assert_eq!(call(&events, "ListEventBuses", json!({})).await["EventBuses"].as_array().unwrap().len(), 2);
    let targets = call(&events, "ListTargetsByRule", json!({ "Rule": "reserve" })).await;
    assert_eq!(targets["Targets"], json!([{ "Id": "f", "Arn": FUNCTION }]));
    assert_eq!(events.undelivered(), 0);
}

#[tokio::test]
async fn a_journal_of_the_first_version_is_still_read_and_what_it_owes_is_delivered() {
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
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    pass(&clock, 4).await;
    assert_eq!((world.invocations().len(), events.undelivered()), (0, 1));
    pass(&clock, 1).await;
    assert_eq!((world.invocations(), events.undelivered()), (vec![json!({ "id": "e-1" })], 0));
}
