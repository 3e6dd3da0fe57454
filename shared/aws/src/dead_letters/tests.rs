//! Dead letters of every format read, listed, redriven once and five times, corrected and purged.

mod fixture;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use causeway::{App, Claimed, Delivery, Handled, Outcome, memory::Memory, route};
use serde_json::value::RawValue;

use super::{
    Content, DeadLetter, Origin,
    dlq_client::{DeadLetterFilter, RedriveOutcome},
};
use crate::fixtures::PlaceOrder;
use fixture::{FakeCloud, StoredLetter};

fn with_reason(reason: &str) -> DeadLetterFilter {
    DeadLetterFilter { reason: Some(reason.to_owned()), id: None }
}

fn read(letter: &StoredLetter) -> DeadLetter {
    DeadLetter::read(&letter.body, &letter.attributes, None)
}

/// Delivers what was published to a handler that claims its messages, and counts its effects.
async fn effects(deliveries: &[Delivery]) -> u32 {
    let sent = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&sent);
    let handler = move |_: App, _: Claimed<PlaceOrder>| {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Outcome::Ok(Handled::Done) }
    };
    let (app, route) = (Memory::new(1).app(), route("order", handler));
    for delivery in deliveries {
        route.handle(&app, delivery).await.unwrap();
    }
    sent.load(Ordering::Relaxed)
}

#[test]
fn every_format_has_a_reason_an_origin_and_attempts() {
    let rule = read(&fixture::rule());
    assert_eq!((rule.reason.as_str(), rule.attempts), ("NO_PERMISSIONS", Some(3)));
    assert_eq!(rule.explanation, "not allowed; MaximumRetryAttempts");
    assert_eq!(rule.bus_name(), Some("causeway"));
    let failed = read(&fixture::function());
    assert_eq!((failed.reason.as_str(), failed.attempts), ("Retry.Conflict", Some(3)));
    assert!(matches!(&failed.origin, Origin::Function { function_arn } if function_arn.ends_with("OrderOnPlaceOrder")));
    let timer = read(&fixture::timer());
    assert_eq!((timer.reason.as_str(), timer.attempts), ("AccessDeniedException", Some(185)));
    assert_eq!(timer.at, Some("2026-11-21T10:30:00Z".parse().unwrap()));
    let kept = read(&fixture::kept());
    assert_eq!((kept.reason.as_str(), kept.attempts), ("LOOP", None));
    for stored in fixture::all() {
        let letter = read(&stored);
        assert!(
            matches!(&letter.content, Content::Message(message) if message.detail_type == "PlaceOrder"),
            "{letter:?}"
        );
    }
}

#[tokio::test]
async fn a_letter_of_every_format_redriven_once_has_one_effect() {
    for stored in fixture::all() {
        let cloud = FakeCloud::with([stored.clone()]);
        let outcomes = cloud.dlq().redrive(&with_reason(&read(&stored).reason)).await.unwrap();
        assert_eq!(outcomes.iter().map(|(_, outcome)| outcome.clone()).collect::<Vec<_>>(), [RedriveOutcome::Done]);
        assert_eq!(cloud.letters(), 0);
        assert_eq!(effects(&cloud.published()).await, 1);
        assert!(cloud.published().iter().all(|event| event.source == "shop.web" || event.source == "causeway.order"));
    }
}

#[tokio::test]
async fn a_letter_of_every_format_redriven_five_times_has_one_effect() {
    for stored in fixture::all() {
        let cloud = FakeCloud::with([stored]);
        cloud.fail_deletions(4);
        for round in 0..5 {
            let outcomes = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
            assert_eq!(outcomes.len(), 1);
            assert_eq!(outcomes[0].1 == RedriveOutcome::Done, round == 4, "{:?}", outcomes[0].1);
        }
        assert_eq!(cloud.letters(), 0);
        assert_eq!(cloud.published().len(), 5);
        assert_eq!(effects(&cloud.published()).await, 1);
    }
}

