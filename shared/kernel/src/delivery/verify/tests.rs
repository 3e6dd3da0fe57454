//! What is believed and what is not: each thing about a message that can be forged, one at a time.

mod fixture;

use futures::executor::block_on;
use serde_json::{Value, json};

use super::VerifyEvents;
use crate::{
    app::App,
    delivery::{
        bus::source_of,
        input::{Claimed, TimerFired, Verified},
        route::{Route, route},
    },
    failure::{Failure, Handled},
    log::{
        commit::{Commit, TimerChange},
        event_store::{Append, EventStore as _, SnapshotPolicy},
    },
    message::{
        envelope::{Delivery, Envelope, Received},
        id::CommitId,
    },
    testing::{
        ports::fixture::{commit_of, message, raw},
        tests::lamp::{DimLamp, LampDimmed, LampFed},
    },
    time::timers::Timer,
};
use fixture::{OURS, changed, delivery, fixture};

fn plain() -> Route {
    route("ward", |_: App, _: Received<LampFed>| async { Ok(Handled::Done) })
}

fn proven() -> Route {
    route("ward", |_: App, fed: Verified<LampFed>| async move {
        assert_eq!(fed.data.drops, 4);
        Ok(Handled::Done)
    })
}

fn claimed() -> Route {
    route("ward", |_: App, _: Claimed<LampFed>| async { Ok(Handled::Done) })
}

fn rung() -> Route {
    route("ward", |_: App, _: TimerFired<LampDimmed>| async { Ok(Handled::Done) })
}

#[test]
fn a_true_fact_is_believed_after_one_question() {
    for route in [proven(), claimed()] {
        let house = fixture(VerifyEvents::Required, false);
        assert_eq!(house.handle(&route, &house.true_fact()).unwrap(), Handled::Done);
        assert_eq!(house.questions(), ["lamp/l-1 at 2"], "the commit's first event is at 2, this one at 4");
        let replayed = Delivery { replay_name: Some("again".to_owned()), ..house.true_fact() };
        house.handle(&route, &replayed).unwrap();
        assert!(house.letters().is_empty(), "an archive keeps the source and the account");
    }
}

#[test]
fn the_origin_is_always_looked_at_and_costs_no_question() {
    for verify_events in [VerifyEvents::None, VerifyEvents::Required, VerifyEvents::All] {
        let house = fixture(verify_events, false);
        let fact = house.true_fact();
        let forged = [
            (
                Delivery { source: "shop.web".to_owned(), ..fact.clone() },
                "field source: only causeway.lamp says LampFed",
            ),
            (Delivery { source: source_of("order"), ..fact.clone() }, "\"causeway.order\""),
            (Delivery { account: Some("000000000002".to_owned()), ..fact.clone() }, "ours is 000000000001"),
            (Delivery { account: None, ..fact.clone() }, "field account"),
            (changed(&fact, "/aggregateType", json!("order")), "LampFed belongs to lamp"),
        ];
        for (delivery, why) in &forged {
            for route in [plain(), proven(), claimed()] {
                assert_eq!(house.handle(&route, delivery).unwrap(), Handled::DeadLettered, "{why}");
                let (reason, explanation) = house.letters().pop().unwrap();
                assert_eq!(reason, "FORGED");
                assert!(explanation.contains(why), "{explanation}");
            }
        }
        assert_eq!(house.letters().len(), 3 * forged.len());
        assert!(house.questions().is_empty());
        assert!(house.memory.inbox.closed().is_empty());
    }
}

#[test]
fn a_fact_that_the_log_does_not_hold_is_forged() {
    let (house, other) = (fixture(VerifyEvents::Required, false), CommitId::new(uuid::Uuid::from_u128(7 << 64)));
    let fact = house.true_fact();
    let index = |index: u16| json!(house.commit.id.event(index));
    let forged = [
        (changed(&fact, "/version", json!(5)), "no such event at lamp/l-1 version 5"),
        (changed(&fact, "/version", json!(2)), "no such event"),
        (changed(&fact, "/version", json!(0)), "no such event"),
        (changed(&fact, "/version", json!(u64::MAX)), "no such event"),
        (changed(&fact, "/version", Value::Null), "field version: LampFed stands in the log"),
        (changed(&fact, "/eventId", json!(other.event(2))), "no such event"),
        (changed(&changed(&fact, "/eventId", index(3)), "/version", json!(5)), "no such event"),
        (changed(&fact, "/eventId", json!("made-up")), "no such event"),
        (changed(&fact, "/eventId", json!(house.commit.id.event(2).to_string().to_uppercase())), "no such event"),
        (changed(&fact, "/aggregateId", json!("l-2")), "no such event at lamp/l-2"),
        (changed(&fact, "/data/drops", json!(100)), "field data: the log of lamp/l-1 says otherwise"),
        (changed(&changed(&fact, "/eventId", index(1)), "/version", json!(3)), "field data"),
        (changed(&fact, "/timestamp", json!("2026-01-01T00:00:00Z")), "field timestamp"),
        (changed(&fact, "/metadata/userId", json!("u-2")), "field metadata"),
        (changed(&fact, "/metadata/correlationId", json!("c-9")), "field metadata"),
    ];
    for (delivery, why) in forged {
        for route in [proven(), claimed()] {
            assert_eq!(house.handle(&route, &delivery).unwrap(), Handled::DeadLettered, "{why}");
            let (reason, explanation) = house.letters().pop().unwrap();
            assert_eq!(reason, "FORGED", "{explanation}");
            assert!(explanation.contains(why), "{explanation}");
        }
    }
    assert!(house.memory.inbox.closed().is_empty(), "nothing was claimed");
}

