//! The four shapes read and redriven, once and five times, against a queue and a bus played on one wire.

mod fake_cloud;
mod formats;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use causeway::{App, Claimed, Delivery, Handled, Outcome, delivery::route::route, memory::Memory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Content, DeadLetter, Origin,
    dlq_client::{DeadLetterFilter, RedriveOutcome},
};
use fake_cloud::FakeCloud;
use formats::StoredLetter;

causeway::events! {
    /// What is asked here.
    enum Asked: commands to "order" {
        PlaceOrder = 1,
    }
}

/// Place an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PlaceOrder {
    /// The order.
    order_id: String,
}

fn pick(reason: &str) -> DeadLetterFilter {
    DeadLetterFilter { reason: Some(reason.to_owned()), id: None }
}

fn read(shape: &StoredLetter) -> DeadLetter {
    DeadLetter::read(&shape.body, &shape.attributes, None)
}

/// Hands what the bus took to a claiming handler, and counts what left the house.
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
fn each_shape_says_why_who_and_how_often() {
    let rule = read(&formats::rule());
    assert_eq!((rule.reason.as_str(), rule.attempts), ("NO_PERMISSIONS", Some(3)));
    assert_eq!(rule.explanation, "not allowed; MaximumRetryAttempts");
    assert_eq!(rule.bus_name(), Some("causeway"));
    let failed = read(&formats::function());
    assert_eq!((failed.reason.as_str(), failed.attempts), ("Retry.Conflict", Some(3)));
    assert!(matches!(&failed.origin, Origin::Function { function_arn } if function_arn.ends_with("OrderOnPlaceOrder")));
    let timer = read(&formats::timer());
    assert_eq!((timer.reason.as_str(), timer.attempts), ("AccessDeniedException", Some(185)));
    assert_eq!(timer.at, Some("2026-11-21T10:30:00Z".parse().unwrap()));
    let kept = read(&formats::kept());
    assert_eq!((kept.reason.as_str(), kept.attempts), ("LOOP", None));
    for shape in formats::all() {
        let letter = read(&shape);
        assert!(
            matches!(&letter.content, Content::Message(message) if message.detail_type == "PlaceOrder"),
            "{letter:?}"
        );
    }
}

#[tokio::test]
async fn each_shape_redriven_once_has_one_effect() {
    for shape in formats::all() {
        let cloud = FakeCloud::holding([shape.clone()]);
        let answers = cloud.dlq().redrive(&pick(&read(&shape).reason)).await.unwrap();
        assert_eq!(answers.iter().map(|(_, redriven)| redriven.clone()).collect::<Vec<_>>(), [RedriveOutcome::Done]);
        assert_eq!(cloud.letters(), 0);
        assert_eq!(effects(&cloud.said()).await, 1);
        assert!(cloud.said().iter().all(|said| said.source == "shop.web" || said.source == "causeway.order"));
    }
}

#[tokio::test]
async fn each_shape_redriven_five_times_has_one_effect() {
    for shape in formats::all() {
        let cloud = FakeCloud::holding([shape]);
        cloud.lose_deletions(4);
        for round in 0..5 {
            let answers = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
            assert_eq!(answers.len(), 1);
            assert_eq!(answers[0].1 == RedriveOutcome::Done, round == 4, "{:?}", answers[0].1);
        }
        assert_eq!(cloud.letters(), 0);
        assert_eq!(cloud.said().len(), 5);
        assert_eq!(effects(&cloud.said()).await, 1);
    }
}

#[tokio::test]
async fn a_command_sent_by_hand_keeps_the_id_the_bus_gave_it() {
    let cloud = FakeCloud::holding([formats::rule()]);
    cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    let said = &cloud.said()[0];
    assert_ne!(said.id, "11111111-aaaa-bbbb-cccc-000000000001", "the bus gives a new id");
    let detail: serde_json::Value = serde_json::from_str(said.detail.get()).unwrap();
    assert_eq!(detail["eventId"], "11111111-aaaa-bbbb-cccc-000000000001");
    assert_eq!(detail["data"]["orderId"], "o-1");
}

