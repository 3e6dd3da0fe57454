//! The suites of [`Bus`] (for a bus without faults), [`DeadLetters`] and [`Inbox`].

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    Delivery,
    delivery::{Bus, Claim, DeadLetter, DeadLetters, Entry, Inbox, InboxKey, LEASE, PublishOutcome},
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{AWKWARD, bulky, envelope, message_id, must, noon, raw, stream},
    },
};

/// Tests a bus. `delivered` returns what it has delivered so far, in any order, duplicates included.
pub async fn bus(bus: &dyn Bus, prefix: &str, delivered: impl AsyncFn() -> Vec<Delivery>) {
    assert_same("no entries, no outcomes", &bus.publish(&[]).await.len(), &0);
    // More entries than one request may hold, then more bytes.
    let many: Vec<Entry> = (0..23).map(|number| entry(prefix, &format!("many-{number}"), &json!(AWKWARD))).collect();
    let large: Vec<Entry> =
        (0..9).map(|number| entry(prefix, &format!("large-{number}"), &bulky(150_000, number))).collect();
    for entries in [&many, &large] {
        let outcomes = bus.publish(entries).await;
        assert_same("one outcome per entry", &outcomes.len(), &entries.len());
        for (entry, outcome) in entries.iter().zip(outcomes) {
            match outcome {
                PublishOutcome::Accepted => {}
                outcome => fail(&format!("{} was not accepted: {outcome:?}", entry.envelope.event_id)),
            }
        }
    }
    let delivered = delivered().await;
    for entry in many.iter().chain(&large) {
        let detail = must(serde_json::to_value(&entry.envelope), "an envelope is JSON");
        let delivery = delivered.iter().find(|delivery| detail_of(delivery) == Some(detail.clone()));
        let Some(delivery) = delivery else { fail(&format!("{} was not delivered", entry.envelope.event_id)) };
        assert_same("the source", &delivery.source, &entry.source);
        assert_same("the message's name", &delivery.detail_type, &entry.envelope.event_type);
        let own = delivery.id != entry.envelope.event_id.as_str();
        assert_same("a delivery id is not the event id", &own, &true);
    }
    let mut ids: Vec<&str> = delivered.iter().map(|delivery| delivery.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_same("each delivery has its own id", &ids.len(), &delivered.len());
}

fn entry(prefix: &str, id: &str, body: &Value) -> Entry {
    Entry::from_context("suite", envelope(&stream(prefix, id), "Noted", body))
}

fn detail_of(delivery: &Delivery) -> Option<Value> {
    serde_json::from_str(delivery.detail.get()).ok()
}

/// Tests a store of dead letters. `kept` returns what it holds, in any order.
pub async fn dead_letters(store: &dyn DeadLetters, prefix: &str, kept: impl AsyncFn() -> Vec<DeadLetter>) {
    let written = [
        dead_letter(prefix, "MALFORMED", &json!({ "text": AWKWARD })),
        dead_letter(prefix, "LOOP", &json!({})),
        dead_letter(prefix, "TOO_LARGE", &bulky(150_000, 5)),
    ];
    for dead_letter in &written {
        must(store.keep(dead_letter).await, "keep");
    }
    let consumer = consumer(prefix);
    let kept = kept().await.into_iter().filter(|dead_letter| dead_letter.consumer == consumer);
    let mut kept: Vec<Value> = kept.map(|dead_letter| json_of(&dead_letter)).collect();
    let mut expected: Vec<Value> = written.iter().map(json_of).collect();
    kept.sort_by_key(|dead_letter| dead_letter.to_string());
    expected.sort_by_key(|dead_letter| dead_letter.to_string());
    assert_same("the dead letters are stored as they were written", &kept, &expected);
}

fn consumer(prefix: &str) -> String {
    format!("{prefix}-on-noted")
}

fn dead_letter(prefix: &str, reason: &str, body: &Value) -> DeadLetter {
    let stream = stream(prefix, "dead_letter");
    let message = json!({
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "source": "causeway.suite",
        "detail-type": "Noted",
        "time": noon(),
        "detail": envelope(&stream, "Noted", body),
    });
    DeadLetter {
        reason: reason.to_owned(),
        explanation: format!("{reason}: Grüße 🦀"),
        consumer: consumer(prefix),
        at: noon(),
        message: raw(&message),
    }
}

fn json_of(dead_letter: &DeadLetter) -> Value {
    must(serde_json::to_value(dead_letter), "a dead letter is JSON")
}

/// Tests an inbox.
pub async fn inbox(inbox: &dyn Inbox, prefix: &str) {
    a_message_is_claimed_and_completed_once(inbox, prefix).await;
    an_expired_claim_is_taken_over(inbox, prefix).await;
    an_abandoned_claim_is_granted_again_at_once(inbox, prefix).await;
    a_forgotten_claim_is_granted_as_the_first(inbox, prefix).await;
    a_completed_key_stays_completed(inbox, prefix).await;
    keys_are_independent(inbox, prefix).await;
    of_concurrent_claims_one_is_granted(inbox, prefix).await;
}

async fn a_message_is_claimed_and_completed_once(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "completed");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("a second claim meanwhile", &claim(inbox, &key, 1).await, &Claim::Held);
    must(inbox.complete(&key, after(2)).await, "complete");
    assert_same("a claim after it is completed", &claim(inbox, &key, 3).await, &Claim::Completed);
    assert_same("a claim fifteen days later", &claim(inbox, &key, 1_296_000).await, &Claim::Completed);
}

