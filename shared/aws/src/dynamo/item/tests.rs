use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use causeway::log::event_store::{ReadError, SnapshotPolicy};

use super::{
    super::{
        attributes::Item,
        packing::{pack, tests::commit},
    },
    commit_of,
};

fn written(event: &str) -> Item {
    pack(&commit(event, Some("state")), SnapshotPolicy::Must).unwrap().item
}

#[test]
fn a_newer_format_is_refused_by_its_name() {
    let mut item = written("short");
    item.insert("format".to_owned(), AttributeValue::N("2".to_owned()));
    assert!(matches!(commit_of(&item), Err(ReadError::NewerFormat { version: 7, format: 2, .. })));
}

#[test]
fn whatever_is_missing_or_wrong_is_corrupt_and_nothing_panics() {
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
                // Any text may be a shape; one that is not ours is ignored by whoever reads it.
                let is_shape = name == "shape" && value.is_s();
                assert!(is_shape || matches!(read, Err(ReadError::Corrupt { .. })), "{name} = {value:?}: {read:?}");
            }
        }
    }
}

#[test]
fn a_packed_text_without_end_is_corrupt() {
    let mut item = written(&"long ".repeat(500));
    let endless = super::super::deflate::deflate(&"0".repeat(17 * 1024 * 1024)).unwrap();
    item.insert("packed".to_owned(), AttributeValue::B(Blob::new(endless)));
    let error = commit_of(&item).unwrap_err().to_string();
    assert!(error.contains("unpacks to more than"), "{error}");
}