#[tokio::test]
async fn a_command_without_an_id_keeps_its_eventbridge_id() {
    let cloud = FakeCloud::with([fixture::rule()]);
    cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    let published = &cloud.published()[0];
    assert_ne!(published.id, "11111111-aaaa-bbbb-cccc-000000000001", "the bus assigns a new id");
    let detail: serde_json::Value = serde_json::from_str(published.detail.get()).unwrap();
    assert_eq!(detail["eventId"], "11111111-aaaa-bbbb-cccc-000000000001");
    assert_eq!(detail["data"]["orderId"], "o-1");
}

#[tokio::test]
async fn a_letter_that_cannot_be_redriven_stays_and_the_outcome_has_the_reason() {
    for (stored, why) in fixture::not_redrivable() {
        let cloud = FakeCloud::with([stored]);
        let outcomes = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
        assert!(
            matches!(&outcomes[0].1, RedriveOutcome::Permanent { why: reason } if reason.contains(why)),
            "{:?}",
            outcomes[0].1
        );
        assert_eq!(cloud.published().len(), 0, "{why}");
        assert_eq!(cloud.visible(), 1, "{why}");
    }
}

#[tokio::test]
async fn a_letter_stays_if_the_bus_does_not_respond() {
    let cloud = FakeCloud::with([fixture::rule()]);
    cloud.fail_bus();
    let outcomes = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    assert!(matches!(outcomes[0].1, RedriveOutcome::Transient { .. }), "{:?}", outcomes[0].1);
    assert_eq!(cloud.visible(), 1);
}

#[tokio::test]
async fn a_corrected_letter_has_one_effect_under_its_old_id() {
    let cloud = FakeCloud::with([fixture::malformed(), fixture::rule()]);
    let listed = cloud.dlq().list(&with_reason("MALFORMED")).await.unwrap();
    assert_eq!(listed.len(), 1);
    let corrected = RawValue::from_string(r#"{"data":{"orderId":"o-9"}}"#.to_owned()).unwrap();
    assert!(cloud.dlq().redrive_corrected("another", &corrected).await.unwrap().is_none());
    cloud.fail_deletions(1);
    for _ in 0..2 {
        assert!(cloud.dlq().redrive_corrected(&listed[0].id, &corrected).await.unwrap().is_some());
    }
    assert_eq!(cloud.published().len(), 2);
    assert_eq!(effects(&cloud.published()).await, 1);
    let detail: serde_json::Value = serde_json::from_str(cloud.published()[0].detail.get()).unwrap();
    assert_eq!(detail["eventId"], "e-broken");
    assert_eq!(cloud.visible(), 1, "the other letter stays");
}

#[tokio::test]
async fn listing_changes_nothing_and_purging_deletes_one_reason() {
    let cloud = FakeCloud::with(fixture::all());
    assert_eq!(cloud.dlq().list(&DeadLetterFilter::default()).await.unwrap().len(), 5);
    assert_eq!(cloud.visible(), 5);
    assert_eq!(cloud.dlq().purge(&with_reason("LOOP")).await.unwrap(), 1);
    assert_eq!(cloud.visible(), 4);
    assert_eq!(cloud.dlq().list(&with_reason("LOOP")).await.unwrap().len(), 0);
}

#[tokio::test]
async fn all_letters_are_redriven_over_several_receive_calls() {
    let cloud = FakeCloud::with((0..37).map(|_| fixture::kept()));
    let outcomes = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!(outcomes.len(), 37);
    assert_eq!(cloud.letters(), 0);
}

#[test]
fn a_rule_without_a_bus_in_its_arn_is_on_the_default_bus() {
    let mut stored = fixture::rule();
    stored.attributes.insert("RULE_ARN".to_owned(), "arn:aws:events:eu-central-1:1:rule/daily".to_owned());
    assert_eq!(read(&stored).bus_name(), Some("default"));
}

#[test]
fn any_text_is_read_as_a_letter() {
    for body in ["", "null", "[]", "{", "\"x\"", r#"{"requestContext":7}"#, r#"{"reason":1,"message":{}}"#, "\u{0}"] {
        let letter = DeadLetter::read(body, &Default::default(), None);
        assert_eq!(letter.reason, "UNKNOWN");
        assert!(matches!(letter.content, Content::Unreadable { text, .. } if text == body));
    }
}
