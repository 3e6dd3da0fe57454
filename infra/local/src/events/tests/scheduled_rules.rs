//! Scheduled rules.

use serde_json::json;

use crate::events::EventBridge;

use super::fixture::{FUNCTION, advance, call, running_service, settle, wal_fixture};

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
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    daily(&events, "rate(10 minutes)").await;
    drop(events);
    clock.tick(jiff::SignedDuration::from_mins(55));
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!(fakes.invocations().len(), 1);
    advance(&clock, 5 * 60).await;
    let fired = fakes.invocations();
    let times: Vec<_> = fired.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-11-21T05:10:00Z", "2026-11-21T06:00:00Z"]);
}
