//! Deliveries that go wrong on purpose: twice, late, overtaken, dropped, and never lost.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{ActivityEvent, AttemptOutcome, Events},
    faults::Faults,
};

use super::world::{DEAD_LETTERS, FUNCTION, World, call, clock, pass, placed, put, rule, settle};

async fn stage(wish: &str) -> (Arc<World>, Clock, Arc<Events>) {
    let (world, clock) = (Arc::new(World::default()), clock());
    *world.faults.lock().unwrap() = Some(Faults::read([wish], 7).unwrap());
    let events = super::world::events(&world, &clock);
    tokio::spawn(events.clone().run());
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    (world, clock, events)
}

fn numbered(number: usize) -> Value {
    json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": json!({ "number": number }).to_string() })
}

fn arrived(world: &World) -> Vec<u64> {
    world.invocations().iter().filter_map(|event| event["detail"]["number"].as_u64()).collect()
}

#[tokio::test]
async fn a_doubled_delivery_arrives_again_a_moment_later() {
    let (world, clock, events) = stage("duplicate=1").await;
    put(&events, placed()).await;
    settle().await;
    assert_eq!((world.invocations().len(), events.undelivered()), (1, 1));
    pass(&clock, 2).await;
    let invocations = world.invocations();
    assert_eq!((invocations.len(), events.undelivered()), (2, 0));
    assert_eq!(invocations[0], invocations[1]);
}

#[tokio::test]
async fn a_delayed_delivery_waits_for_its_time_also_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    let (world, clock) = (Arc::new(World::default()), clock());
    *world.faults.lock().unwrap() = Some(Faults::read(["delay=1,drop=1"], 7).unwrap());
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    put(&events, placed()).await;
    drop(events);
    *world.faults.lock().unwrap() = None;
    let events = Events::open(&path, world.surroundings(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!((world.invocations().len(), events.undelivered()), (0, 1));
    pass(&clock, 31).await;
    assert_eq!((world.invocations().len(), events.undelivered()), (1, 0));
    assert_eq!(events.counts().retried, 1);
}

#[tokio::test]
async fn a_delivery_is_overtaken_by_later_ones_and_arrives_then() {
    let (world, clock, events) = stage("reorder=0.3").await;
    let numbers: Vec<usize> = (0..30).collect();
    for number in &numbers {
        put(&events, numbered(*number)).await;
        settle().await;
    }
    pass(&clock, 1).await;
    let in_time = arrived(&world);
    assert!(!in_time.is_sorted(), "{in_time:?}");
    // Only those at the very end still wait for others.
    assert!(in_time.len() >= 27, "{in_time:?}");
    pass(&clock, 10).await;
    let mut all = arrived(&world);
    all.sort_unstable();
    assert_eq!(all, (0..30).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_delivery_that_nothing_overtakes_does_not_wait_for_ever() {
    let (world, clock, events) = stage("reorder=1").await;
    put(&events, placed()).await;
    pass(&clock, 9).await;
    assert_eq!(world.invocations().len(), 0);
    pass(&clock, 1).await;
    assert_eq!((world.invocations().len(), events.undelivered()), (1, 0));
}

#[tokio::test]
async fn a_dropped_delivery_is_tried_again_and_one_that_may_be_tried_once_is_not_dropped() {
    let (world, clock, events) = stage("drop=1").await;
    put(&events, placed()).await;
    settle().await;
    assert_eq!((world.invocations().len(), events.undelivered()), (0, 1));
    let told = world.activity.lock().unwrap().last().cloned();
    let Some(ActivityEvent::DeliveryAttempted { attempt: 1, outcome: AttemptOutcome::Retry { code, .. }, .. }) = told
    else {
        panic!("{told:?}");
    };
    assert_eq!(code, "INTERNAL_ERROR");
    pass(&clock, 1).await;
    assert_eq!((world.invocations().len(), events.undelivered()), (1, 0));

    let once = json!({ "MaximumRetryAttempts": 0 });
    let target =
        json!({ "Id": "f", "Arn": FUNCTION, "RetryPolicy": once, "DeadLetterConfig": { "Arn": DEAD_LETTERS } });
    call(&events, "PutTargets", json!({ "Rule": "reserve", "Targets": [target] })).await;
    put(&events, placed()).await;
    settle().await;
    assert_eq!((world.invocations().len(), world.messages(DEAD_LETTERS).len()), (2, 0));
}

#[tokio::test]
async fn of_one_call_some_entries_fail_and_only_the_others_are_taken() {
    let (world, _clock, events) = stage("partial=0.5").await;
    let entries: Vec<Value> = (0..10).map(numbered).collect();
    let answer = call(&events, "PutEvents", json!({ "Entries": entries })).await;
    settle().await;
    let answers = answer["Entries"].as_array().unwrap();
    let taken = |entry: &&Value| entry["EventId"].is_string();
    let failed: Vec<_> = answers.iter().filter_map(|entry| entry["ErrorCode"].as_str()).collect();
    assert_eq!(answer["FailedEntryCount"], failed.len());
    assert!(!failed.is_empty() && failed.len() < 10, "{answer}");
    assert!(failed.iter().all(|code| ["InternalFailure", "ThrottlingException"].contains(code)), "{failed:?}");
    assert_eq!(answers.iter().filter(taken).count(), world.invocations().len());
}

#[tokio::test]
async fn the_nth_delivery_of_a_rule_meets_the_same_fate_whatever_other_rules_do() {
    let mut runs = Vec::new();
    for others in [0, 3] {
        let (world, clock, events) = stage("delay@events=0.3,duplicate=0.3").await;
        call(&events, "PutRule", json!({ "Name": "other", "EventPattern": r#"{"source": ["bank"]}"# })).await;
        call(&events, "PutTargets", json!({ "Rule": "other", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
        for number in 0..40 {
            put(&events, numbered(number)).await;
            for _ in 0..others {
                let entry = json!({ "Source": "bank", "DetailType": "Paid", "Detail": "{}" });
                put(&events, entry).await;
            }
        }
        settle().await;
        let at_once = arrived(&world);
        pass(&clock, 60).await;
        let mut all = arrived(&world);
        all.sort_unstable();
        runs.push((at_once, all));
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].0.len() < 40 && runs[0].1.len() > 40);
}