#[tokio::test]
async fn what_cannot_go_back_is_refused_with_the_reason_and_stays() {
    for (shape, why) in formats::refused() {
        let cloud = FakeCloud::holding([shape]);
        let answers = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
        assert!(
            matches!(&answers[0].1, RedriveOutcome::Permanent { why: said } if said.contains(why)),
            "{:?}",
            answers[0].1
        );
        assert_eq!(cloud.said().len(), 0, "{why}");
        assert_eq!(cloud.visible(), 1, "{why}");
    }
}

#[tokio::test]
async fn a_bus_that_does_not_answer_leaves_the_letter() {
    let cloud = FakeCloud::holding([formats::rule()]);
    cloud.mute_bus();
    let answers = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    assert!(matches!(answers[0].1, RedriveOutcome::Transient { .. }), "{:?}", answers[0].1);
    assert_eq!(cloud.visible(), 1);
}

#[tokio::test]
async fn a_corrected_letter_takes_effect_once_under_its_old_id() {
    let cloud = FakeCloud::holding([formats::malformed(), formats::rule()]);
    let listed = cloud.dlq().list(&pick("MALFORMED")).await.unwrap();
    assert_eq!(listed.len(), 1);
    let corrected = RawValue::from_string(r#"{"data":{"orderId":"o-9"}}"#.to_owned()).unwrap();
    assert!(cloud.dlq().redrive_corrected("another", &corrected).await.unwrap().is_none());
    cloud.lose_deletions(1);
    for _ in 0..2 {
        assert!(cloud.dlq().redrive_corrected(&listed[0].id, &corrected).await.unwrap().is_some());
    }
    assert_eq!(cloud.said().len(), 2);
    assert_eq!(effects(&cloud.said()).await, 1);
    let detail: serde_json::Value = serde_json::from_str(cloud.said()[0].detail.get()).unwrap();
    assert_eq!(detail["eventId"], "e-broken");
    assert_eq!(cloud.visible(), 1, "the other letter stays");
}

#[tokio::test]
async fn listing_changes_nothing_and_purging_takes_one_cause_away() {
    let cloud = FakeCloud::holding(formats::all());
    assert_eq!(cloud.dlq().list(&DeadLetterFilter::default()).await.unwrap().len(), 5);
    assert_eq!(cloud.visible(), 5);
    assert_eq!(cloud.dlq().purge(&pick("LOOP")).await.unwrap(), 1);
    assert_eq!(cloud.visible(), 4);
    assert_eq!(cloud.dlq().list(&pick("LOOP")).await.unwrap().len(), 0);
}

#[tokio::test]
async fn more_letters_than_one_call_reads_are_all_redriven() {
    let cloud = FakeCloud::holding((0..37).map(|_| formats::kept()));
    let answers = cloud.dlq().redrive(&DeadLetterFilter::default()).await.unwrap();
    assert_eq!(answers.len(), 37);
    assert_eq!(cloud.letters(), 0);
}

#[test]
fn a_rule_of_the_default_bus_names_no_bus_of_its_own() {
    let mut shape = formats::rule();
    shape.attributes.insert("RULE_ARN".to_owned(), "arn:aws:events:eu-central-1:1:rule/daily".to_owned());
    assert_eq!(read(&shape).bus_name(), Some("default"));
}

#[test]
fn no_text_is_too_strange_to_be_a_letter() {
    for body in ["", "null", "[]", "{", "\"x\"", r#"{"requestContext":7}"#, r#"{"reason":1,"message":{}}"#, "\u{0}"] {
        let letter = DeadLetter::read(body, &Default::default(), None);
        assert_eq!(letter.reason, "UNKNOWN");
        assert!(matches!(letter.content, Content::Unreadable { text, .. } if text == body));
    }
}
