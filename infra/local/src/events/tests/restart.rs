//! Acknowledged events, settings, archives, replays and scheduled rules survive the process.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    events::EventBridge,
    testing::{FakeTargets, clock, settle, start},
};

use super::{
    DEAD_LETTERS, FUNCTION, advance, call, create_rule, function_with_dlq, order_placed, outcomes, put,
    running_service, service, wal_fixture,
};

#[tokio::test]
async fn acknowledged_events_are_delivered_after_a_kill() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    let response = put(&events, order_placed()).await;
    // Nothing was delivered until here, and the process ends without a shutdown.
    drop(events);
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    let later = put(&events, order_placed()).await;
    assert_eq!(events.undelivered(), 2);
    let driver = tokio::spawn(events.clone().run());
    settle().await;
    let delivered: Vec<_> = fakes.invocations().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(delivered, [&response, &later].map(|response| response["Entries"][0]["EventId"].clone()));
    driver.abort();
    settle().await;
    drop(events);
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    assert_eq!(events.undelivered(), 0);
    assert_ne!(put(&events, order_placed()).await["Entries"][0]["EventId"], response["Entries"][0]["EventId"]);
}

#[tokio::test]
async fn attempts_before_a_kill_count_after_it() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    create_rule(&events, "reserve", json!([function_with_dlq(json!({ "MaximumRetryAttempts": 2 }))])).await;
    fakes.fail(FUNCTION, 100, "THROTTLING", true);
    let driver = tokio::spawn(events.clone().run());
    put(&events, order_placed()).await;
    advance(&clock, 1).await;
    assert_eq!((outcomes(&fakes)[0], events.undelivered()), (2, 1));
    driver.abort();
    settle().await;
    drop(events);
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    advance(&clock, 10).await;
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["RETRY_ATTEMPTS"], "2");
}

#[tokio::test]
async fn rules_targets_and_buses_are_restored_also_after_compaction() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    advance(&clock, 4).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (0, 1));
    advance(&clock, 1).await;
    assert_eq!((fakes.invocations(), events.undelivered()), (vec![json!({ "id": "e-1" })], 0));
}

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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 120);
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
        let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
        if describe(&events, "again").await["State"] == "COMPLETED" {
            break;
        }
        starts += 1;
        events.continue_replays();
    }
    assert!(starts > 5, "{starts}");
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    archive(&events, 0).await;
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 0);
}

async fn daily(events: &EventBridge, expression: &str) {
    call(events, "PutRule", json!({ "Name": "report", "ScheduleExpression": expression })).await;
    call(events, "PutTargets", json!({ "Rule": "report", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
}

#[tokio::test]
async fn a_scheduled_rule_sends_a_scheduled_event_at_each_of_its_times() {
    let (fakes, clock, events) = running_service();
    daily(&events, "cron(0 6 * * ? *)").await;
    advance(&clock, 3 * 86_400).await;
    let fired = fakes.invocations();
    let times: Vec<_> = fired.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z"]);
    assert_eq!((&fired[0]["source"], &fired[0]["detail-type"]), (&json!("aws.events"), &json!("Scheduled Event")));
    assert_eq!(fired[0]["resources"], json!(["arn:aws:events:eu-central-1:000000000000:rule/report"]));
    assert_eq!(fired[0]["detail"], json!({}));
    assert_ne!(fired[0]["id"], fired[1]["id"]);
}

#[tokio::test]
async fn a_disabled_rule_does_not_fire_and_an_enabled_one_starts_again() {
    let (fakes, clock, events) = running_service();
    daily(&events, "rate(10 minutes)").await;
    call(&events, "DisableRule", json!({ "Name": "report" })).await;
    advance(&clock, 3_600).await;
    assert_eq!(fakes.invocations().len(), 0);
    call(&events, "EnableRule", json!({ "Name": "report" })).await;
    advance(&clock, 599).await;
    assert_eq!(fakes.invocations().len(), 0);
    advance(&clock, 601).await;
    assert_eq!(fakes.invocations().len(), 2);
}

#[tokio::test]
async fn a_firing_missed_while_the_process_was_down_happens_once() {
    let (_folder, path, fakes, clock) = wal_fixture();
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    daily(&events, "rate(10 minutes)").await;
    drop(events);
    clock.tick(jiff::SignedDuration::from_mins(55));
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!(fakes.invocations().len(), 1);
    advance(&clock, 5 * 60).await;
    let fired = fakes.invocations();
    let times: Vec<_> = fired.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-11-21T05:10:00Z", "2026-11-21T06:00:00Z"]);
}
