//! Schedule names, and the message ids of timers.

use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::testing::tests::{commit, message, noon};

fn key(stream: &str, name: &str) -> TimerKey {
    TimerKey { stream: StreamId::parse(stream).unwrap(), name: name.to_owned() }
}

#[test]
fn a_schedule_name_is_short_and_unique() {
    let long = format!("{}/{}", "c".repeat(64), "i".repeat(64));
    let keys = [
        key("order/o-1", "deadline"),
        key("order/o-1", "reminder"),
        key("order/o-2", "deadline"),
        key("fulfilment/o-1", "deadline"),
        key(&long, "Grüße / 🦀"),
        key(&long, &"n".repeat(1_000)),
    ];
    let mut names: Vec<String> = keys.iter().map(TimerKey::schedule_name).collect();
    for name in &names {
        assert!(name.len() <= 64, "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{name}");
    }
    assert!(names[0].starts_with("order-"), "{}", names[0]);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), keys.len());
    assert_eq!(key("order/o-1", "deadline").schedule_name(), keys[0].schedule_name());
}

#[test]
fn a_moved_timer_has_another_message_id_and_a_repeated_one_the_same() {
    let commit = commit(&StreamId::parse("lamp/l-1").unwrap(), 1, "c-1");
    let later = noon() + SignedDuration::from_hours(1);
    let of = |name, due| Timer::of(&commit, name, due, &message("DimLamp", &json!({}))).envelope.event_id;
    assert_eq!(of("dusk", noon()), of("dusk", noon()));
    let ids = [of("dusk", noon()), of("dusk", later), of("dawn", noon()), commit.id.event(0), commit.id.send(0)];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "two messages have the id {id}");
    }
}
