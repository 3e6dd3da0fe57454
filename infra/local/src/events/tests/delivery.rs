//! Deliveries, retries with their limits, dead letters, and injected faults, which lose no event.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{ActivityEvent, AttemptOutcome, EventBridge},
    faults::Faults,
    testing::{FakeTargets, clock, settle, start},
};

use super::{
    DEAD_LETTERS, FUNCTION, QUEUE, advance, call, create_rule, function_with_dlq, order_placed, outcomes, put,
    running_service, wal_fixture,
};

const RULE: &str = "arn:aws:events:eu-central-1:000000000000:rule/reserve";

#[tokio::test]
async fn an_event_is_delivered_to_every_target_of_every_matching_rule() {
    let (fakes, _, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }, { "Id": "q", "Arn": QUEUE }])).await;
    create_rule(&events, "again", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "PutRule", json!({ "Name": "other", "EventPattern": r#"{"source": ["bank"]}"# })).await;
    call(&events, "PutTargets", json!({ "Rule": "other", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!(fakes.invocations().len(), 2);
    assert_eq!(fakes.messages(QUEUE).len(), 1);
    assert_eq!((outcomes(&fakes), events.undelivered()), ([0; 3], 0));
    let activity = fakes.activity.lock().unwrap();
    assert!(matches!(&activity[0], ActivityEvent::EventPut { rules, .. } if rules.len() == 2));
}

#[tokio::test]
async fn a_throttled_delivery_is_retried_with_exponential_backoff_until_it_succeeds() {
    let (fakes, clock, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    fakes.fail(FUNCTION, 4, "THROTTLING", true);
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!(fakes.invocations().len(), 0);
    advance(&clock, 15).await;
    assert_eq!(fakes.invocations().len(), 1);
    let activity = fakes.activity.lock().unwrap();
    let retries: Vec<_> = activity
        .iter()
        .filter_map(|activity| match activity {
            ActivityEvent::DeliveryAttempted { outcome: AttemptOutcome::Retry { at, .. }, .. } => Some(*at),
            _ => None,
        })
        .collect();
    assert_eq!(retries.len(), 4);
    let attempts = [[start()].as_slice(), &retries].concat();
    let pauses: Vec<f64> = attempts.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64()).collect();
    for (pause, bound) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0]) {
        assert!((bound / 2.0..=bound).contains(pause), "{pauses:?}");
    }
    assert!(matches!(
        activity.last(),
        Some(ActivityEvent::DeliveryAttempted { attempt: 5, outcome: AttemptOutcome::Delivered, .. })
    ));
}

#[tokio::test]
async fn a_delivery_to_a_deleted_target_is_dead_lettered_at_once() {
    let (fakes, _, events) = running_service();
    create_rule(&events, "reserve", json!([function_with_dlq(Value::Null)])).await;
    fakes.fail(FUNCTION, 1, "ResourceNotFoundException", false);
    put(&events, order_placed()).await;
    settle().await;
    let dead_letters = fakes.messages(DEAD_LETTERS);
    let attributes: Vec<_> =
        dead_letters[0].attributes.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("ERROR_CODE", "NO_RESOURCE"),
            ("ERROR_MESSAGE", "ResourceNotFoundException of the fake"),
            ("RETRY_ATTEMPTS", "0"),
            ("RULE_ARN", RULE),
            ("TARGET_ARN", FUNCTION),
        ]
    );
    let body: Value = serde_json::from_str(&dead_letters[0].body).unwrap();
    assert_eq!(body["detail-type"], "OrderPlaced");
    assert_eq!(outcomes(&fakes), [0, 1, 0]);
}

#[tokio::test]
async fn a_dead_letter_names_the_exhausted_limit_of_the_retry_policy() {
    for (limit, value, error, code) in [
        ("MaximumRetryAttempts", 3, "TooManyRequestsException", "THROTTLING"),
        ("MaximumEventAgeInSeconds", 60, "INTERNAL_ERROR", "INTERNAL_ERROR"),
    ] {
        let (fakes, clock, events) = running_service();
        create_rule(&events, "reserve", json!([function_with_dlq(json!({ limit: value }))])).await;
        fakes.fail(FUNCTION, 100, error, true);
        put(&events, order_placed()).await;
        advance(&clock, 61).await;
        let dead_letters = fakes.messages(DEAD_LETTERS);
        assert_eq!(dead_letters.len(), 1);
        let attributes = &dead_letters[0].attributes;
        assert_eq!((&*attributes["EXHAUSTED_RETRY_CONDITION"], &*attributes["ERROR_CODE"]), (limit, code));
        assert!(limit != "MaximumRetryAttempts" || attributes["RETRY_ATTEMPTS"] == "3", "{attributes:?}");
    }
}

#[tokio::test]
async fn without_a_retry_policy_a_delivery_is_retried_for_most_of_a_day_and_then_dropped() {
    let (fakes, clock, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    fakes.fail(FUNCTION, 1_000, "THROTTLING", true);
    put(&events, order_placed()).await;
    advance(&clock, 18 * 3_600).await;
    assert_eq!((outcomes(&fakes)[2], events.undelivered()), (0, 1));
    advance(&clock, 6 * 3_600).await;
    let [retried, _, dropped] = outcomes(&fakes);
    assert_eq!((dropped, events.undelivered()), (1, 0));
    assert!((100..=185).contains(&retried), "{retried}");
}

#[tokio::test]
async fn a_dead_letter_is_retried_on_a_transient_error_of_its_queue_and_lost_if_the_queue_is_missing() {
    let (fakes, clock, events) = running_service();
    create_rule(&events, "reserve", json!([function_with_dlq(Value::Null)])).await;
    fakes.fail(FUNCTION, 2, "NO_PERMISSIONS", false);
    fakes.fail(DEAD_LETTERS, 1, "THROTTLING", true);
    put(&events, order_placed()).await;
    advance(&clock, 2).await;
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "NO_PERMISSIONS");
    fakes.fail(DEAD_LETTERS, 1, "QueueDoesNotExist", false);
    put(&events, order_placed()).await;
    advance(&clock, 2).await;
    assert_eq!((fakes.messages(DEAD_LETTERS).len(), outcomes(&fakes)[2]), (1, 1));
}

#[tokio::test]
async fn an_event_from_another_bus_is_not_forwarded_to_a_third_one() {
    let (fakes, _, events) = running_service();
    for name in ["second", "third"] {
        call(&events, "CreateEventBus", json!({ "Name": name })).await;
    }
    let bus = |name: &str| format!("arn:aws:events:eu-central-1:000000000000:event-bus/{name}");
    create_rule(&events, "forward", json!([{ "Id": "b", "Arn": bus("second") }])).await;
    let pattern = r#"{"source": ["shop"]}"#;
    call(&events, "PutRule", json!({ "Name": "on", "EventBusName": "second", "EventPattern": pattern })).await;
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let targets =
        json!([{ "Id": "b", "Arn": bus("third"), "DeadLetterConfig": dead_letters }, { "Id": "f", "Arn": FUNCTION }]);
    call(&events, "PutTargets", json!({ "Rule": "on", "EventBusName": "second", "Targets": targets })).await;
    let response = put(&events, order_placed()).await;
    settle().await;
    assert_eq!(fakes.invocations()[0]["id"], response["Entries"][0]["EventId"]);
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "THIRD_ACCOUNT_HOP_DETECTED");
}

