//! Sizes are chosen so that each layout is the answer once.
use causeway::{
    Encoded, MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot, RecentCommand, Send, TimerChange},
        event_store::SnapshotPolicy,
    },
    message::{envelope::Cause, id::CommitId},
};
use jiff::Timestamp;
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use super::{PackError, Packed, pack};
use crate::dynamo::{
    attributes::{LIMIT, size, write_units},
    commit_of,
};

/// Text of this length that packs to about three quarters.
pub(crate) fn noise(length: usize) -> String {
    let mut seed = 7_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char::from(letters[(seed >> 58) as usize])
    };
    (0..length).map(|_| next()).collect()
}

fn message(text: &str) -> Encoded {
    let data = to_raw_value(&json!({ "text": text })).unwrap();
    Encoded { name: "ThingDone".to_owned(), version: 2, data }
}

pub(crate) fn commit(event: &str, state: Option<&str>) -> Commit {
    let at: Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
    let cause = Cause::new(MessageId::new("c-1").unwrap(), "DoThing");
    Commit {
        stream: StreamId::parse("thing/t-1").unwrap(),
        version: 7,
        id: CommitId::new(Uuid::from_u128(0x0193_1111_2222_7333_8444_5555_6666_0000)),
        events: vec![message(event), message("second")],
        sends: vec![Send { to: StreamId::parse("other/o-1").unwrap(), message: message("sent") }],
        timers: vec![
            TimerChange::Set { name: "late".to_owned(), due: at, message: message("due") },
            TimerChange::Cancel { name: "early".to_owned() },
        ],
        snapshot: state.map(|state| EmbeddedSnapshot {
            shape: "f00d".to_owned(),
            state: to_raw_value(&json!({ "is": state })).unwrap(),
            recent: vec![RecentCommand("abc".to_owned(), 3)],
        }),
        snapshot_before: 5,
        command: cause.command,
        metadata: cause.metadata,
        at,
    }
}

fn packed(event: &str, state: Option<&str>, carry: SnapshotPolicy) -> Packed {
    let commit = commit(event, state);
    let packed = pack(&commit, carry).unwrap();
    assert_eq!(packed.bytes, size(&packed.item));
    assert!(packed.bytes <= LIMIT);
    let read = commit_of(&packed.item).unwrap();
    assert_eq!(read.snapshot.is_some(), packed.carried);
    let expected = Commit { snapshot: commit.snapshot.clone().filter(|_| packed.carried), ..commit };
    assert_eq!(format!("{read:?}"), format!("{expected:?}"), "what is read is what was written");
    packed
}

fn names(packed: &Packed) -> Vec<&str> {
    let layout = ["events", "sends", "state", "shape", "packed"];
    layout.into_iter().filter(|name| packed.item.contains_key(*name)).collect()
}

#[test]
fn what_fits_one_unit_stays_readable_with_its_state() {
    let packed = packed("short", Some("small"), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["events", "sends", "state", "shape"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_state_that_fits_only_packed_is_packed_alone() {
    let packed = packed("short", Some(&"state ".repeat(200)), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["events", "sends", "state"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_state_that_fits_only_with_packed_events_packs_them_too() {
    let packed = packed(&"word ".repeat(50), Some(&noise(200)), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["packed"]);
    assert!(packed.carried);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_state_that_would_cost_a_unit_stays_out_unless_it_must() {
    let free = packed("short", Some(&noise(3000)), SnapshotPolicy::IfFree);
    assert!(!free.carried);
    assert_eq!(write_units(free.bytes), 1);
    let must = packed("short", Some(&noise(3000)), SnapshotPolicy::Must);
    assert!(must.carried);
    assert_eq!(write_units(must.bytes), 3, "and packed, because that saves a unit");
}

#[test]
fn events_are_packed_when_that_saves_a_unit() {
    let packed = packed(&"word ".repeat(300), None, SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["packed"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_state_over_the_limit_stays_out_even_if_it_must() {
    let packed = packed("short", Some(&noise(LIMIT * 3 / 2)), SnapshotPolicy::Must);
    assert!(!packed.carried);
}

#[test]
fn a_commit_over_the_limit_is_too_large() {
    let error = pack(&commit(&noise(LIMIT * 3 / 2), Some("small")), SnapshotPolicy::IfFree).unwrap_err();
    assert!(matches!(error, PackError::TooLarge { bytes } if bytes > LIMIT), "{error}");
}

#[test]
fn every_size_keeps_what_was_written_and_never_pays_for_a_free_state() {
    for events in (0..3000).step_by(97) {
        for state in (0..3000).step_by(191) {
            let bare = packed(&noise(events), None, SnapshotPolicy::IfFree);
            let free = packed(&noise(events), Some(&noise(state)), SnapshotPolicy::IfFree);
            let must = packed(&noise(events), Some(&noise(state)), SnapshotPolicy::Must);
            assert!(write_units(free.bytes) <= write_units(bare.bytes));
            assert!(must.carried);
        }
    }
}
