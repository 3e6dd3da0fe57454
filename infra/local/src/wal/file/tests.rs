//! A write that fails leaves the write-ahead log as it was.

use std::fs::OpenOptions;

use super::{WalFile, lines};
use crate::wal::WalError;

#[test]
fn a_record_that_found_no_room_is_refused_and_its_rest_is_cut_off_before_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("queues.journal");
    let (mut wal, _) = WalFile::open::<String>(&path).expect("a journal");
    wal.append(&lines(&["one"]).expect("lines")).expect("an append");
    let full = OpenOptions::new().append(true).open("/dev/full").expect("the full device");
    let real = std::mem::replace(&mut wal.file, full);
    let error = wal.append(&lines(&["two"]).expect("lines")).expect_err("no room");
    assert!(matches!(error, WalError::DiskFull { .. }), "{error:?}");
    // What a write leaves that came half-way.
    let mut text = std::fs::read(&path).expect("the journal");
    text.extend_from_slice(b"0badcafe \"tw");
    std::fs::write(&path, text).expect("a half line");
    wal.file = real;
    wal.append(&lines(&["three"]).expect("lines")).expect("an append");
    drop(wal);
    let (_journal, records) = WalFile::open::<String>(&path).expect("the journal");
    assert_eq!(records, ["one", "three"]);
}