async fn service_with_faults(faults: &str) -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock) = (Arc::new(FakeTargets::default()), clock());
    *fakes.faults.lock().unwrap() = Some(Faults::read([faults], 7).unwrap());
    let events = EventBridge::open(None, fakes.context(&clock)).unwrap();
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
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    put(&events, order_placed()).await;
    drop(events);
    *fakes.faults.lock().unwrap() = None;
    let events = EventBridge::open(Some(&path), fakes.context(&clock)).unwrap();
    tokio::spawn(events.clone().run());
    settle().await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (0, 1));
    advance(&clock, 31).await;
    assert_eq!((fakes.invocations().len(), events.undelivered()), (1, 0));
    assert_eq!(outcomes(&fakes)[0], 1);
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

    let target = function_with_dlq(json!({ "MaximumRetryAttempts": 0 }));
    call(&events, "PutTargets", json!({ "Rule": "reserve", "Targets": [target] })).await;
    put(&events, order_placed()).await;
    settle().await;
    assert_eq!((fakes.invocations().len(), fakes.messages(DEAD_LETTERS).len()), (2, 0));
}

#[tokio::test]
async fn a_partial_fault_fails_some_entries_of_a_request() {
    let (fakes, _clock, events) = service_with_faults("partial=0.5").await;
    let entries: Vec<Value> = (0..10).map(numbered).collect();
    let response = call(&events, "PutEvents", json!({ "Entries": entries })).await;
    settle().await;
    let results = response["Entries"].as_array().unwrap();
    let accepted = |entry: &&Value| entry["EventId"].is_string();
    let failed: Vec<_> = results.iter().filter_map(|entry| entry["ErrorCode"].as_str()).collect();
    assert_eq!(response["FailedEntryCount"], failed.len());
    assert!(!failed.is_empty() && failed.len() < 10, "{response}");
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
                put(&events, json!({ "Source": "bank", "DetailType": "Paid", "Detail": "{}" })).await;
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
