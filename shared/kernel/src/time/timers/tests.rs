//! Names of timers fit any scheduler; what a timer says is the same however often it is made.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    message::id::StreamId,
    testing::ports::fixture::{commit, message, noon},
    time::timers::{Timer, TimerKey},
};

fn key(stream: &str, name: &str) -> TimerKey {
    TimerKey { stream: StreamId::parse(stream).unwrap(), name: name.to_owned() }
}

#[test]
fn a_schedule_name_is_short_and_plain_and_tells_timers_apart() {
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
fn a_timer_that_is_moved_says_another_message_and_a_repeated_one_the_same() {
    let commit = commit(&StreamId::parse("lamp/l-1").unwrap(), 1, "c-1");
    let later = noon() + SignedDuration::from_hours(1);
    let of = |name, due| Timer::of(&commit, name, due, &message("DimLamp", &json!({}))).envelope.event_id;
    assert_eq!(of("dusk", noon()), of("dusk", noon()));
    let ids = [of("dusk", noon()), of("dusk", later), of("dawn", noon()), commit.id.event(0), commit.id.send(0)];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{id} stands for two messages");
    }
}
