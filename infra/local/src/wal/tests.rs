//! What was acknowledged is read back; what is damaged is named.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Wal, WalError, WalFile, lines};

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deeper/words.journal");
    (folder, path)
}

fn append_three(path: &PathBuf) {
    let (wal, before) = Wal::<Value>::open(path).expect("a new log");
    assert!(before.is_empty());
    wal.append(&json!({ "word": "one\nline" })).expect("an append");
    wal.append_all(&[json!("two"), json!(3)]).expect("an append");
    assert_eq!(wal.length(), 3);
}

#[test]
fn what_was_appended_is_read_back_in_order() {
    let (_folder, path) = place();
    append_three(&path);
    let (_wal, records) = Wal::<Value>::open(&path).expect("the log");
    assert_eq!(records, [json!({ "word": "one\nline" }), json!("two"), json!(3)]);
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_next_record_stands_on_its_own_line() {
    let (_folder, path) = place();
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
    let (_folder, path) = place();
    append_three(&path);
    let text = std::fs::read_to_string(&path).expect("the file").replace("two", "too");
    std::fs::write(&path, text).expect("a damaged file");
    let error = Wal::<Value>::open(&path).expect_err("damage");
    assert!(matches!(&error, WalError::Damaged { line: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("words.journal, line 2"), "{error}");
}

#[test]
fn a_record_of_another_shape_is_named_and_not_dropped() {
    let (_folder, path) = place();
    append_three(&path);
    let error = Wal::<String>::open(&path).expect_err("another shape");
    assert!(matches!(&error, WalError::Unknown { line: 1, .. }), "{error:?}");
}

#[test]
fn empty_lines_and_foreign_text_are_damage() {
    let (_folder, path) = place();
    for (text, wanted) in [("\n", 1), ("hello\n", 1), ("0 1\n", 1), ("ääääää 1\n", 1)] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        let error = Wal::<Value>::open(&path).expect_err("damage");
        assert!(matches!(&error, WalError::Damaged { line, .. } if *line == wanted), "{text:?}: {error:?}");
    }
}

#[test]
fn compacting_replaces_all_and_appending_goes_on_after_it() {
    let (_folder, path) = place();
    append_three(&path);
    let (wal, _) = Wal::<Value>::open(&path).expect("the log");
    // The rest of a compaction that was killed is in nobody's way.
    std::fs::write(path.with_extension("journal.new"), "rubbish").expect("a leftover");
    wal.compact(&[json!("left")]).expect("a compaction");
    wal.append(&json!("more")).expect("an append");
    assert_eq!(wal.length(), 2);
    assert!(matches!(Wal::<Value>::open(&path), Err(WalError::InUse { .. })));
    drop(wal);
    let (_wal, records) = Wal::<Value>::open(&path).expect("the log");
    assert_eq!(records, [json!("left"), json!("more")]);
}

#[test]
fn a_second_opener_is_told_that_the_wal_is_in_use() {
    let (_folder, path) = place();
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
    assert_eq!(error.to_string(), "cannot write queues.journal: there is no room left; make some and try again");
}

#[test]
fn a_place_that_cannot_be_written_is_a_typed_error() {
    let error = std::io::Error::from(std::io::ErrorKind::ReadOnlyFilesystem);
    let error = WalError::by_system(&PathBuf::from("queues.journal"), error);
    assert!(matches!(error, WalError::ReadOnly { .. }));
    let (_folder, path) = place();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let below = path.join("queues.journal");
    std::fs::write(&path, "a file, not a folder").expect("a file");
    assert!(matches!(Wal::<Value>::open(&below), Err(WalError::Refused { .. })));
}

#[test]
fn a_wal_in_memory_takes_everything_and_keeps_nothing() {
    let wal = Wal::in_memory();
    wal.append(&json!(1)).expect("an append");
    assert_eq!(wal.length(), 1);
    wal.compact(&[]).expect("a compaction");
    assert_eq!(wal.length(), 0);
}

#[test]
fn a_record_that_found_no_room_is_refused_and_its_rest_is_cut_off_before_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("queues.journal");
    let (mut wal, _) = WalFile::open::<String>(&path).expect("a log");
    wal.append(&lines(&["one"]).expect("lines")).expect("an append");
    let full = OpenOptions::new().append(true).open("/dev/full").expect("the full device");
    let real = std::mem::replace(&mut wal.file, full);
    let error = wal.append(&lines(&["two"]).expect("lines")).expect_err("no room");
    assert!(matches!(error, WalError::DiskFull { .. }), "{error:?}");
    // What a write leaves that came half-way.
    let mut text = std::fs::read(&path).expect("the log");
    text.extend_from_slice(b"0badcafe \"tw");
    std::fs::write(&path, text).expect("a half line");
    wal.file = real;
    wal.append(&lines(&["three"]).expect("lines")).expect("an append");
    drop(wal);
    let (_wal, records) = WalFile::open::<String>(&path).expect("the log");
    assert_eq!(records, ["one", "three"]);
}