async fn an_expired_claim_is_taken_over(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "expired");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("just before it expires", &claim(inbox, &key, 59).await, &Claim::Held);
    assert_same("after it expired", &claim(inbox, &key, 61).await, &Claim::Resumed);
    assert_same("while the second claim is held", &claim(inbox, &key, 62).await, &Claim::Held);
    assert_same("after the second expired", &claim(inbox, &key, 122).await, &Claim::Resumed);
    must(inbox.complete(&key, after(123)).await, "complete");
    assert_same("after it is completed", &claim(inbox, &key, 124).await, &Claim::Completed);
}

async fn an_abandoned_claim_is_granted_again_at_once(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "abandoned");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    must(inbox.abandon(&key, after(1)).await, "abandon");
    assert_same("after it is abandoned", &claim(inbox, &key, 1).await, &Claim::Resumed);
    assert_same("meanwhile", &claim(inbox, &key, 2).await, &Claim::Held);
    must(inbox.abandon(&key, after(3)).await, "abandon");
    must(inbox.abandon(&key, after(3)).await, "abandon an abandoned claim");
    assert_same("after it is abandoned again", &claim(inbox, &key, 4).await, &Claim::Resumed);
}

async fn a_forgotten_claim_is_granted_as_the_first(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "forgotten");
    assert_same("the first claim", &claim(inbox, &key, 0).await, &Claim::First);
    must(inbox.forget(&key, after(1)).await, "forget");
    assert_same("after it is forgotten", &claim(inbox, &key, 1).await, &Claim::First);
    must(inbox.complete(&key, after(2)).await, "complete");
    must(inbox.forget(&key, after(3)).await, "forget a completed key");
    assert_same("the effect stays done", &claim(inbox, &key, 4).await, &Claim::Completed);
}

async fn a_completed_key_stays_completed(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "latecomer");
    assert_same("the slow one's claim", &claim(inbox, &key, 0).await, &Claim::First);
    assert_same("the fast one's claim", &claim(inbox, &key, 61).await, &Claim::Resumed);
    must(inbox.complete(&key, after(62)).await, "the fast one completes");
    must(inbox.abandon(&key, after(63)).await, "the slow one abandons");
    assert_same("the effect stays done", &claim(inbox, &key, 64).await, &Claim::Completed);
    must(inbox.complete(&key, after(65)).await, "complete a completed key");
    assert_same("and stays done", &claim(inbox, &key, 66).await, &Claim::Completed);
}

async fn keys_are_independent(inbox: &dyn Inbox, prefix: &str) {
    let mine = key(prefix, "mine");
    let other_message = key(prefix, "mine-too");
    let other_consumer = InboxKey { consumer: format!("{}-other", mine.consumer), message: mine.message.clone() };
    for key in [&mine, &other_message, &other_consumer] {
        assert_same("the first claim of its own", &claim(inbox, key, 0).await, &Claim::First);
    }
    must(inbox.complete(&mine, after(1)).await, "complete");
    assert_same("the completed one", &claim(inbox, &mine, 2).await, &Claim::Completed);
    for key in [&other_message, &other_consumer] {
        assert_same("the others are still held", &claim(inbox, key, 2).await, &Claim::Held);
    }
}

async fn of_concurrent_claims_one_is_granted(inbox: &dyn Inbox, prefix: &str) {
    let key = key(prefix, "race");
    let claims = join_all((0..16).map(|_| claim(inbox, &key, 0))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 claims the first and the held", &(count(Claim::First), count(Claim::Held)), &(1, 15));
    let claims = join_all((0..16).map(|_| claim(inbox, &key, 61))).await;
    let count = |claim: Claim| claims.iter().filter(|found| **found == claim).count();
    assert_same("of 16 takeovers, granted and held", &(count(Claim::Resumed), count(Claim::Held)), &(1, 15));
}

fn key(prefix: &str, name: &str) -> InboxKey {
    InboxKey { consumer: "suite-on-noted".to_owned(), message: message_id(prefix, name) }
}

fn after(seconds: i64) -> Timestamp {
    must(noon().checked_add(SignedDuration::from_secs(seconds)), "a time after noon")
}

/// Claims so many seconds after noon, for the 60 seconds of a lease.
async fn claim(inbox: &dyn Inbox, key: &InboxKey, seconds: i64) -> Claim {
    let now = after(seconds);
    must(inbox.claim(key, now, now + LEASE).await, "claim")
}
