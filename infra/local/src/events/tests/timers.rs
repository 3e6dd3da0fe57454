//! Rules that fire by the clock.

use std::sync::Arc;

use serde_json::json;

use crate::events::Events;

use super::world::{FUNCTION, World, call, clock, events, pass, settle};

async fn daily(events: &Events, expression: &str) {
    call(events, "PutRule", json!({ "Name": "report", "ScheduleExpression": expression })).await;
    call(events, "PutTargets", json!({ "Rule": "report", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
}

#[tokio::test]
async fn a_scheduled_rule_sends_a_scheduled_event_at_each_of_its_times() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    daily(&events, "cron(0 6 * * ? *)").await;
    pass(&clock, 3 * 86_400).await;
    let fired = world.invocations();
    let times: Vec<_> = fired.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z"]);
    assert_eq!((&fired[0]["source"], &fired[0]["detail-type"]), (&json!("aws.events"), &json!("Scheduled Event")));
    assert_eq!(fired[0]["resources"], json!(["arn:aws:events:eu-central-1:000000000000:rule/report"]));
    assert_eq!(fired[0]["detail"], json!({}));
    assert_ne!(fired[0]["id"], fired[1]["id"]);
}

#[tokio::test]
async fn a_disabled_rule_does_not_fire_and_an_enabled_one_begins_anew() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    daily(&events, "rate(10 minutes)").await;
    call(&events, "DisableRule", json!({ "Name": "report" })).await;
    pass(&clock, 3_600).await;
    assert_eq!(world.invocations().len(), 0);
    call(&events, "EnableRule", json!({ "Name": "report" })).await;
    pass(&clock, 599).await;
    assert_eq!(world.invocations().len(), 0);
    pass(&clock, 601).await;
    assert_eq!(world.invocations().len(), 2);
}

#[tokio::test]
async fn a_time_that_passed_while_nobody_ran_is_made_up_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    daily(&events, "rate(10 minutes)").await;
    drop(events);
    clock.tick(jiff::SignedDuration::from_mins(55));
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!(world.invocations().len(), 1);
    pass(&clock, 5 * 60).await;
    let fired = world.invocations();
    let times: Vec<_> = fired.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-11-21T05:10:00Z", "2026-11-21T06:00:00Z"]);
}
