//! Loading: from a carried state where one is ours, from the beginning where none is, and never across a gap.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use serde_json::json;

use crate::{
    command::{
        load::{LoadError, load},
        snapshot::{LoadedStream, fingerprint},
    },
    failure::Failure,
    log::{
        commit::{Commit, EmbeddedSnapshot},
        event_store::{Append, AppendError, Appended, EventStore, ReadError, SnapshotPolicy},
    },
    memory::{Memory, MemoryStore},
    message::{contract::Encoded, id::StreamId},
    testing::{
        ports::fixture::{commit_of, message, raw},
        tests::lamp::{Lamp, LampState},
    },
};

/// A log that writes down what is read.
struct Witness {
    inner: Arc<MemoryStore>,
    reads: Mutex<Vec<String>>,
}

#[async_trait]
impl EventStore for Witness {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.inner.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.reads.lock().unwrap().push("newest".to_owned());
        self.inner.newest(stream).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.reads.lock().unwrap().push(format!("since {from}"));
        self.inner.since(stream, from).await
    }
}

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

/// One drop per commit, in commits of one event, but for what the closure changes.
fn log(commits: u64, change: impl Fn(u64, Commit) -> Commit) -> Witness {
    let memory = Memory::new(1);
    for version in 1..=commits {
        let commit = change(version, commit_of(&stream(), version, &format!("c-{version}"), vec![fed(1)]));
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
        block_on(memory.store.append(append)).unwrap();
    }
    Witness { inner: memory.store, reads: Mutex::default() }
}

fn loaded(store: &Witness) -> (Result<LoadedStream<Lamp>, LoadError>, Vec<String>) {
    let known = block_on(load::<Lamp>(store, &stream()));
    (known, std::mem::take(&mut *store.reads.lock().unwrap()))
}

#[test]
fn a_new_stream_is_known_by_one_read() {
    let (known, reads) = loaded(&log(0, |_, commit| commit));
    let known = known.unwrap();
    assert_eq!((known.version, known.state, reads), (0, LampState::default(), vec!["newest".to_owned()]));
}

#[test]
fn a_state_in_the_newest_commit_is_one_read() {
    // 700 drops are carried, so that a fold from the beginning would tell another number.
    let store = log(7, |version, commit| Commit { snapshot: ours(700).filter(|_| version == 7), ..commit });
    let (known, reads) = loaded(&store);
    let known = known.unwrap();
    assert_eq!((known.state.drops, known.version, known.snapshot_at, known.since_snapshot), (700, 7, 7, 0));
    assert_eq!(reads, ["newest"]);
}

#[test]
fn the_newest_commit_says_where_the_state_is() {
    let store = log(7, |version, commit| Commit {
        snapshot: ours(400).filter(|_| version == 4),
        snapshot_before: if version > 4 { 4 } else { 0 },
        ..commit
    });
    let (known, reads) = loaded(&store);
    let known = known.unwrap();
    assert_eq!((known.state.drops, known.version, known.snapshot_at, known.since_snapshot), (403, 7, 4, 3));
    assert_eq!(reads, ["newest", "since 4"]);
    assert_eq!(known.handled_at(&"c-7".parse().unwrap()), Some(7));
    assert_eq!(known.handled_at(&"c-4".parse().unwrap()), None);
}

#[test]
fn a_state_of_another_shape_is_never_trusted() {
    let foreign = |version| snapshot("of-another-shape", 1_000_000).filter(|_| version == 4 || version == 7);
    let store = log(7, |version, commit| Commit {
        snapshot: foreign(version),
        snapshot_before: if version > 4 { 4 } else { 0 },
        ..commit
    });
    let (known, reads) = loaded(&store);
    let known = known.unwrap();
    assert_eq!((known.state.drops, known.version, known.snapshot_at), (7, 7, 0));
    assert_eq!(reads, ["newest", "since 4", "since 1"]);
}

#[test]
fn a_state_that_cannot_be_read_is_ignored() {
    let broken = || Some(EmbeddedSnapshot { state: raw(&json!({ "drops": "many" })), ..ours(0).unwrap() });
    let (known, _) = loaded(&log(3, |_, commit| Commit { snapshot: broken(), ..commit }));
    assert_eq!(known.unwrap().state.drops, 3);
}

#[test]
fn a_gap_is_an_error_by_its_name_and_never_skipped() {
    let store = log(0, |_, commit| commit);
    for version in [1, 2, 4] {
        let commit = commit_of(&stream(), version, &format!("c-{version}"), vec![fed(1)]);
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::Must, once: false };
        block_on(store.inner.append(append)).unwrap();
    }
    let error = loaded(&store).0.map(|known| known.version).unwrap_err();
    assert!(matches!(error, LoadError::Read(ReadError::Gap { expected: 3, found: 4, .. })), "{error:?}");
    let store = log(0, |_, commit| commit);
    let late = commit_of(&stream(), 2, "c-2", vec![fed(1)]);
    block_on(store.inner.append(Append { commit: &late, snapshot: SnapshotPolicy::Must, once: false })).unwrap();
    let error = loaded(&store).0.map(|known| known.version).unwrap_err();
    assert!(matches!(error, LoadError::Read(ReadError::Gap { expected: 1, found: 2, .. })), "{error:?}");
}

#[test]
fn an_event_of_the_future_is_left_to_newer_code() {
    let event = |name: &str, version| Encoded { version, ..message(name, &json!({ "drops": 1 })) };
    let of = |event: Encoded| {
        let store = log(1, |_, commit| Commit { events: vec![event.clone()], ..commit });
        Failure::from(loaded(&store).0.map(|known| known.version).unwrap_err())
    };
    assert!(matches!(of(event("LampFed", 2)), Failure::Transient(_)));
    assert!(matches!(of(event("LampStolen", 1)), Failure::Permanent(_)));
    assert!(matches!(of(event("LampFed", 0)), Failure::Permanent(_)));
}
