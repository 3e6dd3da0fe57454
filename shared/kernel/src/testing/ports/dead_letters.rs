//! What any dead letters must do.

use serde_json::{Value, json};

use super::fixture::{AWKWARD, bulky, envelope, must, noon, raw, stream};
use crate::{
    delivery::dead_letter::{DeadLetter, DeadLetters},
    testing::diff::assert_same,
};

/// Tries dead letters; `kept` says what they hold, in any order. The prefix keeps the letters apart from those of
/// other runs.
pub async fn dead_letters(letters: &dyn DeadLetters, prefix: &str, kept: impl AsyncFn() -> Vec<DeadLetter>) {
    let written = [
        letter(prefix, "MALFORMED", &json!({ "text": AWKWARD })),
        letter(prefix, "LOOP", &json!({})),
        letter(prefix, "TOO_LARGE", &bulky(150 * 1024, 5)),
    ];
    for letter in &written {
        must(letters.keep(letter).await, "keep");
    }
    let consumer = consumer(prefix);
    let kept = kept().await.into_iter().filter(|letter| letter.consumer == consumer);
    let mut kept: Vec<Value> = kept.map(|letter| told(&letter)).collect();
    let mut expected: Vec<Value> = written.iter().map(told).collect();
    kept.sort_by_key(|letter| letter.to_string());
    expected.sort_by_key(|letter| letter.to_string());
    assert_same("the letters are kept as they were written", &kept, &expected);
}

fn consumer(prefix: &str) -> String {
    format!("{prefix}-on-noted")
}

fn letter(prefix: &str, reason: &str, body: &Value) -> DeadLetter {
    let stream = stream(prefix, "letter");
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

fn told(letter: &DeadLetter) -> Value {
    must(serde_json::to_value(letter), "a letter is JSON")
}
