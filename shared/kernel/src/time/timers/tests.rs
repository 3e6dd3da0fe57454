//! Schedule names, the message ids of timers, and that an older commit never replaces what a newer one has set.

use std::collections::BTreeSet;

use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::{
    delivery::relay,
    log::{Append, EventStore, SnapshotPolicy, TimerChange},
    memory::Memory,
    testing::tests::{commit, message, noon},
};

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

/// A commit that sets the timer for this minute, or cancels it.
fn change(version: u64, minute: Option<i64>) -> Commit {
    let name = "dusk".to_owned();
    let change = match minute {
        Some(minute) => TimerChange::Set { name, due: due(minute), message: message("DimLamp", &json!({})) },
        None => TimerChange::Cancel { name },
    };
    let stream = StreamId::parse("lamp/l-1").unwrap();
    Commit { timers: vec![change], ..commit(&stream, version, &format!("c-{version}")) }
}

fn due(minute: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(24 * 365) + SignedDuration::from_mins(minute)
}

/// All orders of these.
fn interleavings(left: &[usize]) -> BTreeSet<Vec<usize>> {
    let mut orders = BTreeSet::new();
    for index in (0..left.len()).filter(|index| !left[..*index].contains(&left[*index])) {
        let mut rest = left.to_vec();
        let first = rest.remove(index);
        orders.extend(interleavings(&rest).into_iter().map(|rest| [vec![first], rest].concat()));
    }
    if left.is_empty() {
        orders.insert(Vec::new());
    }
    orders
}

#[test]
fn in_every_interleaving_of_set_move_cancel_and_their_repeats_the_newest_commit_wins() {
    let stories = [
        [change(1, Some(1)), change(2, Some(2)), change(3, None), change(4, Some(4))],
        [change(1, Some(9)), change(2, None), change(3, Some(3)), change(4, None)],
    ];
    for story in &stories {
        for order in interleavings(&[0, 0, 1, 1, 2, 2, 3]) {
            let memory = Memory::new(1);
            let mut newest = 0;
            for index in order {
                assert!(block_on(relay(&memory.ports(), vec![story[index].clone()]))[0].is_ok());
                newest = newest.max(index);
                let pending: Vec<Timestamp> = memory.timers.pending().iter().map(|timer| timer.due).collect();
                let expected = match &story[newest].timers[0] {
                    TimerChange::Set { due, .. } => vec![*due],
                    TimerChange::Cancel { .. } => Vec::new(),
                };
                assert_eq!(pending, expected);
            }
        }
    }
}

#[test]
fn a_commit_that_is_relayed_again_long_after_sets_no_timer_that_the_log_has_cancelled() {
    let memory = Memory::new(1);
    let old = change(1, Some(1));
    for commit in [&old, &change(2, None)] {
        let append = Append { commit, snapshot: SnapshotPolicy::IfFree, once: false };
        block_on(memory.store.append(append)).unwrap();
    }
    memory.clock.advance(SignedDuration::from_hours(13));
    // These timers have forgotten what was cancelled, as a scheduler has.
    assert!(block_on(relay(&memory.ports(), vec![old]))[0].is_ok());
    assert!(memory.timers.pending().is_empty());
}
