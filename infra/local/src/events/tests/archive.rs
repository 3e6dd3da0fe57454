//! Archives and replays survive the process, and do not grow the write-ahead log.

use serde_json::{Value, json};

use crate::events::EventBridge;

use super::fixture::{
    FUNCTION, FakeTargets, advance, call, create_rule, order_placed, put, service, settle, start, wal_fixture,
};

const BUS: &str = "arn:aws:events:eu-central-1:000000000000:event-bus/default";
const ARCHIVE: &str = "arn:aws:events:eu-central-1:000000000000:archive/all";

fn replay(name: &str) -> Value {
    json!({
        "ReplayName": name, "EventSourceArn": ARCHIVE, "Destination": { "Arn": BUS },
        "EventStartTime": start().as_second() - 86_400, "EventEndTime": start().as_second() + 30 * 86_400,
    })
}

async fn archive(events: &EventBridge, retention: u32) {
    let body = json!({ "ArchiveName": "all", "EventSourceArn": BUS, "RetentionDays": retention });
    call(events, "CreateArchive", body).await;
}

async fn describe(events: &EventBridge, name: &str) -> Value {
    call(events, "DescribeReplay", json!({ "ReplayName": name })).await
}

fn names(fakes: &FakeTargets) -> Vec<Value> {
    fakes.invocations().iter().map(|event| event["replay-name"].clone()).collect()
}

#[tokio::test]
async fn archived_events_are_replayed_after_a_kill_and_do_not_grow_the_write_ahead_log() {
    let (folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    archive(&events, 0).await;
    let length = events.durable.length();
    for _ in 0..120 {
        put(&events, order_placed()).await;
    }
    assert_eq!(events.durable.length(), length, "no rule matches");
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    drop(events);
    // The last write before the kill was incomplete.
    let day = folder.path().join(format!("archive-all-{}.journal", start().as_second() / 86_400));
    let mut torn = std::fs::read(&day).unwrap();
    torn.extend_from_slice(b"00000000 {\"time\"");
    std::fs::write(&day, torn).unwrap();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    let described = call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await;
    assert_eq!(described["EventCount"], 120);
    put(&events, order_placed()).await;
    tokio::spawn(events.clone().run());
    advance(&clock, 1).await;
    assert_eq!(describe(&events, "again").await["State"], "COMPLETED");
    let names = names(&fakes);
    assert_eq!(names.iter().filter(|name| **name == "again").count(), 120);
    assert_eq!(names.len(), 121, "and the one that was put after the start");
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 121);
}

#[tokio::test]
async fn a_replay_that_is_killed_repeatedly_neither_loses_nor_repeats_an_event() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    archive(&events, 0).await;
    for _ in 0..4 {
        for _ in 0..70 {
            put(&events, order_placed()).await;
        }
        advance(&clock, 45).await;
    }
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    drop(events);
    let mut starts = 0;
    loop {
        let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
        if describe(&events, "again").await["State"] == "COMPLETED" {
            break;
        }
        starts += 1;
        events.continue_replays();
    }
    assert!(starts > 5, "{starts}");
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    assert_eq!(events.undelivered(), 280);
    tokio::spawn(events.clone().run());
    advance(&clock, 1).await;
    let mut ids: Vec<String> = fakes.invocations().iter().map(|event| event["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((fakes.invocations().len(), ids.len()), (280, 280));
}

#[tokio::test]
async fn a_large_replay_pauses_while_many_deliveries_are_pending() {
    let (fakes, _, events) = service();
    archive(&events, 0).await;
    for _ in 0..250 {
        call(&events, "PutEvents", json!({ "Entries": vec![order_placed(); 10] })).await;
    }
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    for _ in 0..100 {
        events.continue_replays();
    }
    assert!((1_000..1_100).contains(&events.undelivered()), "{}", events.undelivered());
    assert_eq!(describe(&events, "again").await["State"], "RUNNING");
    let driver = tokio::spawn(events.clone().run());
    for _ in 0..20 {
        settle().await;
    }
    driver.abort();
    assert_eq!((describe(&events, "again").await["State"].as_str(), names(&fakes).len()), (Some("COMPLETED"), 2_500));
}

#[tokio::test]
async fn expired_events_are_not_replayed_and_their_file_is_deleted() {
    let (folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    archive(&events, 2).await;
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    tokio::spawn(events.clone().run());
    put(&events, order_placed()).await;
    advance(&clock, 2 * 86_400 + 1).await;
    put(&events, order_placed()).await;
    call(&events, "StartReplay", replay("again")).await;
    advance(&clock, 1).await;
    assert_eq!(names(&fakes), [Value::Null, Value::Null, json!("again")]);
    advance(&clock, 86_400).await;
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 1);
    let files = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let of_archive = || files().filter(|name| name.to_string_lossy().starts_with("archive-")).count();
    assert_eq!(of_archive(), 1);
    call(&events, "DeleteArchive", json!({ "ArchiveName": "all" })).await;
    assert_eq!(of_archive(), 0);
}

#[tokio::test]
async fn deleting_an_archive_fails_its_replays_and_a_new_one_with_its_name_is_empty() {
    let (folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    archive(&events, 0).await;
    put(&events, order_placed()).await;
    call(&events, "StartReplay", replay("again")).await;
    let day = folder.path().join(format!("archive-all-{}.journal", start().as_second() / 86_400));
    let held = std::fs::read(&day).unwrap();
    call(&events, "DeleteArchive", json!({ "ArchiveName": "all" })).await;
    let failed = describe(&events, "again").await;
    assert_eq!((&failed["State"], &failed["StateReason"]), (&json!("FAILED"), &json!("Archive all does not exist.")));
    drop(events);
    // The process was killed before the file was deleted.
    std::fs::write(&day, held).unwrap();
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    archive(&events, 0).await;
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 0);
}
