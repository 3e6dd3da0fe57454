//! Schedules created, updated, deleted and listed over a fake wire.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use causeway::{
    StreamId,
    memory::Memory,
    time::{
        clock::Clock,
        timers::{Timer, TimerError, TimerKey, Timers},
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{SchedulerConfig, SchedulerTimers, at_expression, parse_due};
use crate::{
    fake_wire::{FakeWire, Reply, client_on},
    fixtures::envelope,
};

fn timers(wire: &FakeWire) -> SchedulerTimers {
    let scheduler = SchedulerConfig {
        group: "timers".to_owned(),
        role_arn: "arn:aws:iam::1:role/timers".to_owned(),
        bus_arn: "arn:aws:events:eu-central-1:1:event-bus/causeway".to_owned(),
        dead_letter_arn: "arn:aws:sqs:eu-central-1:1:letters".to_owned(),
    };
    SchedulerTimers::new(client_on!(aws_sdk_scheduler, wire), Arc::clone(&Memory::new(1).clock) as _, scheduler)
}

fn key() -> TimerKey {
    TimerKey { stream: StreamId::parse("fulfilment/o-1").unwrap(), name: "deadline".to_owned() }
}

fn timer(due: &str) -> Timer {
    let due: Timestamp = due.parse().unwrap();
    Timer {
        key: key(),
        version: 7,
        due,
        envelope: envelope("t-1", "DeadlinePassed", "fulfilment/o-1", due, &json!({})),
    }
}

fn created() -> Reply {
    Reply::Answer(200, json!({ "ScheduleArn": "arn:aws:scheduler:eu-central-1:1:schedule/timers/x" }))
}

fn operations(wire: &FakeWire) -> Vec<String> {
    let short = |operation: String| operation.split(['/', '?']).next().unwrap_or_default().trim().to_owned();
    wire.operations().into_iter().map(short).collect()
}

#[tokio::test]
async fn a_timer_is_a_one_time_schedule_that_publishes_on_the_bus_and_is_deleted() {
    let wire = FakeWire::new(|_, _| created());
    timers(&wire).set(&timer("2026-01-02T03:04:05Z")).await.unwrap();
    let request = &wire.requests()[0];
    assert_eq!(request.operation, format!("POST /schedules/{}", key().schedule_name()));
    let body = &request.body;
    assert_eq!(body["ScheduleExpression"], "at(2026-01-02T03:04:05)");
    assert_eq!(body["Description"], "version 7");
    assert_eq!(body["ActionAfterCompletion"], "DELETE");
    assert_eq!(body["GroupName"], "timers");
    assert_eq!(body["ClientToken"], "t-1");
    assert_eq!(body["FlexibleTimeWindow"]["Mode"], "OFF");
    let target = &body["Target"];
    assert_eq!(target["Arn"], "arn:aws:events:eu-central-1:1:event-bus/causeway");
    assert_eq!(target["RoleArn"], "arn:aws:iam::1:role/timers");
    assert_eq!(
        target["EventBridgeParameters"],
        json!({ "DetailType": "DeadlinePassed", "Source": "causeway.fulfilment" })
    );
    assert_eq!(target["DeadLetterConfig"]["Arn"], "arn:aws:sqs:eu-central-1:1:letters");
    assert_eq!(target["RetryPolicy"], json!({ "MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400 }));
    let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
    assert_eq!(input["eventId"], "t-1");
}

#[tokio::test]
async fn a_timer_that_is_already_set_is_updated() {
    let wire =
        FakeWire::new(|number, _| if number == 0 { Reply::Refused(409, "ConflictException") } else { created() });
    timers(&wire).set(&timer("2026-01-02T03:04:05Z")).await.unwrap();
    assert_eq!(operations(&wire), ["POST", "GET", "PUT"]);
    assert_eq!(wire.requests()[2].body["ScheduleExpression"], "at(2026-01-02T03:04:05)");
}

#[tokio::test]
async fn a_timer_that_fires_while_it_is_updated_is_created_again() {
    let wire = FakeWire::new(|number, _| match number {
        0 => Reply::Refused(409, "ConflictException"),
        2 => Reply::Refused(404, "ResourceNotFoundException"),
        _ => created(),
    });
    timers(&wire).set(&timer("2026-01-02T03:04:05Z")).await.unwrap();
    assert_eq!(operations(&wire), ["POST", "GET", "PUT", "POST"]);
}

#[tokio::test]
async fn transient_and_permanent_errors_are_distinguished() {
    let transient = [
        Reply::Nothing,
        Reply::Refused(500, "InternalServerException"),
        Reply::Refused(429, "ThrottlingException"),
        Reply::Refused(402, "ServiceQuotaExceededException"),
    ];
    for reply in transient {
        let wire = FakeWire::new(move |_, _| reply.clone());
        let error = timers(&wire).set(&timer("2026-01-02T03:04:05Z")).await.unwrap_err();
        assert!(matches!(error, TimerError::Unavailable(_)), "{error:?}");
        let error = timers(&wire).cancel(&key(), 7).await.unwrap_err();
        assert!(matches!(error, TimerError::Unavailable(_)), "{error:?}");
    }
    for refused in ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"] {
        let wire = FakeWire::new(move |_, _| Reply::Refused(400, refused));
        let error = timers(&wire).set(&timer("2026-01-02T03:04:05Z")).await.unwrap_err();
        assert!(matches!(&error, TimerError::Refused { code, .. } if code == refused), "{error:?}");
    }
}

#[tokio::test]
async fn a_timer_can_be_cancelled_twice() {
    let wire = FakeWire::new(|number, _| match number {
        0 | 1 => Reply::Answer(200, json!({})),
        _ => Reply::Refused(404, "ResourceNotFoundException"),
    });
    timers(&wire).cancel(&key(), 7).await.unwrap();
    timers(&wire).cancel(&key(), 7).await.unwrap();
    assert_eq!(operations(&wire), ["GET", "DELETE", "GET"]);
    assert!(wire.operations()[1].contains(&key().schedule_name()));
}

/// A scheduler that holds one schedule.
fn scheduler() -> FakeWire {
    let held: Mutex<Option<Value>> = Mutex::default();
    FakeWire::new(move |_, request| {
        let mut held = held.lock().unwrap();
        match (request.operation.split(' ').next(), held.is_some()) {
            (Some("POST"), true) => Reply::Refused(409, "ConflictException"),
            (Some("GET" | "PUT" | "DELETE"), false) => Reply::Refused(404, "ResourceNotFoundException"),
            (Some("GET"), true) => Reply::Answer(200, held.clone().unwrap_or_default()),
            (Some("DELETE"), true) => {
                *held = None;
                Reply::Answer(200, json!({}))
            }
            _ => {
                *held = Some(request.body.clone());
                created()
            }
        }
    })
}

#[tokio::test]
async fn in_every_interleaving_of_sets_and_moves_and_repeats_the_newest_commit_wins() {
    for order in interleavings(&[1, 1, 2, 2, 3, 3]) {
        let timers = timers(&scheduler());
        let mut newest = 0;
        for version in order {
            let due = timer(&format!("2026-01-0{version}T00:00:01Z"));
            timers.set(&Timer { version, ..due }).await.unwrap();
            newest = newest.max(version);
            let listed = timers.get(&key().schedule_name()).await.unwrap().unwrap();
            assert_eq!(super::version(&listed), newest);
        }
        timers.cancel(&key(), 2).await.unwrap();
        assert!(timers.get(&key().schedule_name()).await.unwrap().is_some(), "an older commit cancels nothing");
        timers.cancel(&key(), 4).await.unwrap();
        assert!(timers.get(&key().schedule_name()).await.unwrap().is_none());
    }
}

/// All orders of these versions.
fn interleavings(versions: &[u64]) -> BTreeSet<Vec<u64>> {
    let Some(last) = versions.len().checked_sub(1) else { return BTreeSet::from([Vec::new()]) };
    let mut orders = BTreeSet::new();
    for index in 0..=last {
        let mut rest = versions.to_vec();
        let first = rest.remove(index);
        orders.extend(interleavings(&rest).into_iter().map(|rest| [vec![first], rest].concat()));
    }
    orders
}

#[tokio::test]
async fn all_pages_are_listed_without_schedules_deleted_meanwhile() {
    let summary = |name: &str| json!({ "Name": name });
    let wire = FakeWire::new(move |_, request| match request.operation.as_str() {
        first if first.starts_with("GET /schedules?") && !first.contains("NextToken") => {
            Reply::Answer(200, json!({ "Schedules": [summary("c"), summary("gone")], "NextToken": "two" }))
        }
        second if second.starts_with("GET /schedules?") => Reply::Answer(200, json!({ "Schedules": [summary("a")] })),
        gone if gone.contains("/gone") => Reply::Refused(404, "ResourceNotFoundException"),
        _ => Reply::Answer(200, json!({ "ScheduleExpression": "at(2026-01-02T03:04:05)" })),
    });
    let listed = timers(&wire).list().await.unwrap();
    assert_eq!(listed.iter().map(|pending| pending.schedule_name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert!(listed.iter().all(|pending| pending.due == "2026-01-02T03:04:05Z".parse().unwrap()));
}

#[test]
fn a_due_time_is_rounded_up_and_never_in_the_past() {
    let now = Memory::new(1).clock.now();
    let read = |due: &str| at_expression(due.parse().unwrap(), now);
    assert_eq!(now.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(read("2026-01-02T03:04:05.001Z"), "at(2026-01-02T03:04:06)");
    assert_eq!(read("2026-01-02T03:04:05Z"), "at(2026-01-02T03:04:05)");
    assert_eq!(read("2025-12-31T00:00:00Z"), "at(2026-01-01T00:00:05)");
    assert_eq!(read("2026-01-01T00:00:00Z"), "at(2026-01-01T00:00:05)");
    assert_eq!(parse_due(&read("2026-01-02T03:04:05Z")).unwrap(), "2026-01-02T03:04:05Z".parse().unwrap());
}
