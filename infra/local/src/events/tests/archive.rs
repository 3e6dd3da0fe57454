//! What an archive holds and a replay has still to say outlives the process, and the write-ahead log of the bus stays short.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::events::Events;

use super::world::{FUNCTION, World, call, clock, pass, placed, put, rule, settle, start};

const BUS: &str = "arn:aws:events:eu-central-1:000000000000:event-bus/default";
const ARCHIVE: &str = "arn:aws:events:eu-central-1:000000000000:archive/all";

fn replay(name: &str) -> Value {
    json!({
        "ReplayName": name, "EventSourceArn": ARCHIVE, "Destination": { "Arn": BUS },
        "EventStartTime": start().as_second() - 86_400, "EventEndTime": start().as_second() + 30 * 86_400,
    })
}

async fn archive(events: &Events, retention: u32) {
    let body = json!({ "ArchiveName": "all", "EventSourceArn": BUS, "RetentionDays": retention });
    call(events, "CreateArchive", body).await;
}

async fn describe(events: &Events, name: &str) -> Value {
    call(events, "DescribeReplay", json!({ "ReplayName": name })).await
}

fn names(world: &World) -> Vec<Value> {
    world.invocations().iter().map(|event| event["replay-name"].clone()).collect()
}

#[tokio::test]
async fn what_was_archived_is_replayed_after_a_kill_and_the_journal_of_the_bus_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    archive(&events, 0).await;
    let length = events.durable.length();
    for _ in 0..120 {
        put(&events, placed()).await;
    }
    assert_eq!(events.durable.length(), length, "nobody wanted them");
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    drop(events);
    // The last write before the kill did not get to its end.
    let day = folder.path().join(format!("archive-all-{}.journal", start().as_second() / 86_400));
    let mut torn = std::fs::read(&day).unwrap();
    torn.extend_from_slice(b"00000000 {\"time\"");
    std::fs::write(&day, torn).unwrap();
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    let described = call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await;
    assert_eq!(described["EventCount"], 120);
    put(&events, placed()).await;
    tokio::spawn(events.clone().run());
    pass(&clock, 1).await;
    assert_eq!(describe(&events, "again").await["State"], "COMPLETED");
    let names = names(&world);
    assert_eq!(names.iter().filter(|name| **name == "again").count(), 120);
    assert_eq!(names.len(), 121, "and the one that was put after the start");
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 121);
}

#[tokio::test]
async fn a_replay_that_is_killed_again_and_again_neither_loses_nor_repeats_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    archive(&events, 0).await;
    for _ in 0..4 {
        for _ in 0..70 {
            put(&events, placed()).await;
        }
        pass(&clock, 45).await;
    }
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    drop(events);
    let mut starts = 0;
    loop {
        let events = Events::open(&path, world.surroundings(&clock)).unwrap();
        if describe(&events, "again").await["State"] == "COMPLETED" {
            break;
        }
        starts += 1;
        events.go_on_replaying();
    }
    assert!(starts > 5, "{starts}");
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    assert_eq!(events.undelivered(), 280);
    tokio::spawn(events.clone().run());
    pass(&clock, 1).await;
    let mut ids: Vec<String> = world.invocations().iter().map(|event| event["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((world.invocations().len(), ids.len()), (280, 280));
}

#[tokio::test]
async fn a_replay_of_more_than_memory_should_hold_waits_for_those_on_their_way() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = super::world::events(&world, &clock);
    archive(&events, 0).await;
    for _ in 0..250 {
        call(&events, "PutEvents", json!({ "Entries": vec![placed(); 10] })).await;
    }
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "StartReplay", replay("again")).await;
    for _ in 0..100 {
        events.go_on_replaying();
    }
    assert!((1_000..1_100).contains(&events.undelivered()), "{}", events.undelivered());
    assert_eq!(describe(&events, "again").await["State"], "RUNNING");
    let driver = tokio::spawn(events.clone().run());
    for _ in 0..20 {
        settle().await;
    }
    driver.abort();
    assert_eq!((describe(&events, "again").await["State"].as_str(), names(&world).len()), (Some("COMPLETED"), 2_500));
}

#[tokio::test]
async fn what_is_older_than_the_retention_is_not_replayed_and_its_file_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    archive(&events, 2).await;
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    tokio::spawn(events.clone().run());
    put(&events, placed()).await;
    pass(&clock, 2 * 86_400 + 1).await;
    put(&events, placed()).await;
    call(&events, "StartReplay", replay("again")).await;
    pass(&clock, 1).await;
    assert_eq!(names(&world), [Value::Null, Value::Null, json!("again")]);
    pass(&clock, 86_400).await;
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 1);
    let files = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let of_archive = || files().filter(|name| name.to_string_lossy().starts_with("archive-")).count();
    assert_eq!(of_archive(), 1);
    call(&events, "DeleteArchive", json!({ "ArchiveName": "all" })).await;
    assert_eq!(of_archive(), 0);
}

#[tokio::test]
async fn an_archive_that_goes_takes_its_replays_with_it_and_its_name_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    archive(&events, 0).await;
    put(&events, placed()).await;
    call(&events, "StartReplay", replay("again")).await;
    let day = folder.path().join(format!("archive-all-{}.journal", start().as_second() / 86_400));
    let held = std::fs::read(&day).unwrap();
    call(&events, "DeleteArchive", json!({ "ArchiveName": "all" })).await;
    let failed = describe(&events, "again").await;
    assert_eq!((&failed["State"], &failed["StateReason"]), (&json!("FAILED"), &json!("Archive all does not exist.")));
    drop(events);
    // A kill came before the file was gone.
    std::fs::write(&day, held).unwrap();
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    archive(&events, 0).await;
    assert_eq!(call(&events, "DescribeArchive", json!({ "ArchiveName": "all" })).await["EventCount"], 0);
}
