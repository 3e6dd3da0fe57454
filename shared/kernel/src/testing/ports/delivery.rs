//! The suites of [`Bus`] (for a bus without faults) and [`DeadLetters`].

use serde_json::{Value, json};

use crate::{
    Delivery,
    delivery::{Bus, DeadLetter, DeadLetters, Entry, PublishOutcome},
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{AWKWARD, bulky, envelope, must, noon, raw, stream},
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