#[test]
fn a_fact_of_another_type_than_the_log_holds_is_forged() {
    let house = fixture(VerifyEvents::Required, false);
    let other = Commit {
        events: vec![message("LampLit", &json!({ "drops": 4 }))],
        ..commit_of(&house.commit.stream, 5, "c-5", Vec::new())
    };
    block_on(house.memory.store.append(Append { commit: &other, snapshot: SnapshotPolicy::IfFree, once: false }))
        .unwrap();
    let lit = Envelope::of_event(&other, 0).unwrap();
    let fed = Delivery {
        detail_type: "LampFed".to_owned(),
        ..delivery(&Envelope { event_type: "LampFed".to_owned(), ..lit })
    };
    assert_eq!(house.handle(&proven(), &fed).unwrap(), Handled::DeadLettered);
    assert!(house.letters()[0].1.contains("field eventType"), "{:?}", house.letters());
}

#[test]
fn a_letter_put_back_with_a_shorter_chain_is_still_true() {
    let house = fixture(VerifyEvents::Required, false);
    let shorter = changed(&house.true_fact(), "/metadata/hops", json!(0));
    assert_eq!(house.handle(&proven(), &shorter).unwrap(), Handled::Done);
}

#[test]
fn a_log_that_does_not_answer_says_nothing_about_the_fact() {
    let house = fixture(VerifyEvents::Required, true);
    for route in [proven(), claimed()] {
        assert!(matches!(house.handle(&route, &house.true_fact()), Err(Failure::Transient(_))));
    }
    assert!(house.letters().is_empty());
}

#[test]
fn who_is_asked_to_prove_what_is_a_setting() {
    for (verify_events, plain_asks, proven_asks) in
        [(VerifyEvents::None, 0, 0), (VerifyEvents::Required, 0, 1), (VerifyEvents::All, 1, 1)]
    {
        let house = fixture(verify_events, false);
        house.handle(&plain(), &house.true_fact()).unwrap();
        assert_eq!(house.questions().len(), plain_asks, "{verify_events:?}");
        house.handle(&proven(), &house.true_fact()).unwrap();
        assert_eq!(house.questions().len(), plain_asks + proven_asks, "{verify_events:?}");
        assert!(house.letters().is_empty());
    }
    assert_eq!("all".parse(), Ok(VerifyEvents::All));
    assert_eq!("some".parse::<VerifyEvents>().unwrap_err().to_string(), "\"some\" is none of none, moving, all");
}

#[test]
fn a_wish_is_anybodys_unless_it_speaks_in_our_name_from_elsewhere() {
    let house = fixture(VerifyEvents::All, false);
    let dim = route("lamp", |_: App, _: Claimed<DimLamp>| async { Ok(Handled::Done) });
    let effect =
        Delivery { detail_type: "DimLamp".to_owned(), detail: raw(&json!({ "data": {} })), ..house.true_fact() };
    let said = |id: &str, source: &str, account: &str| {
        let (id, source, account) = (id.to_owned(), source.to_owned(), Some(account.to_owned()));
        house.handle(&dim, &Delivery { id, source, account, ..effect.clone() }).unwrap()
    };
    assert_eq!(said("b-1", "shop.web", "000000000002"), Handled::Done);
    assert_eq!(said("b-2", "causeway.ward", OURS), Handled::Done);
    assert_eq!(said("b-3", "causeway.ward", "000000000002"), Handled::DeadLettered);
    assert!(house.questions().is_empty());
}

#[test]
fn a_timer_is_believed_when_a_commit_has_set_it_and_its_time_has_come() {
    let house = fixture(VerifyEvents::Required, false);
    let TimerChange::Set { name, due, message } = &house.commit.timers[0] else { panic!("it is set") };
    let rings = delivery(&Timer::of(&house.commit, name, *due, message).envelope);
    let forged = [
        (rings.clone(), "the timer of lamp/l-1 is due at 2026-01-01T00:10:00Z"),
        (changed(&rings, "/eventId", json!("made-up")), "no commit of lamp/l-1 has set this timer"),
        (changed(&rings, "/metadata/causationId", json!("made-up")), "no commit of lamp/l-1"),
        (changed(&rings, "/aggregateId", json!("l-2")), "no commit of lamp/l-2"),
        (changed(&rings, "/timestamp", json!("2026-01-01T00:00:00Z")), "field timestamp"),
    ];
    for (delivery, why) in forged {
        assert_eq!(house.handle(&rung(), &delivery).unwrap(), Handled::DeadLettered, "{why}");
        let (reason, explanation) = house.letters().pop().unwrap();
        assert_eq!(reason, "FORGED");
        assert!(explanation.contains(why), "{explanation}");
    }
    let before = house.letters().len();
    house.memory.clock.advance(jiff::SignedDuration::from_mins(9));
    assert_eq!(house.handle(&rung(), &rings).unwrap(), Handled::Done, "a scheduler is as exact as a minute");
    assert_eq!(house.letters().len(), before);
}

#[test]
fn an_id_tells_which_event_of_its_commit_it_is() {
    let commit = CommitId::new(uuid::Uuid::from_u128(u128::MAX));
    for index in [0, 1, 0x7fff] {
        assert_eq!(CommitId::of_event(&commit.event(index)), Some((commit, index)));
    }
    assert_eq!(CommitId::of_event(&commit.uuid().simple().to_string().parse().unwrap()), None);
    assert_eq!(CommitId::of_event(&uuid::Uuid::from_u128(0x8001).into()), None);
}
