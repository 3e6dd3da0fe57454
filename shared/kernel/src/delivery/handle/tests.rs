//! Handling a delivery: verification, claims, outcomes and dead letters.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::{
    App, Claimed, Received, Route, StreamId, VerificationPolicy,
    delivery::{DeadLetterError, DeadLetters, Inbox, VerifyEvents},
    function_name,
    memory::Memory,
    route,
    testing::{
        Sequence,
        tests::{LampLit, minute, raw},
    },
    time::Clock,
};

/// The calls of the handlers, and the outcomes that they return.
#[derive(Clone, Default)]
struct Script {
    calls: Arc<Mutex<Vec<String>>>,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
}

impl Script {
    fn returning(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut outcomes: Vec<Outcome> = outcomes.into_iter().collect();
        outcomes.reverse();
        Self { calls: Arc::default(), outcomes: Arc::new(Mutex::new(outcomes)) }
    }

    fn call(&self, call: &str) -> Outcome {
        self.calls.lock().unwrap().push(call.to_owned());
        self.outcomes.lock().unwrap().pop().unwrap_or(Ok(Handled::Done))
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn plain(&self) -> Route {
        let script = self.clone();
        route("ward", move |_: App, _: Received<LampLit>| {
            let outcome = script.call("plain");
            async move { outcome }
        })
    }

    fn claimed(&self) -> Route {
        let script = self.clone();
        route("ward", move |_: App, claimed: Claimed<LampLit>| {
            let outcome = script.call(if claimed.resumed { "resumed" } else { "first" });
            async move { outcome }
        })
    }
}

fn delivery() -> Delivery {
    let stream = StreamId::parse("lamp/l-1").unwrap();
    Sequence::new(stream).event(&LampLit { until: minute(10) }).deliveries().remove(0)
}

fn malformed() -> Delivery {
    Delivery { detail: raw(&json!({ "data": 5 })), ..delivery() }
}

fn handle(route: &Route, memory: &Memory, delivery: &Delivery) -> Outcome {
    block_on(route.handle(&App::new(unverified(memory)), delivery))
}

/// Ports without lookups: the events of these tests are not in the log.
fn unverified(memory: &Memory) -> Ports {
    Ports { verification: VerificationPolicy { account: None, verify_events: VerifyEvents::None }, ..memory.ports() }
}

fn key() -> InboxKey {
    let received: Received<LampLit> = crate::delivery::receive::receive(&delivery()).unwrap();
    InboxKey { consumer: "ward-on-lamp-lit".to_owned(), message: received.id }
}

fn other_attempt() -> AttemptId {
    AttemptId::new(uuid::Uuid::from_u128(1))
}

#[test]
fn a_route_describes_its_handler() {
    let (plain, claimed) = (Script::default().plain(), Script::default().claimed());
    assert_eq!((plain.context, plain.message, plain.owner, plain.claimed), ("ward", "LampLit", "lamp", false));
    assert!(claimed.claimed);
    assert_eq!(plain.function(), "ward-on-lamp-lit");
    assert_eq!(function_name("order", "SKUReceived"), "order-on-sku-received");
}

#[test]
fn a_plain_handler_is_called_each_time() {
    let (memory, script) = (Memory::new(1), Script::default());
    for _ in 0..2 {
        assert_eq!(handle(&script.plain(), &memory, &delivery()).unwrap(), Handled::Done);
    }
    let replayed = Delivery { replay_name: Some("replay-1".to_owned()), ..delivery() };
    assert_eq!(handle(&script.plain(), &memory, &replayed).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["plain", "plain", "plain"]);
}

#[test]
fn a_claimed_message_is_handled_once() {
    let (memory, script) = (Memory::new(1), Script::default());
    let redelivery = Delivery { id: "another-transport-id".to_owned(), ..delivery() };
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
    assert_eq!(handle(&script.claimed(), &memory, &redelivery).unwrap(), Handled::Duplicate);
    assert_eq!(script.calls(), ["first"]);
    assert_eq!(memory.inbox.completed(), [key()]);
}

#[test]
fn a_message_under_another_claim_is_retried() {
    let (memory, script) = (Memory::new(1), Script::default());
    let now = memory.clock.now();
    block_on(memory.inbox.claim(&key(), other_attempt(), now, now + LEASE)).unwrap();
    let held = handle(&script.claimed(), &memory, &delivery()).unwrap_err();
    assert!(matches!(&held, Failure::Transient(_)));
    assert!(held.reason().to_string().contains("is claimed by another run"));
    assert!(script.calls().is_empty());
    memory.clock.advance(LEASE + SignedDuration::from_secs(1));
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["resumed"], "the other run did not complete");
}

