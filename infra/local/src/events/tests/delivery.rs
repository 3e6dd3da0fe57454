//! Deliveries, retries with their limits, and dead letters.

use serde_json::json;

use crate::events::{ActivityEvent, AttemptOutcome};

use super::fixture::{
    DEAD_LETTERS, FUNCTION, QUEUE, advance, call, create_rule, order_placed, put, running_service, settle, start,
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
    assert_eq!((events.counts().matched, events.counts().delivered, events.undelivered()), (2, 3, 0));
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
    let pauses: Vec<f64> = [start()]
        .iter()
        .chain(&retries)
        .zip(&retries)
        .map(|(from, to)| to.duration_since(*from).as_secs_f64())
        .collect();
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
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": DEAD_LETTERS } }]);
    create_rule(&events, "reserve", target).await;
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
    let body: serde_json::Value = serde_json::from_str(&dead_letters[0].body).unwrap();
    assert_eq!(body["detail-type"], "OrderPlaced");
    assert_eq!(events.counts().dead_lettered, 1);
}

#[tokio::test]
async fn the_dead_letter_of_an_exhausted_delivery_names_the_maximum_retry_attempts() {
    let (fakes, clock, events) = running_service();
    let policy = json!({ "MaximumRetryAttempts": 3 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    create_rule(&events, "reserve", target).await;
    fakes.fail(FUNCTION, 100, "TooManyRequestsException", true);
    put(&events, order_placed()).await;
    advance(&clock, 60).await;
    let dead_letters = fakes.messages(DEAD_LETTERS);
    assert_eq!(dead_letters.len(), 1);
    assert_eq!(dead_letters[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(dead_letters[0].attributes["RETRY_ATTEMPTS"], "3");
    assert_eq!(dead_letters[0].attributes["ERROR_CODE"], "THROTTLING");
}

#[tokio::test]
async fn the_dead_letter_of_an_expired_delivery_names_the_maximum_event_age() {
    let (fakes, clock, events) = running_service();
    let policy = json!({ "MaximumEventAgeInSeconds": 60 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    create_rule(&events, "reserve", target).await;
    fakes.fail(FUNCTION, 100, "INTERNAL_ERROR", true);
    put(&events, order_placed()).await;
    advance(&clock, 61).await;
    let dead_letters = fakes.messages(DEAD_LETTERS);
    assert_eq!(dead_letters.len(), 1);
    assert_eq!(dead_letters[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
}

#[tokio::test]
async fn without_a_retry_policy_a_delivery_is_retried_for_most_of_a_day_and_then_dropped() {
    let (fakes, clock, events) = running_service();
    create_rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    fakes.fail(FUNCTION, 1_000, "THROTTLING", true);
    put(&events, order_placed()).await;
    advance(&clock, 18 * 3_600).await;
    assert_eq!((events.counts().dropped, events.undelivered()), (0, 1));
    advance(&clock, 6 * 3_600).await;
    let counts = events.counts();
    assert_eq!((counts.dropped, events.undelivered()), (1, 0));
    assert!((100..=185).contains(&counts.retried), "{counts:?}");
}

#[tokio::test]
async fn a_dead_letter_is_retried_on_a_transient_error_of_its_queue_and_lost_if_the_queue_is_missing() {
    let (fakes, clock, events) = running_service();
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": DEAD_LETTERS } }]);
    create_rule(&events, "reserve", target).await;
    fakes.fail(FUNCTION, 2, "NO_PERMISSIONS", false);
    fakes.fail(DEAD_LETTERS, 1, "THROTTLING", true);
    put(&events, order_placed()).await;
    advance(&clock, 2).await;
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "NO_PERMISSIONS");
    fakes.fail(DEAD_LETTERS, 1, "QueueDoesNotExist", false);
    put(&events, order_placed()).await;
    advance(&clock, 2).await;
    assert_eq!((fakes.messages(DEAD_LETTERS).len(), events.counts().dropped), (1, 1));
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
    let named = json!({ "Name": "on", "EventBusName": "second", "EventPattern": pattern });
    call(&events, "PutRule", named).await;
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let targets =
        json!([{ "Id": "b", "Arn": bus("third"), "DeadLetterConfig": dead_letters }, { "Id": "f", "Arn": FUNCTION }]);
    call(&events, "PutTargets", json!({ "Rule": "on", "EventBusName": "second", "Targets": targets })).await;
    let answer = put(&events, order_placed()).await;
    settle().await;
    assert_eq!(fakes.invocations()[0]["id"], answer["Entries"][0]["EventId"]);
    assert_eq!(fakes.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "THIRD_ACCOUNT_HOP_DETECTED");
}
