//! The limits of the log, byte by byte.

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    Encoded,
    log::{RecentCommand, Send},
    testing::tests::{commit_of, noon, raw, stream},
};

/// A message whose body has this many bytes.
fn message(name: &str, bytes: usize) -> Encoded {
    Encoded { name: name.to_owned(), version: 1, data: raw(&json!("x".repeat(bytes - 2))) }
}

/// A commit of this many bytes: 80 in its other names and bodies, the rest in the first body.
fn commit(bytes: usize) -> Commit {
    let lamp = stream("run-1", "lamp");
    let events = vec![message("Lit", bytes - 80), message("Fed", 30)];
    Commit {
        sends: vec![Send { to: lamp.clone(), message: message("Do", 10) }],
        timers: vec![
            TimerChange::Set { name: "dusk".to_owned(), due: noon(), message: message("Dim", 20) },
            TimerChange::Cancel { name: "dawn!".to_owned() },
        ],
        ..commit_of(&lamp, 1, "c-1", events)
    }
}

/// A snapshot of this many bytes: 28 in its shape and two recent commands, the rest in the state.
fn snapshot(bytes: usize) -> EmbeddedSnapshot {
    let recent = vec![RecentCommand("abc".to_owned(), 1), RecentCommand("defgh".to_owned(), 2)];
    EmbeddedSnapshot { shape: "lamp".to_owned(), state: message("", bytes - 28).data, recent }
}

fn append(commit: Commit, snapshot: SnapshotPolicy) -> Result<Appended, AppendError> {
    block_on(MemoryStore::default().append(Append { commit: &commit, snapshot, once: false }))
}

#[test]
fn a_commit_has_at_most_400_kib() {
    assert!(append(commit(409_600), SnapshotPolicy::IfFree).is_ok());
    let error = append(commit(409_601), SnapshotPolicy::IfFree).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { bytes: 409_601, limit: 409_600, .. }), "{error:?}");
}

#[test]
fn a_snapshot_is_stored_up_to_the_byte_that_costs_more() {
    for (policy, bytes, stored) in [
        (SnapshotPolicy::IfFree, 1024 - 500, true),
        (SnapshotPolicy::IfFree, 1025 - 500, false),
        (SnapshotPolicy::Must, 409_600 - 500, true),
        (SnapshotPolicy::Must, 409_601 - 500, false),
    ] {
        let commit = Commit { snapshot: Some(snapshot(bytes)), ..commit(500) };
        assert_eq!(append(commit, policy).unwrap().snapshot, stored, "{policy:?}, {bytes} bytes");
    }
}

#[test]
fn the_log_names_its_streams() {
    let store = MemoryStore::default();
    for (name, version) in [("b", 1), ("a", 1), ("b", 2)] {
        let commit = commit_of(&stream("run-1", name), version, "c-1", Vec::new());
        block_on(store.append(Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false })).unwrap();
    }
    assert_eq!(store.streams(), [stream("run-1", "a"), stream("run-1", "b")]);
}
