//! What is verified of a message: each field that can be forged, one at a time.

use std::sync::Arc;

use futures::executor::block_on;
use serde_json::{Value, json};

use super::*;
use crate::{
    App, Claimed, Encoded, Handled, Outcome, Route, TimerFired, Verified,
    log::{Append, EventStore as _, SnapshotPolicy},
    memory::Memory,
    message::CommandRejected,
    route,
    testing::tests::{DimLamp, LampDimmed, LampFed, SpyStore, commit_of, envelope, message, minute, raw, with_field},
};

fn plain() -> Route {
    route("ward", |_: App, _: Received<LampFed>| async { Ok(Handled::Done) })
}

fn verified() -> Route {
    route("ward", |_: App, fed: Verified<LampFed>| async move {
        assert_eq!(fed.data.drops, 4);
        Ok(Handled::Done)
    })
}

fn claimed() -> Route {
    route("ward", |_: App, _: Claimed<LampFed>| async { Ok(Handled::Done) })
}

fn fired() -> Route {
    route("ward", |_: App, _: TimerFired<LampDimmed>| async { Ok(Handled::Done) })
}

#[test]
fn a_true_event_is_verified_by_one_read() {
    for route in [verified(), claimed()] {
        let system = fixture(VerifyEvents::Required, false);
        assert_eq!(system.handle(&route, &system.true_event()).unwrap(), Handled::Done);
        assert_eq!(system.reads(), ["lamp/l-1 at 2"], "the commit's first event is at 2, this one at 4");
        let replayed = Delivery { replay_name: Some("again".to_owned()), ..system.true_event() };
        system.handle(&route, &replayed).unwrap();
        assert!(system.dead_letters().is_empty(), "an archive keeps the source and the account");
    }
}

#[test]
fn the_origin_is_always_verified_without_a_read() {
    for verify_events in [VerifyEvents::None, VerifyEvents::Required, VerifyEvents::All] {
        let system = fixture(verify_events, false);
        let event = system.true_event();
        let forged = [
            (
                Delivery { source: "shop.web".to_owned(), ..event.clone() },
                "field source: LampFed is published by causeway.lamp",
            ),
            (Delivery { source: source_of("order"), ..event.clone() }, "\"causeway.order\""),
            (Delivery { account: Some("000000000002".to_owned()), ..event.clone() }, "expected 000000000001"),
            (Delivery { account: None, ..event.clone() }, "field account"),
            (with_field(&event, "/aggregateType", json!("order")), "LampFed belongs to lamp"),
        ];
        for (delivery, why) in &forged {
            for route in [plain(), verified(), claimed()] {
                assert_eq!(system.handle(&route, delivery).unwrap(), Handled::DeadLettered, "{why}");
                let (reason, explanation) = system.dead_letters().pop().unwrap();
                assert_eq!(reason, "FORGED");
                assert!(explanation.contains(why), "{explanation}");
            }
        }
        assert_eq!(system.dead_letters().len(), 3 * forged.len());
        assert!(system.reads().is_empty());
        assert!(system.memory.inbox.completed().is_empty());
    }
}

#[test]
fn an_event_that_the_log_does_not_hold_is_forged() {
    let (system, other) = (fixture(VerifyEvents::Required, false), CommitId::new(uuid::Uuid::from_u128(7 << 64)));
    let event = system.true_event();
    let index = |index: u16| json!(system.commit.id.event(index));
    let forged = [
        (with_field(&event, "/version", json!(5)), "no such event at lamp/l-1 version 5"),
        (with_field(&event, "/version", json!(2)), "no such event"),
        (with_field(&event, "/version", json!(0)), "no such event"),
        (with_field(&event, "/version", json!(u64::MAX)), "no such event"),
        (with_field(&event, "/version", Value::Null), "field version: LampFed is stored in the log"),
        (with_field(&event, "/eventId", json!(other.event(2))), "no such event"),
        (with_field(&with_field(&event, "/eventId", index(3)), "/version", json!(5)), "no such event"),
        (with_field(&event, "/eventId", json!("made-up")), "no such event"),
        (with_field(&event, "/eventId", json!(system.commit.id.event(2).to_string().to_uppercase())), "no such event"),
        (with_field(&event, "/aggregateId", json!("l-2")), "no such event at lamp/l-2"),
        (with_field(&event, "/data/drops", json!(100)), "field data: it differs from the log of lamp/l-1"),
        (with_field(&with_field(&event, "/eventId", index(1)), "/version", json!(3)), "field data"),
        (with_field(&event, "/timestamp", json!("2026-01-01T00:00:00Z")), "field timestamp"),
        (with_field(&event, "/metadata/userId", json!("u-2")), "field metadata"),
        (with_field(&event, "/metadata/correlationId", json!("c-9")), "field metadata"),
    ];
    for (delivery, why) in forged {
        for route in [verified(), claimed()] {
            assert_eq!(system.handle(&route, &delivery).unwrap(), Handled::DeadLettered, "{why}");
            let (reason, explanation) = system.dead_letters().pop().unwrap();
            assert_eq!(reason, "FORGED", "{explanation}");
            assert!(explanation.contains(why), "{explanation}");
        }
    }
    assert!(system.memory.inbox.completed().is_empty(), "nothing was claimed");
}

