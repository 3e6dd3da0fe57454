//! Reading: from any place, in order, and all of it.

use super::{assert_told, put};
use crate::{
    log::{
        commit::Commit,
        event_store::{EventStore, check_contiguous},
    },
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{bulky, commit, commit_of, message, must, stream},
    },
};

pub(super) async fn a_new_stream_is_empty(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "new");
    assert_same("newest of nothing", &must(store.newest(&stream).await, "newest").is_none(), &true);
    assert_same("commits of nothing", &must(store.since(&stream, 1).await, "since").len(), &0);
}

pub(super) async fn a_stream_is_read_from_any_place(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "places");
    let event = || message("Noted", &bulky(8, 3));
    // One event, then three, then two: the commits begin at 1, 2 and 5.
    for (version, count) in [(1, 1), (2, 3), (5, 2)] {
        put(store, &commit_of(&stream, version, &format!("c-{version}"), (0..count).map(|_| event()).collect())).await;
    }
    let places: [(u64, &[u64]); 7] =
        [(0, &[1, 2, 5]), (1, &[1, 2, 5]), (2, &[2, 5]), (3, &[5]), (5, &[5]), (6, &[]), (1_000_000, &[])];
    for (from, begins) in places {
        let commits = must(store.since(&stream, from).await, "since");
        let found: Vec<u64> = commits.iter().map(|commit| commit.version).collect();
        assert_same(&format!("the commits since {from} begin"), &found.as_slice(), &begins);
    }
    for (version, begins) in [(0, None), (1, Some(1)), (2, Some(2)), (3, None), (5, Some(5)), (6, None), (7, None)] {
        let found = must(store.at(&stream, version).await, "at").map(|commit| commit.version);
        assert_same(&format!("the commit at {version}"), &found, &begins);
    }
    let commits = must(store.since(&stream, 1).await, "since");
    must(check_contiguous(&stream, 1, &commits), "the commits follow one another");
    let newest = must(store.newest(&stream).await, "newest").map(|commit| (commit.version, commit.last_version()));
    assert_same("the newest commit", &newest, &Some((5, 6)));
}

/// More than any one answer of a store holds.
pub(super) async fn a_long_stream_is_read_whole(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "long");
    let mut written: Vec<Commit> = Vec::new();
    for version in 1..=48_u64 {
        let events = vec![message("Noted", &bulky(64 * 1024, version))];
        let commit = commit_of(&stream, version, &format!("c-{version}"), events);
        put(store, &commit).await;
        written.push(commit);
    }
    for from in [1_usize, 24, 48] {
        let commits = must(store.since(&stream, from as u64).await, "since");
        assert_same(&format!("commits since {from}"), &commits.len(), &(49 - from));
        for (read, written) in commits.iter().zip(written.iter().skip(from - 1)) {
            assert_told("a commit of a long stream", read, written);
        }
    }
}

pub(super) async fn streams_do_not_mix(store: &dyn EventStore, prefix: &str) {
    // Names of which one begins as the other, and versions that sort otherwise as text.
    let streams = [stream(prefix, "mix"), stream(prefix, "mix-1"), stream(prefix, "mix-10")];
    for stream in &streams {
        for version in 1..=11 {
            put(store, &commit(stream, version, &format!("c-{version}"))).await;
        }
    }
    for stream in &streams {
        let commits = must(store.since(stream, 9).await, "since");
        let found: Vec<u64> = commits.iter().map(|commit| commit.version).collect();
        assert_same("the last commits", &found, &vec![9, 10, 11]);
        match commits.iter().find(|commit| commit.stream != *stream) {
            Some(other) => fail(&format!("{stream} holds a commit of {}", other.stream)),
            None => continue,
        }
    }
}