#[test]
fn a_running_handler_holds_the_claim_for_the_lease() {
    let memory = Memory::new(1);
    let route = route("ward", |app: App, claimed: Claimed<LampLit>| async move {
        let key = InboxKey { consumer: "ward-on-lamp-lit".to_owned(), message: claimed.message.id.clone() };
        let now = app.clock().now();
        let almost_expired = now + LEASE - SignedDuration::from_secs(1);
        let inbox = &app.ports().inbox;
        assert_eq!(inbox.claim(&key, other_attempt(), now, now + LEASE).await?, Claim::Held);
        let claim = inbox.claim(&key, other_attempt(), almost_expired, almost_expired + LEASE).await?;
        assert_eq!(claim, Claim::Held);
        Ok(Handled::Done)
    });
    assert_eq!(handle(&route, &memory, &delivery()).unwrap(), Handled::Done);
}

#[test]
fn a_claim_is_forgotten_when_the_first_run_did_not_attempt_the_effect() {
    let not_attempted = || Err(NotAttempted::before(Failure::transient("no socket")));
    let unknown = || Err(Failure::transient("no answer"));
    for (outcomes, calls) in [
        (vec![not_attempted()], vec!["first", "first"]),
        (vec![unknown()], vec!["first", "resumed"]),
        (vec![unknown(), not_attempted()], vec!["first", "resumed", "resumed"]),
    ] {
        let (memory, failures, script) = (Memory::new(1), outcomes.len(), Script::returning(outcomes));
        for _ in 0..failures {
            assert!(matches!(handle(&script.claimed(), &memory, &delivery()), Err(Failure::Transient(_))));
        }
        assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
        assert_eq!(script.calls(), calls);
    }
}

#[test]
fn a_failed_handler_abandons_its_claim() {
    let memory = Memory::new(1);
    let script = Script::returning([Err(Failure::transient("no socket")), Ok(Handled::Rejected)]);
    assert!(matches!(handle(&script.claimed(), &memory, &delivery()), Err(Failure::Transient(_))));
    assert!(memory.inbox.completed().is_empty());
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Rejected);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Duplicate);
    assert_eq!(script.calls(), ["first", "resumed"]);
}

#[test]
fn a_replay_does_not_reach_a_claimed_handler() {
    let (memory, script) = (Memory::new(1), Script::default());
    let replayed = Delivery { replay_name: Some("replay-1".to_owned()), ..delivery() };
    assert_eq!(handle(&script.claimed(), &memory, &replayed).unwrap(), Handled::Duplicate);
    assert!(script.calls().is_empty());
    assert_eq!(
        handle(&script.claimed(), &memory, &delivery()).unwrap(),
        Handled::Done,
        "the first delivery is still handled"
    );
}

#[test]
fn a_message_that_cannot_be_decoded_is_dead_lettered_unclaimed() {
    let (memory, script) = (Memory::new(1), Script::default());
    for route in [script.plain(), script.claimed()] {
        assert_eq!(handle(&route, &memory, &malformed()).unwrap(), Handled::DeadLettered);
    }
    assert!(script.calls().is_empty());
    for dead_letter in memory.dead_letters.all() {
        assert_eq!((dead_letter.reason.as_str(), dead_letter.consumer.as_str()), ("MALFORMED", "ward-on-lamp-lit"));
        assert_eq!(dead_letter.explanation, "envelope, field eventId: an event needs it");
        assert_eq!(dead_letter.at, memory.clock.now());
        let kept: Delivery = serde_json::from_str(dead_letter.message.get()).unwrap();
        assert_eq!((kept.id, kept.detail.get()), (malformed().id, malformed().detail.get()));
    }
}

#[test]
fn a_permanent_failure_is_dead_lettered_with_its_causes() {
    let memory = Memory::new(1);
    let too_large = || Failure::permanent(EncodeError::TooLarge { name: "LampLit", bytes: 1_000_000 });
    let script = Script::returning([Err(too_large()), Err(Failure::permanent("never")), Ok(Handled::Done)]);
    assert_eq!(handle(&script.plain(), &memory, &delivery()).unwrap(), Handled::DeadLettered);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::DeadLettered);
    let reasons: Vec<String> = memory.dead_letters.all().into_iter().map(|dead_letter| dead_letter.reason).collect();
    assert_eq!(reasons, ["TOO_LARGE", "REJECTED"]);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["plain", "first", "resumed"], "a redriven message is handled");
    assert_eq!(reason_code(too_large().reason()), "TOO_LARGE");
}

/// A store of dead letters that fails.
struct FailingDeadLetters;

#[async_trait]
impl DeadLetters for FailingDeadLetters {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        Err(DeadLetterError { consumer: dead_letter.consumer.clone(), source: "throttled".into() })
    }
}

#[test]
fn a_message_that_cannot_be_dead_lettered_is_retried() {
    let memory = Memory::new(1);
    let app = App::new(Ports { dead_letters: Arc::new(FailingDeadLetters), ..unverified(&memory) });
    let script = Script::returning([Err(Failure::permanent("never")), Ok(Handled::Done)]);
    assert!(matches!(block_on(script.plain().handle(&app, &malformed())), Err(Failure::Transient(_))));
    assert!(matches!(block_on(script.claimed().handle(&app, &delivery())), Err(Failure::Transient(_))));
    assert_eq!(block_on(script.claimed().handle(&app, &delivery())).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["first", "resumed"]);
}