#[test]
fn an_event_of_another_type_than_in_the_log_is_forged() {
    let system = fixture(VerifyEvents::Required, false);
    let other = Commit {
        events: vec![message("LampLit", &json!({ "drops": 4 }))],
        ..commit_of(&system.commit.stream, 5, "c-5", Vec::new())
    };
    block_on(system.memory.store.append(Append { commit: &other, snapshot: SnapshotPolicy::IfFree, once: false }))
        .unwrap();
    let lit = other.event_envelope(0).unwrap();
    let fed = Delivery {
        detail_type: "LampFed".to_owned(),
        ..delivery(&Envelope { event_type: "LampFed".to_owned(), ..lit })
    };
    assert_eq!(system.handle(&verified(), &fed).unwrap(), Handled::DeadLettered);
    assert!(system.dead_letters()[0].1.contains("field eventType"), "{:?}", system.dead_letters());
}

#[test]
fn a_redriven_event_with_a_lower_hop_count_is_true() {
    let system = fixture(VerifyEvents::Required, false);
    let shorter = with_field(&system.true_event(), "/metadata/hops", json!(0));
    assert_eq!(system.handle(&verified(), &shorter).unwrap(), Handled::Done);
}

#[test]
fn an_unavailable_log_is_a_transient_failure() {
    let system = fixture(VerifyEvents::Required, true);
    for route in [verified(), claimed()] {
        assert!(matches!(system.handle(&route, &system.true_event()), Err(Failure::Transient(_))));
    }
    assert!(system.dead_letters().is_empty());
}

#[test]
fn the_policy_decides_which_events_are_looked_up() {
    for (verify_events, plain_reads, verified_reads) in
        [(VerifyEvents::None, 0, 0), (VerifyEvents::Required, 0, 1), (VerifyEvents::All, 1, 1)]
    {
        let system = fixture(verify_events, false);
        system.handle(&plain(), &system.true_event()).unwrap();
        assert_eq!(system.reads().len(), plain_reads, "{verify_events:?}");
        system.handle(&verified(), &system.true_event()).unwrap();
        assert_eq!(system.reads().len(), plain_reads + verified_reads, "{verify_events:?}");
        assert!(system.dead_letters().is_empty());
    }
    assert_eq!("all".parse(), Ok(VerifyEvents::All));
    assert_eq!("some".parse::<VerifyEvents>().unwrap_err().to_string(), "\"some\" is none of none, moving, all");
}

#[test]
fn a_technical_event_is_never_looked_up() {
    let rejections = route("ward", |_: App, _: Received<CommandRejected>| async { Ok(Handled::Done) });
    let rejected = CommandRejected {
        stream: "lamp/l-1".to_owned(),
        command_id: "c-1".parse().unwrap(),
        command: "FeedLamp".to_owned(),
        rule: "TooMuch".to_owned(),
        reason: "a lamp takes no 101 drops".to_owned(),
    };
    let stream = StreamId::new(CommandRejected::CONTEXT, &rejected.command_id);
    let published = Envelope {
        version: None,
        ..envelope(&stream, CommandRejected::NAME, &serde_json::to_value(&rejected).unwrap())
    };
    let delivery = Delivery { source: source_of(CommandRejected::CONTEXT), ..delivery(&published) };
    let system = fixture(VerifyEvents::All, false);
    assert_eq!(system.handle(&rejections, &delivery).unwrap(), Handled::Done);
    let placed = with_field(&delivery, "/version", json!(1));
    assert_eq!(
        system.handle(&rejections, &placed).unwrap(),
        Handled::DeadLettered,
        "a version claims a place in the log"
    );
}

