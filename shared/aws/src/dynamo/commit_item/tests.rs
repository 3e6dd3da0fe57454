//! Layouts, with sizes chosen so that each layout is the best one once, and items that are corrupt.

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use causeway::{
    Encoded, MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot, RecentCommand, Send, TimerChange},
        event_store::{ReadError, SnapshotPolicy},
    },
    message::{envelope::Cause, id::CommitId},
};
use jiff::Timestamp;
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;

use super::{PackError, Packed, commit_of, deflate, pack};
use crate::dynamo::attributes::{Item, LIMIT, size, write_units};

/// Text of this length that deflates to about three quarters.
fn noise(length: usize) -> String {
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

fn commit(event: &str, state: Option<&str>) -> Commit {
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

fn packed(event: &str, state: Option<&str>, policy: SnapshotPolicy) -> Packed {
    let commit = commit(event, state);
    let packed = pack(&commit, policy).unwrap();
    assert_eq!(packed.bytes, size(&packed.item));
    assert!(packed.bytes <= LIMIT);
    let read = commit_of(&packed.item).unwrap();
    assert_eq!(read.snapshot.is_some(), packed.has_snapshot);
    let expected = Commit { snapshot: commit.snapshot.clone().filter(|_| packed.has_snapshot), ..commit };
    assert_eq!(format!("{read:?}"), format!("{expected:?}"), "the commit read is the commit written");
    packed
}

fn names(packed: &Packed) -> Vec<&str> {
    let layout = ["events", "sends", "state", "shape", "packed"];
    layout.into_iter().filter(|name| packed.item.contains_key(*name)).collect()
}

#[test]
fn a_commit_that_fits_one_unit_stays_readable_with_its_snapshot() {
    let packed = packed("short", Some("small"), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["events", "sends", "state", "shape"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_snapshot_that_fits_only_deflated_is_deflated_alone() {
    let packed = packed("short", Some(&"state ".repeat(200)), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["events", "sends", "state"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_snapshot_that_fits_only_with_deflated_events_deflates_them_too() {
    let packed = packed(&"word ".repeat(50), Some(&noise(200)), SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["packed"]);
    assert!(packed.has_snapshot);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_snapshot_that_would_cost_a_unit_is_left_out_unless_the_policy_is_must() {
    let free = packed("short", Some(&noise(3000)), SnapshotPolicy::IfFree);
    assert!(!free.has_snapshot);
    assert_eq!(write_units(free.bytes), 1);
    let must = packed("short", Some(&noise(3000)), SnapshotPolicy::Must);
    assert!(must.has_snapshot);
    assert_eq!(write_units(must.bytes), 3, "deflated, because that saves a unit");
}

#[test]
fn events_are_deflated_when_that_saves_a_unit() {
    let packed = packed(&"word ".repeat(300), None, SnapshotPolicy::IfFree);
    assert_eq!(names(&packed), ["packed"]);
    assert_eq!(write_units(packed.bytes), 1);
}

#[test]
fn a_snapshot_over_the_limit_is_left_out_even_if_the_policy_is_must() {
    let packed = packed("short", Some(&noise(LIMIT * 3 / 2)), SnapshotPolicy::Must);
    assert!(!packed.has_snapshot);
}

#[test]
fn a_commit_over_the_limit_is_too_large() {
    let error = pack(&commit(&noise(LIMIT * 3 / 2), Some("small")), SnapshotPolicy::IfFree).unwrap_err();
    assert!(matches!(error, PackError::TooLarge { bytes } if bytes > LIMIT), "{error}");
}

#[test]
fn commits_of_every_size_are_read_as_they_were_written_and_a_free_snapshot_costs_nothing() {
    for events in (0..3000).step_by(97) {
        for state in (0..3000).step_by(191) {
            let bare = packed(&noise(events), None, SnapshotPolicy::IfFree);
            let free = packed(&noise(events), Some(&noise(state)), SnapshotPolicy::IfFree);
            let must = packed(&noise(events), Some(&noise(state)), SnapshotPolicy::Must);
            assert!(write_units(free.bytes) <= write_units(bare.bytes));
            assert!(must.has_snapshot);
        }
    }
}

fn written(event: &str) -> Item {
    pack(&commit(event, Some("state")), SnapshotPolicy::Must).unwrap().item
}

#[test]
fn a_newer_format_is_an_error_that_names_it() {
    let mut item = written("short");
    item.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
    assert!(matches!(commit_of(&item), Err(ReadError::NewerFormat { version: 7, format: 2, .. })));
}

#[test]
fn a_missing_or_wrong_attribute_makes_the_item_corrupt_and_nothing_panics() {
    let wrong = [
        AttributeValue::S("§".to_owned()),
        AttributeValue::N("-1".to_owned()),
        AttributeValue::B(Blob::new([0xff, 0, 1])),
        AttributeValue::Null(true),
    ];
    let optional = ["sends", "timers", "state"];
    for item in [written("short"), written(&"long ".repeat(500))] {
        for name in item.keys() {
            let mut less = item.clone();
            less.remove(name);
            let read = commit_of(&less);
            assert_eq!(read.is_ok(), optional.contains(&name.as_str()), "without {name}: {read:?}");
            for value in &wrong {
                let mut other = item.clone();
                other.insert(name.clone(), value.clone());
                let read = commit_of(&other);
                // Any text may be a shape; a snapshot of an unknown shape is ignored when it is loaded.
                let is_shape = name == "shape" && value.is_s();
                assert!(is_shape || matches!(read, Err(ReadError::Corrupt { .. })), "{name} = {value:?}: {read:?}");
            }
        }
    }
}

#[test]
fn a_deflated_text_that_inflates_beyond_the_limit_is_corrupt() {
    let mut item = written(&"long ".repeat(500));
    item.insert("packed".to_owned(), deflate(&"0".repeat(17 * 1024 * 1024)).unwrap());
    let error = commit_of(&item).unwrap_err().to_string();
    assert!(error.contains("inflates to more than"), "{error}");
}
