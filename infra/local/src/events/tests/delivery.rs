//! Retries, their limits, and dead letters.

use std::sync::Arc;

use serde_json::json;

use crate::events::{ActivityEvent, AttemptOutcome};

use super::world::{DEAD_LETTERS, FUNCTION, QUEUE, World, call, clock, events, pass, placed, put, rule, settle};

const RULE: &str = "arn:aws:events:eu-central-1:000000000000:rule/reserve";

#[tokio::test]
async fn an_event_reaches_every_target_of_every_rule_that_wants_it() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }, { "Id": "q", "Arn": QUEUE }])).await;
    rule(&events, "again", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    call(&events, "PutRule", json!({ "Name": "other", "EventPattern": r#"{"source": ["bank"]}"# })).await;
    call(&events, "PutTargets", json!({ "Rule": "other", "Targets": [{ "Id": "f", "Arn": FUNCTION }] })).await;
    put(&events, placed()).await;
    settle().await;
    assert_eq!(world.invocations().len(), 2);
    assert_eq!(world.messages(QUEUE).len(), 1);
    assert_eq!((events.counts().matched, events.counts().delivered, events.undelivered()), (2, 3, 0));
}

#[tokio::test]
async fn a_throttled_delivery_is_tried_again_with_growing_pauses_until_it_arrives() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    world.fails(FUNCTION, 4, "THROTTLING", true);
    put(&events, placed()).await;
    settle().await;
    assert_eq!(world.invocations().len(), 0);
    pass(&clock, 15).await;
    assert_eq!(world.invocations().len(), 1);
    let activity = world.activity.lock().unwrap();
    let moments: Vec<_> = activity
        .iter()
        .filter_map(|activity| match activity {
            ActivityEvent::DeliveryAttempted { outcome: AttemptOutcome::Retry { at, .. }, .. } => Some(*at),
            _ => None,
        })
        .collect();
    assert_eq!(moments.len(), 4);
    let pauses: Vec<f64> = [super::world::start()]
        .iter()
        .chain(&moments)
        .zip(&moments)
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
async fn a_delivery_to_a_deleted_target_goes_to_the_dead_letters_at_once() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": DEAD_LETTERS } }]);
    rule(&events, "reserve", target).await;
    world.fails(FUNCTION, 1, "ResourceNotFoundException", false);
    put(&events, placed()).await;
    settle().await;
    let letters = world.messages(DEAD_LETTERS);
    let attributes: Vec<_> = letters[0].attributes.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        attributes,
        [
            ("ERROR_CODE", "NO_RESOURCE"),
            ("ERROR_MESSAGE", "ResourceNotFoundException on the stage"),
            ("RETRY_ATTEMPTS", "0"),
            ("RULE_ARN", RULE),
            ("TARGET_ARN", FUNCTION),
        ]
    );
    let body: serde_json::Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!(body["detail-type"], "OrderPlaced");
    assert_eq!(events.counts().dead_lettered, 1);
}

#[tokio::test]
async fn a_delivery_that_uses_up_its_attempts_says_so_in_its_dead_letter() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    let policy = json!({ "MaximumRetryAttempts": 3 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    rule(&events, "reserve", target).await;
    world.fails(FUNCTION, 100, "TooManyRequestsException", true);
    put(&events, placed()).await;
    pass(&clock, 60).await;
    let letters = world.messages(DEAD_LETTERS);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(letters[0].attributes["RETRY_ATTEMPTS"], "3");
    assert_eq!(letters[0].attributes["ERROR_CODE"], "THROTTLING");
}

#[tokio::test]
async fn a_delivery_that_grows_too_old_says_so_in_its_dead_letter() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    let policy = json!({ "MaximumEventAgeInSeconds": 60 });
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": dead_letters, "RetryPolicy": policy }]);
    rule(&events, "reserve", target).await;
    world.fails(FUNCTION, 100, "INTERNAL_ERROR", true);
    put(&events, placed()).await;
    pass(&clock, 61).await;
    let letters = world.messages(DEAD_LETTERS);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
}

#[tokio::test]
async fn without_a_policy_a_delivery_is_tried_for_most_of_a_day_and_then_counted_as_dropped() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    rule(&events, "reserve", json!([{ "Id": "f", "Arn": FUNCTION }])).await;
    world.fails(FUNCTION, 1_000, "THROTTLING", true);
    put(&events, placed()).await;
    pass(&clock, 18 * 3_600).await;
    assert_eq!((events.counts().dropped, events.undelivered()), (0, 1));
    pass(&clock, 6 * 3_600).await;
    let counts = events.counts();
    assert_eq!((counts.dropped, events.undelivered()), (1, 0));
    assert!((100..=185).contains(&counts.retried), "{counts:?}");
}

#[tokio::test]
async fn a_dead_letter_waits_for_a_queue_in_passing_trouble_and_is_lost_with_a_missing_one() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    let target = json!([{ "Id": "f", "Arn": FUNCTION, "DeadLetterConfig": { "Arn": DEAD_LETTERS } }]);
    rule(&events, "reserve", target).await;
    world.fails(FUNCTION, 2, "NO_PERMISSIONS", false);
    world.fails(DEAD_LETTERS, 1, "THROTTLING", true);
    put(&events, placed()).await;
    pass(&clock, 2).await;
    assert_eq!(world.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "NO_PERMISSIONS");
    world.fails(DEAD_LETTERS, 1, "QueueDoesNotExist", false);
    put(&events, placed()).await;
    pass(&clock, 2).await;
    assert_eq!((world.messages(DEAD_LETTERS).len(), events.counts().dropped), (1, 1));
}

#[tokio::test]
async fn an_event_from_another_bus_is_not_forwarded_to_a_third_one() {
    let (world, clock) = (Arc::new(World::default()), clock());
    let events = events(&world, &clock);
    tokio::spawn(events.clone().run());
    for name in ["second", "third"] {
        call(&events, "CreateEventBus", json!({ "Name": name })).await;
    }
    let bus = |name: &str| format!("arn:aws:events:eu-central-1:000000000000:event-bus/{name}");
    rule(&events, "forward", json!([{ "Id": "b", "Arn": bus("second") }])).await;
    let pattern = r#"{"source": ["shop"]}"#;
    let named = json!({ "Name": "on", "EventBusName": "second", "EventPattern": pattern });
    call(&events, "PutRule", named).await;
    let dead_letters = json!({ "Arn": DEAD_LETTERS });
    let targets =
        json!([{ "Id": "b", "Arn": bus("third"), "DeadLetterConfig": dead_letters }, { "Id": "f", "Arn": FUNCTION }]);
    call(&events, "PutTargets", json!({ "Rule": "on", "EventBusName": "second", "Targets": targets })).await;
    let answer = put(&events, placed()).await;
    settle().await;
    assert_eq!(world.invocations()[0]["id"], answer["Entries"][0]["EventId"]);
    assert_eq!(world.messages(DEAD_LETTERS)[0].attributes["ERROR_CODE"], "THIRD_ACCOUNT_HOP_DETECTED");
}