#[test]
fn a_command_of_any_source_is_accepted_unless_it_claims_ours() {
    let system = fixture(VerifyEvents::All, false);
    let dim = route("lamp", |_: App, _: Claimed<DimLamp>| async { Ok(Handled::Done) });
    let command =
        Delivery { detail_type: "DimLamp".to_owned(), detail: raw(&json!({ "data": {} })), ..system.true_event() };
    let handle = |id: &str, source: &str, account: &str| {
        let (id, source, account) = (id.to_owned(), source.to_owned(), Some(account.to_owned()));
        system.handle(&dim, &Delivery { id, source, account, ..command.clone() }).unwrap()
    };
    assert_eq!(handle("b-1", "shop.web", "000000000002"), Handled::Done);
    assert_eq!(handle("b-2", "causeway.ward", OURS), Handled::Done);
    assert_eq!(handle("b-3", "causeway.ward", "000000000002"), Handled::DeadLettered);
    assert!(system.reads().is_empty());
}

#[test]
fn a_timer_is_verified_if_a_commit_has_set_it_and_it_is_due() {
    let system = fixture(VerifyEvents::Required, false);
    let TimerChange::Set { name, due, message } = &system.commit.timers[0] else { panic!("the commit sets a timer") };
    let fired_timer = delivery(&Timer::of(&system.commit, name, *due, message).envelope);
    let forged = [
        (fired_timer.clone(), "the timer of lamp/l-1 is due at 2026-01-01T00:10:00Z"),
        (with_field(&fired_timer, "/eventId", json!("made-up")), "no commit of lamp/l-1 has set this timer"),
        (with_field(&fired_timer, "/metadata/causationId", json!("made-up")), "no commit of lamp/l-1"),
        (with_field(&fired_timer, "/aggregateId", json!("l-2")), "no commit of lamp/l-2"),
        (with_field(&fired_timer, "/timestamp", json!("2026-01-01T00:00:00Z")), "field timestamp"),
    ];
    for (delivery, why) in forged {
        assert_eq!(system.handle(&fired(), &delivery).unwrap(), Handled::DeadLettered, "{why}");
        let (reason, explanation) = system.dead_letters().pop().unwrap();
        assert_eq!(reason, "FORGED");
        assert!(explanation.contains(why), "{explanation}");
    }
    let before = system.dead_letters().len();
    system.memory.clock.advance(jiff::SignedDuration::from_mins(9));
    assert_eq!(system.handle(&fired(), &fired_timer).unwrap(), Handled::Done, "a scheduler may be a minute early");
    assert_eq!(system.dead_letters().len(), before);
}

const OURS: &str = "000000000001";

/// An app whose log holds two commits of a lamp. The second one feeds it three times and sets a timer.
struct System {
    memory: Memory,
    commit: Commit,
    log: Arc<SpyStore>,
    app: App,
}

fn fixture(verify_events: VerifyEvents, unavailable: bool) -> System {
    let memory = Memory::new(1);
    let stream = StreamId::parse("lamp/l-1").unwrap();
    let fed = |drops: u32| Encoded::of(&LampFed { drops }).unwrap();
    let dusk =
        TimerChange::Set { name: "dusk".to_owned(), due: minute(10), message: Encoded::of(&LampDimmed {}).unwrap() };
    let first = commit_of(&stream, 1, "c-1", vec![fed(1)]);
    let commit = Commit { timers: vec![dusk], ..commit_of(&stream, 2, "c-2", vec![fed(2), fed(3), fed(4)]) };
    for commit in [&first, &commit] {
        block_on(memory.store.append(Append { commit, snapshot: SnapshotPolicy::IfFree, once: false })).unwrap();
    }
    let log = SpyStore::on(&memory);
    log.change(|spy| spy.unavailable = unavailable);
    let verification = VerificationPolicy { account: Some(OURS.to_owned()), verify_events };
    let app = App::new(Ports { store: log.clone(), verification, ..memory.ports() });
    System { memory, log, app, commit }
}

impl System {
    fn handle(&self, route: &Route, delivery: &Delivery) -> Outcome {
        block_on(route.handle(&self.app, delivery))
    }

    /// The last of the three events.
    fn true_event(&self) -> Delivery {
        delivery(&self.commit.event_envelope(2).unwrap())
    }

    fn reads(&self) -> Vec<String> {
        self.log.spy().reads
    }

    fn dead_letters(&self) -> Vec<(String, String)> {
        let dead_letters = self.memory.dead_letters.all().into_iter();
        dead_letters.map(|dead_letter| (dead_letter.reason, dead_letter.explanation)).collect()
    }
}

fn delivery(envelope: &Envelope) -> Delivery {
    Delivery {
        id: "b-1".to_owned(),
        source: source_of("lamp"),
        account: Some(OURS.to_owned()),
        detail_type: envelope.event_type.clone(),
        time: minute(0),
        detail: raw(&serde_json::to_value(envelope).unwrap()),
        replay_name: None,
    }
}
