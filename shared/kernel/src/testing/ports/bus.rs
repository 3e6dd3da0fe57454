//! What any bus must do that has no trouble.

use serde_json::{Value, json};

use super::fixture::{AWKWARD, bulky, envelope, must, stream};
use crate::{
    delivery::bus::{Bus, Entry, PublishOutcome},
    message::envelope::Delivery,
    testing::diff::{assert_same, fail},
};

/// Tries a bus that answers; `heard` says what it has delivered so far, in any order and as often as it likes.
/// The prefix keeps the messages apart from those of other runs.
pub async fn bus(bus: &dyn Bus, prefix: &str, heard: impl AsyncFn() -> Vec<Delivery>) {
    assert_same("nothing said, nothing answered", &bus.publish(&[]).await.len(), &0);
    // More entries than a call may hold, then more bytes.
    let many: Vec<Entry> = (0..23).map(|number| entry(prefix, &format!("many-{number}"), &json!(AWKWARD))).collect();
    let large: Vec<Entry> =
        (0..9).map(|number| entry(prefix, &format!("large-{number}"), &bulky(150 * 1024, number))).collect();
    for entries in [&many, &large] {
        let said = bus.publish(entries).await;
        assert_same("one answer per entry", &said.len(), &entries.len());
        for (entry, said) in entries.iter().zip(said) {
            match said {
                PublishOutcome::Accepted => {}
                said => fail(&format!("{} was not taken: {said:?}", entry.envelope.event_id)),
            }
        }
    }
    let heard = heard().await;
    for entry in many.iter().chain(&large) {
        let detail = must(serde_json::to_value(&entry.envelope), "an envelope is JSON");
        let delivery = heard.iter().find(|delivery| detail_of(delivery) == Some(detail.clone()));
        let Some(delivery) = delivery else { fail(&format!("{} was not heard", entry.envelope.event_id)) };
        assert_same("the source", &delivery.source, &entry.source);
        assert_same("the message's name", &delivery.detail_type, &entry.envelope.event_type);
        let own = delivery.id != entry.envelope.event_id.as_str();
        assert_same("the bus has ids of its own", &own, &true);
    }
    let mut ids: Vec<&str> = heard.iter().map(|delivery| delivery.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_same("each delivery has an id of its own", &ids.len(), &heard.len());
}

fn entry(prefix: &str, id: &str, body: &Value) -> Entry {
    Entry::from_context("suite", envelope(&stream(prefix, id), "Noted", body))
}

fn detail_of(delivery: &Delivery) -> Option<Value> {
    serde_json::from_str(delivery.detail.get()).ok()
}
