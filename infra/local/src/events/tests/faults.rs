//! Injected delivery faults: duplicates, delays, reordering and drops, without losing an event.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{ActivityEvent, AttemptOutcome, EventBridge},
    faults::Faults,
};

use super::fixture::{
    DEAD_LETTERS, FUNCTION, FakeTargets, advance, call, clock, create_rule, order_placed, put, settle, wal_fixture,
};

async fn service_with_faults(faults: &str) -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock) = (Arc::new(FakeTargets::default()), clock());
    *fakes.faults.lock().unwrap() = Some(Faults::read([faults], 7).unwrap());
    let events = EventBridge::in_memory(fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    (fakes, clock, events)
}

fn numbered(number: usize) -> Value {
    json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": json!({ "number": number }).to_string() })
}

fn delivered(fakes: &FakeTargets) -> Vec<u64> {
    fakes.invocations().iter().filter_map(|event| event["detail"]["number"].as_u64()).collect()
}

#[tokio::test]
async fn a_duplicated_delivery_is_made_twice() {
    let (fakes, clock, events) = service_with_faults("duplicate=1").await;
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (1, 1));
    advance(&clock, 2).await;
    let invocations = fakes.invocations();
    assert_eq!((invocations.len(), events.undelivered()), (2, 0));
    assert_eq!(invocations[0], invocations[1]);
}

#[tokio::test]
async fn a_delayed_delivery_waits_also_across_a_restart() {
    let (_folder, path, fakes, clock) = wal_fixture();
    *fakes.faults.lock().unwrap() = Some(Faults::read(["delay=1,drop=1"], 7).unwrap());
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    put(&events, order_placed()).await;
    drop(events);
    *fakes.faults.lock().unwrap() = None;
    let events = EventBridge::open(&path, fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (0, 1));
    advance(&clock, 31).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (1, 0));
    assert_eq!(events.counts().retried, 1);
}

#[tokio::test]
async fn a_reordered_delivery_is_made_after_later_ones() {
    let (fakes, clock, events) = service_with_faults("reorder=0.3").await;
    let numbers: Vec<usize> = (0..30).collect();
    for number in &numbers {
        put(&events, numbered(*number)).await;
        settle().await;
    }
    advance(&clock, 1).await;
    let in_time = delivered(&fakes);
    assert!(!in_time.is_sorted(), "{in_time:?}");
    // Only the last ones still wait for later ones.
    assert!(in_time.len() >= 27, "{in_time:?}");
    advance(&clock, 10).await;
    let mut all = delivered(&fakes);
    all.sort_unstable();
    assert_eq!(all, (0..30).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_reordered_delivery_without_later_ones_does_not_wait_forever() {
    let (fakes, clock, events) = service_with_faults("reorder=1").await;
    put(&events, order_placed()).await;
    advance(&clock, 9).await;
    assert_eq!(fakes.invocations().len(), 0);
    advance(&clock, 1).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (1, 0));
}

#[tokio::test]
async fn a_dropped_delivery_is_retried_and_a_delivery_without_retries_is_not_dropped() {
    let (fakes, clock, events) = service_with_faults("drop=1").await;
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (0, 1));
    let last = fakes.activity.lock().unwrap().last().cloned();
    let Some(ActivityEvent::DeliveryAttempted { attempt: 1, outcome: AttemptOutcome::Retry { code, .. }, .. }) = last
    else {
        panic!("{last:?}");
    };
    assert_eq!(code, "INTERNAL_ERROR");
    advance(&clock, 1).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (1, 0));

    let once = json!({ "MaximumRetryAttempts": 0 });
    let target =
        json!({ "Id": "f", "Arn": FUNCTION, "RetryPolicy": once, "DeadLetterConfig": { "Arn": DEAD_LETTERS } });
    call(&events, "PutTargets", json!({ "Rule": "reserve", "Targets": [target] })).await;
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!((fakes.invocations().len(), fakes.messages(DEAD_LETTERS).len()), (2, 0));
}

#[tokio::test]
async fn a_partial_fault_fails_some_entries_of_a_request() {
    let (fakes, _clock, events) = service_with_faults("partial=0.5").await;
    let entries: Vec<Value> = (0..10).map(numbered).collect();
    let answer = call(&events, "PutEvents", json!({ "Entries": entries })).await;
    settle().await;
    let results = answer["Entries"].as_array().unwrap();
    let accepted = |entry: &&Value| entry["EventId"].is_string();
    let failed: Vec<_> = results.iter().filter_map(|entry| entry["ErrorCode"].as_str()).collect();
    assert_eq!(answer["FailedEntryCount"], failed.len());
    assert!(!failed.is_empty() && failed.len() < 10, "{answer}");
    assert!(failed.iter().all(|code| ["InternalFailure", "ThrottlingException"].contains(code)), "{failed:?}");
    assert_eq!(results.iter().filter(accepted).count(), fakes.invocations().len());
}

#[tokio::test]
async fn the_faults_of_the_nth_delivery_of_a_rule_do_not_depend_on_other_rules() {
    let mut runs = Vec::new();
    for others in [0, 3] {
        let (fakes, clock, events) = service_with_faults("delay@events=0.3,duplicate=0.3").await;
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
        let at_once = delivered(&fakes);
        advance(&clock, 60).await;
        let mut all = delivered(&fakes);
        all.sort_unstable();
        runs.push((at_once, all));
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].0.len() < 40 && runs[0].1.len() > 40);
}
