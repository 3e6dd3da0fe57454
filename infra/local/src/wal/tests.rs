//! Acknowledged records are read back, and damaged ones are named.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Wal, WalError, WalFile, lines};

fn log_path() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deeper/orders.journal");
    (folder, path)
}

fn append_three(path: &PathBuf) {
    let (wal, before) = Wal::<Value>::open(path).expect("a new log");
    assert!(before.is_empty());
    wal.append(&json!({ "order": "one\nline" })).expect("an append");
    wal.append_all(&[json!("two"), json!(3)]).expect("an append");
    assert_eq!(wal.length(), 3);
}

#[test]
fn appended_records_are_read_back_in_order() {
    let (_folder, path) = log_path();
    append_three(&path);
    let (_wal, records) = Wal::<Value>::open(&path).expect("the log");
    assert_eq!(records, [json!({ "order": "one\nline" }), json!("two"), json!(3)]);
}

#[test]
fn a_torn_last_line_is_truncated_and_the_next_record_is_a_line_of_its_own() {
    let (_folder, path) = log_path();
    append_three(&path);
    let whole = std::fs::read(&path).expect("the file");
    for length in (0..whole.len()).rev() {
        std::fs::write(&path, &whole[..length]).expect("a torn file");
        let (wal, records) = Wal::<Value>::open(&path).expect("the log");
        assert_eq!(records.len(), whole[..length].iter().filter(|byte| **byte == b'\n').count());
        wal.append(&json!("after")).expect("an append");
        drop(wal);
        let (_wal, again) = Wal::<Value>::open(&path).expect("the log");
        assert_eq!(again.len(), records.len() + 1);
        assert_eq!(again.last(), Some(&json!("after")));
    }
}

#[test]
fn a_damaged_line_is_named_with_its_file() {
    let (_folder, path) = log_path();
    append_three(&path);
    let text = std::fs::read_to_string(&path).expect("the file").replace("two", "too");
    std::fs::write(&path, text).expect("a damaged file");
    let error = Wal::<Value>::open(&path).expect_err("damage");
    assert!(matches!(&error, WalError::Damaged(_, 2)), "{error:?}");
    assert!(error.to_string().contains("orders.journal, line 2"), "{error}");
}

#[test]
fn a_record_of_another_shape_is_named_and_not_dropped() {
    let (_folder, path) = log_path();
    append_three(&path);
    let error = Wal::<String>::open(&path).expect_err("another shape");
    assert!(matches!(&error, WalError::Unknown(_, 1, _)), "{error:?}");
}

#[test]
fn empty_lines_and_other_text_are_damaged_records() {
    let (_folder, path) = log_path();
    for (text, expected) in [("\n", 1), ("hello\n", 1), ("0 1\n", 1), ("ääääää 1\n", 1)] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        let error = Wal::<Value>::open(&path).expect_err("damage");
        assert!(matches!(&error, WalError::Damaged(_, line) if *line == expected), "{text:?}: {error:?}");
    }
}

#[test]
fn compaction_replaces_all_records_and_appends_follow_it() {
    let (_folder, path) = log_path();
    append_three(&path);
    let (wal, _) = Wal::<Value>::open(&path).expect("the log");
    // The rest of a killed compaction is ignored.
    std::fs::write(path.with_extension("journal.new"), "rubbish").expect("a leftover");
    wal.compact(&[json!("left")]).expect("a compaction");
    wal.append(&json!("more")).expect("an append");
    assert_eq!(wal.length(), 2);
    assert!(matches!(Wal::<Value>::open(&path), Err(WalError::InUse(_))));
    drop(wal);
    let (_wal, records) = Wal::<Value>::open(&path).expect("the log");
    assert_eq!(records, [json!("left"), json!("more")]);
}

#[test]
fn a_log_that_is_open_cannot_be_opened_again() {
    let (_folder, path) = log_path();
    let (wal, _) = Wal::<Value>::open(&path).expect("the log");
    let error = Wal::<Value>::open(&path).expect_err("a lock");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(wal);
    assert!(Wal::<Value>::open(&path).is_ok());
}

#[test]
fn a_full_disk_is_a_typed_error() {
    let mut full = OpenOptions::new().write(true).open("/dev/full").expect("the full device");
    let error = full.write_all(b"x").and_then(|()| full.flush()).expect_err("no room");
    let error = WalError::by_system(&PathBuf::from("queues.journal"), error);
    assert_eq!(error.to_string(), "cannot write queues.journal: the disk is full; free some space and try again");
}

#[test]
fn a_path_that_cannot_be_written_is_a_typed_error() {
    let error = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
    let error = WalError::by_system(&PathBuf::from("queues.journal"), error);
    assert!(matches!(error, WalError::ReadOnly(..)));
    let (_folder, path) = log_path();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let below = path.join("queues.journal");
    std::fs::write(&path, "a file, not a folder").expect("a file");
    assert!(matches!(Wal::<Value>::open(&below), Err(WalError::Refused(..))));
}

#[test]
fn a_log_in_memory_counts_its_records_and_stores_none() {
    let wal = Wal::in_memory();
    wal.append(&json!(1)).expect("an append");
    assert_eq!(wal.length(), 1);
    wal.compact(&[]).expect("a compaction");
    assert_eq!(wal.length(), 0);
}

#[test]
fn a_record_that_does_not_fit_is_rejected_and_its_rest_is_truncated_before_the_next_append() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("queues.journal");
    let (mut wal, _) = WalFile::open::<String>(&path).expect("a log");
    wal.append(&lines(&["one"]).expect("lines")).expect("an append");
    let full = OpenOptions::new().append(true).open("/dev/full").expect("the full device");
    let real = std::mem::replace(&mut wal.file, full);
    let error = wal.append(&lines(&["two"]).expect("lines")).expect_err("no room");
    assert!(matches!(error, WalError::DiskFull(..)), "{error:?}");
    // The rest of an incomplete write.
    let mut text = std::fs::read(&path).expect("the log");
    text.extend_from_slice(b"0badcafe \"tw");
    std::fs::write(&path, text).expect("a half line");
    wal.file = real;
    wal.append(&lines(&["three"]).expect("lines")).expect("an append");
    drop(wal);
    let (_wal, records) = WalFile::open::<String>(&path).expect("the log");
    assert_eq!(records, ["one", "three"]);
}
