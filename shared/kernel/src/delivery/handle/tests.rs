//! The way of a message into its handler, and out of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    app::{App, Ports},
    delivery::{
        dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
        inbox::{Inbox, InboxKey, LEASE},
        verify::{VerificationPolicy, VerifyEvents},
        {
            handle::reason_code,
            input::Claimed,
            route::{Route, function_name, route},
        },
    },
    failure::{Failure, Handled, Outcome},
    memory::Memory,
    message::{
        contract::EncodeError,
        envelope::{Delivery, Received},
        id::StreamId,
    },
    testing::{
        Sequence,
        ports::fixture::raw,
        tests::lamp::{LampLit, minute},
    },
    time::clock::Clock,
};

/// What the handlers were called with, and what they shall answer.
#[derive(Clone, Default)]
struct Script {
    calls: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<Outcome>>>,
}

impl Script {
    fn answering(answers: impl IntoIterator<Item = Outcome>) -> Self {
        let mut answers: Vec<Outcome> = answers.into_iter().collect();
        answers.reverse();
        Self { calls: Arc::default(), answers: Arc::new(Mutex::new(answers)) }
    }

    fn act(&self, call: &str) -> Outcome {
        self.calls.lock().unwrap().push(call.to_owned());
        self.answers.lock().unwrap().pop().unwrap_or(Ok(Handled::Done))
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn plain(&self) -> Route {
        let script = self.clone();
        route("ward", move |_: App, _: Received<LampLit>| {
            let answer = script.act("plain");
            async move { answer }
        })
    }

    fn claimed(&self) -> Route {
        let script = self.clone();
        route("ward", move |_: App, claimed: Claimed<LampLit>| {
            let answer = script.act(if claimed.resumed { "again" } else { "first" });
            async move { answer }
        })
    }
}

fn delivery() -> Delivery {
    let stream = StreamId::parse("lamp/l-1").unwrap();
    Sequence::new(stream).fact(&LampLit { until: minute(10) }).deliveries().remove(0)
}

fn malformed() -> Delivery {
    Delivery { detail: raw(&json!({ "data": 5 })), ..delivery() }
}

fn handle(route: &Route, memory: &Memory, delivery: &Delivery) -> Outcome {
    block_on(route.handle(&App::new(believing(memory)), delivery))
}

/// Ports that ask no log: these facts stand in none.
fn believing(memory: &Memory) -> Ports {
    Ports { verification: VerificationPolicy { account: None, verify_events: VerifyEvents::None }, ..memory.ports() }
}

fn ticket() -> InboxKey {
    let received: Received<LampLit> = crate::delivery::receive::receive(&delivery()).unwrap();
    InboxKey { consumer: "ward-on-lamp-lit".to_owned(), message: received.id }
}

#[test]
fn a_route_knows_what_it_hears() {
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
    assert_eq!(memory.inbox.closed(), [ticket()]);
}

#[test]
fn a_message_in_anothers_hands_comes_back_later() {
    let (memory, script) = (Memory::new(1), Script::default());
    let now = memory.clock.now();
    block_on(memory.inbox.claim(&ticket(), now, now + LEASE)).unwrap();
    let held = handle(&script.claimed(), &memory, &delivery()).unwrap_err();
    assert!(matches!(&held, Failure::Transient(_)));
    assert!(held.reason().to_string().contains("is in another's hands"));
    assert!(script.calls().is_empty());
    memory.clock.advance(LEASE + SignedDuration::from_secs(1));
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["again"], "whoever had it did not finish");
}

#[test]
fn a_handler_that_fails_gives_its_claim_back() {
    let memory = Memory::new(1);
    let script = Script::answering([Err(Failure::transient("no socket")), Ok(Handled::Rejected)]);
    assert!(matches!(handle(&script.claimed(), &memory, &delivery()), Err(Failure::Transient(_))));
    assert!(memory.inbox.closed().is_empty());
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Rejected);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Duplicate);
    assert_eq!(script.calls(), ["first", "again"]);
}

#[test]
fn no_effect_leaves_the_house_when_the_past_is_told_again() {
    let (memory, script) = (Memory::new(1), Script::default());
    let replayed = Delivery { replay_name: Some("replay-1".to_owned()), ..delivery() };
    assert_eq!(handle(&script.claimed(), &memory, &replayed).unwrap(), Handled::Duplicate);
    assert!(script.calls().is_empty());
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done, "the true one still counts");
}

#[test]
fn what_cannot_be_opened_is_buried_unclaimed() {
    let (memory, script) = (Memory::new(1), Script::default());
    for route in [script.plain(), script.claimed()] {
        assert_eq!(handle(&route, &memory, &malformed()).unwrap(), Handled::DeadLettered);
    }
    assert!(script.calls().is_empty());
    for letter in memory.dead_letters.letters() {
        assert_eq!((letter.reason.as_str(), letter.consumer.as_str()), ("MALFORMED", "ward-on-lamp-lit"));
        assert_eq!(letter.explanation, "envelope, field eventId: a fact needs it");
        assert_eq!(letter.at, memory.clock.now());
        let kept: Delivery = serde_json::from_str(letter.message.get()).unwrap();
        assert_eq!((kept.id, kept.detail.get()), (malformed().id, malformed().detail.get()));
    }
}

#[test]
fn what_a_handler_refuses_is_buried_with_all_its_causes() {
    let memory = Memory::new(1);
    let too_large = || Failure::permanent(EncodeError::TooLarge { name: "LampLit", bytes: 1_000_000 });
    let script = Script::answering([Err(too_large()), Err(Failure::permanent("never")), Ok(Handled::Done)]);
    assert_eq!(handle(&script.plain(), &memory, &delivery()).unwrap(), Handled::DeadLettered);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::DeadLettered);
    let reasons: Vec<String> = memory.dead_letters.letters().into_iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons, ["TOO_LARGE", "REJECTED"]);
    assert_eq!(handle(&script.claimed(), &memory, &delivery()).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["plain", "first", "again"], "a letter that is sent again is handled");
    assert_eq!(reason_code(too_large().reason()), "TOO_LARGE");
}

/// Dead letters that take none.
struct Full;

#[async_trait]
impl DeadLetters for Full {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        Err(DeadLetterError { consumer: letter.consumer.clone(), source: "throttled".into() })
    }
}

#[test]
fn what_cannot_be_buried_comes_back() {
    let memory = Memory::new(1);
    let app = App::new(Ports { dead_letters: Arc::new(Full), ..believing(&memory) });
    let script = Script::answering([Err(Failure::permanent("never")), Ok(Handled::Done)]);
    assert!(matches!(block_on(script.plain().handle(&app, &malformed())), Err(Failure::Transient(_))));
    assert!(matches!(block_on(script.claimed().handle(&app, &delivery())), Err(Failure::Transient(_))));
    assert_eq!(block_on(script.claimed().handle(&app, &delivery())).unwrap(), Handled::Done);
    assert_eq!(script.calls(), ["first", "again"]);
}
