//! Loading from a snapshot of ours, from the beginning without one, and never across a gap.

use std::sync::Arc;

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    Encoded,
    command::fingerprint,
    log::{Append, EmbeddedSnapshot, SnapshotPolicy},
    memory::Memory,
    testing::tests::{Lamp, LampState, SpyStore, commit_of, message, raw},
};

fn stream() -> StreamId {
    StreamId::parse("lamp/l-1").unwrap()
}

fn fed(drops: u32) -> Encoded {
    message("LampFed", &json!({ "drops": drops }))
}

fn snapshot(shape: &str, drops: u32) -> Option<EmbeddedSnapshot> {
    let state = LampState { drops, ..LampState::default() };
    let state = raw(&serde_json::to_value(state).unwrap());
    Some(EmbeddedSnapshot { shape: shape.to_owned(), state, recent: Vec::new() })
}

fn ours(drops: u32) -> Option<EmbeddedSnapshot> {
    snapshot(&fingerprint::<Lamp>(), drops)
}

/// Commits of one event of one drop, changed by the closure.
fn log(commits: u64, change: impl Fn(u64, Commit) -> Commit) -> Arc<SpyStore> {
    let memory = Memory::new(1);
    for version in 1..=commits {
        let commit = change(version, commit_of(&stream(), version, &format!("c-{version}"), vec![fed(1)]));
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
        block_on(memory.store.append(append)).unwrap();
    }
    SpyStore::on(&memory)
}

fn load_stream(store: &SpyStore) -> (Result<LoadedStream<Lamp>, LoadError>, Vec<String>) {
    let loaded = block_on(load::<Lamp>(store, &stream()));
    (loaded, store.take_reads())
}

#[test]
fn a_new_stream_is_loaded_by_one_read() {
    let (loaded, reads) = load_stream(&log(0, |_, commit| commit));
    let loaded = loaded.unwrap();
    assert_eq!((loaded.version, loaded.state, reads), (0, LampState::default(), vec!["lamp/l-1 newest".to_owned()]));
}

#[test]
fn a_snapshot_in_the_newest_commit_needs_one_read() {
    // The snapshot has 700 drops, so a fold from the beginning would give another number.
    let store = log(7, |version, commit| Commit { snapshot: ours(700).filter(|_| version == 7), ..commit });
    let (loaded, reads) = load_stream(&store);
    let loaded = loaded.unwrap();
    assert_eq!((loaded.state.drops, loaded.version, loaded.snapshot_at, loaded.since_snapshot), (700, 7, 7, 0));
    assert_eq!(reads, ["lamp/l-1 newest"]);
}

#[test]
fn the_newest_commit_names_the_version_of_the_snapshot() {
    let store = log(7, |version, commit| Commit {
        snapshot: ours(400).filter(|_| version == 4),
        snapshot_before: if version > 4 { 4 } else { 0 },
        ..commit
    });
    let (loaded, reads) = load_stream(&store);
    let loaded = loaded.unwrap();
    assert_eq!((loaded.state.drops, loaded.version, loaded.snapshot_at, loaded.since_snapshot), (403, 7, 4, 3));
    assert_eq!(reads, ["lamp/l-1 newest", "lamp/l-1 since 4"]);
    assert_eq!(loaded.handled_at(&"c-7".parse().unwrap()), Some(7));
    assert_eq!(loaded.handled_at(&"c-4".parse().unwrap()), None);
}

#[test]
fn a_snapshot_of_another_fingerprint_is_ignored() {
    let foreign = |version| snapshot("of-another-shape", 1_000_000).filter(|_| version == 4 || version == 7);
    let store = log(7, |version, commit| Commit {
        snapshot: foreign(version),
        snapshot_before: if version > 4 { 4 } else { 0 },
        ..commit
    });
    let (loaded, reads) = load_stream(&store);
    let loaded = loaded.unwrap();
    assert_eq!((loaded.state.drops, loaded.version, loaded.snapshot_at), (7, 7, 0));
    assert_eq!(reads, ["lamp/l-1 newest", "lamp/l-1 since 4", "lamp/l-1 since 1"]);
}

#[test]
fn a_snapshot_that_cannot_be_decoded_is_ignored() {
    let broken = || Some(EmbeddedSnapshot { state: raw(&json!({ "drops": "many" })), ..ours(0).unwrap() });
    let (loaded, _) = load_stream(&log(3, |_, commit| Commit { snapshot: broken(), ..commit }));
    assert_eq!(loaded.unwrap().state.drops, 3);
}

#[test]
fn a_gap_is_an_error() {
    let store = log(0, |_, commit| commit);
    for version in [1, 2, 4] {
        let commit = commit_of(&stream(), version, &format!("c-{version}"), vec![fed(1)]);
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
        block_on(store.append(append)).unwrap();
    }
    let error = load_stream(&store).0.map(|loaded| loaded.version).unwrap_err();
    assert!(matches!(error, LoadError::Read(ReadError::Gap { expected: 3, found: 4, .. })), "{error:?}");
    let store = log(0, |_, commit| commit);
    let late = commit_of(&stream(), 2, "c-2", vec![fed(1)]);
    block_on(store.append(Append { commit: &late, snapshot: SnapshotPolicy::Must, once: false })).unwrap();
    let error = load_stream(&store).0.map(|loaded| loaded.version).unwrap_err();
    assert!(matches!(error, LoadError::Read(ReadError::Gap { expected: 1, found: 2, .. })), "{error:?}");
}

#[test]
fn an_event_of_a_newer_version_is_a_transient_failure() {
    let event = |name: &str, version| Encoded { version, ..message(name, &json!({ "drops": 1 })) };
    let of = |event: Encoded| {
        let store = log(1, |_, commit| Commit { events: vec![event.clone()], ..commit });
        Failure::from(load_stream(&store).0.map(|loaded| loaded.version).unwrap_err())
    };
    assert!(matches!(of(event("LampFed", 2)), Failure::Transient(_)));
    assert!(matches!(of(event("LampStolen", 1)), Failure::Permanent(_)));
    assert!(matches!(of(event("LampFed", 0)), Failure::Permanent(_)));
}
