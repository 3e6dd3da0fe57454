//! Appending: whole, at its place, once.

use serde_json::json;

use super::{append, assert_told, put};
use crate::{
    log::{
        commit::{Commit, EmbeddedSnapshot},
        event_store::{AppendError, EventStore, SnapshotPolicy},
    },
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{bulky, commit, commit_of, full_commit, message, must, raw, stream},
    },
};

pub(super) async fn a_commit_is_read_as_it_was_written(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "whole");
    let written = full_commit(&stream, 1, "write-1");
    let appended = put(store, &written).await;
    assert_same("a state that must ride along does", &appended.snapshot, &true);
    let newest = must(store.newest(&stream).await, "newest");
    match &newest {
        Some(read) => assert_told("the commit was read otherwise than it was written", read, &written),
        None => fail("the commit that was appended is not the newest"),
    }
    let large = commit_of(&stream, 4, "write-2", vec![message("Noted", &bulky(180 * 1024, 1))]);
    put(store, &large).await;
    let since = must(store.since(&stream, 1).await, "since");
    match since.as_slice() {
        [first, second] => {
            assert_told("the first commit of two", first, &written);
            assert_told("a large commit", second, &large);
        }
        others => fail(&format!("two commits were written, {} read", others.len())),
    }
}

pub(super) async fn a_taken_place_answers_with_who_stands_there(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "taken");
    let winner = full_commit(&stream, 1, "winner");
    put(store, &winner).await;
    for command in ["loser", "winner"] {
        let loser = commit(&stream, 1, command);
        match append(store, &loser, SnapshotPolicy::IfFree, false).await {
            Err(AppendError::Conflict { stream: told, version, winner: found }) => {
                assert_same("the conflict's stream", &told, &stream);
                assert_same("the conflict's place", &version, &1);
                assert_told("the conflict's winner", &found, &winner);
            }
            other => fail(&format!("a taken place is a conflict, not {other:?}")),
        }
    }
    let stands = must(store.since(&stream, 1).await, "since");
    assert_same("commits after two lost races", &stands.len(), &1);
}

pub(super) async fn a_once_command_is_obeyed_once(store: &dyn EventStore, prefix: &str) {
    let once = stream(prefix, "once");
    must(append(store, &commit(&once, 1, "before"), SnapshotPolicy::IfFree, false).await, "append");
    must(append(store, &commit(&once, 2, "deposit-1"), SnapshotPolicy::IfFree, true).await, "append once");
    must(append(store, &commit(&once, 3, "after"), SnapshotPolicy::IfFree, false).await, "append");
    // At a free place, and at a place that is taken: the marker speaks in both cases.
    for version in [4, 2, 3] {
        match append(store, &commit(&once, version, "deposit-1"), SnapshotPolicy::IfFree, true).await {
            Err(AppendError::Repeated { command, version }) => {
                assert_same("the repeated command", &command.as_str(), &"deposit-1");
                assert_same("the commit that handled_at it", &version, &2);
            }
            other => fail(&format!("a once-command at {version} is repeated, not {other:?}")),
        }
    }
    match append(store, &commit(&once, 3, "deposit-2"), SnapshotPolicy::IfFree, true).await {
        Err(AppendError::Conflict { winner, .. }) => {
            assert_same("the winner", &winner.command.as_str(), &"after");
        }
        other => fail(&format!("another once-command at a taken place is a conflict, not {other:?}")),
    }
    assert_same("commits", &must(store.since(&once, 1).await, "since").len(), &3);
    let other = stream(prefix, "once-other");
    let answer = append(store, &commit(&other, 1, "deposit-1"), SnapshotPolicy::IfFree, true).await;
    must(answer, "the same message may ask two streams, each once");
}

pub(super) async fn a_lost_race_leaves_no_marker(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "unmarked");
    put(store, &commit(&stream, 1, "winner")).await;
    match append(store, &commit(&stream, 1, "deposit-3"), SnapshotPolicy::IfFree, true).await {
        Err(AppendError::Conflict { .. }) => {}
        other => fail(&format!("a taken place is a conflict, not {other:?}")),
    }
    let repeat = append(store, &commit(&stream, 2, "deposit-3"), SnapshotPolicy::IfFree, true).await;
    must(repeat, "a once-command that lost a race is not handled yet");
}

pub(super) async fn a_state_rides_along_when_it_must_or_costs_nothing(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "carried");
    let snapshot =
        |bytes| Some(EmbeddedSnapshot { shape: "s".to_owned(), state: raw(&bulky(bytes, 2)), recent: Vec::new() });
    let tries = [
        ("no state", None, SnapshotPolicy::Must, false),
        ("a small state beside a small event", snapshot(10), SnapshotPolicy::IfFree, true),
        ("a large state beside a small event", snapshot(5_000), SnapshotPolicy::IfFree, false),
        ("a large state that must", snapshot(5_000), SnapshotPolicy::Must, true),
        ("a state the store cannot take, even if it must", snapshot(900_000), SnapshotPolicy::Must, false),
    ];
    for (version, (what, snapshot, policy, rides)) in (1_u64..).zip(tries) {
        let written = Commit { snapshot, ..commit(&stream, version, &format!("carry-{version}")) };
        let appended = must(append(store, &written, policy, false).await, what);
        assert_same(what, &appended.snapshot, &rides);
        let expected = Commit { snapshot: written.snapshot.clone().filter(|_| rides), ..written };
        match must(store.newest(&stream).await, "newest") {
            Some(newest) => assert_told(what, &newest, &expected),
            None => fail("the commit that was appended is not the newest"),
        }
    }
}

pub(super) async fn what_is_too_large_is_refused_whole(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "too-large");
    let events = (0..6).map(|seed| message("Noted", &bulky(190 * 1024, seed))).collect();
    let commit = commit_of(&stream, 1, "too-much", events);
    for once in [false, true] {
        match append(store, &commit, SnapshotPolicy::IfFree, once).await {
            Err(AppendError::TooLarge { stream: told, bytes, limit }) => {
                assert_same("the stream", &told, &stream);
                assert_same("the size is above the limit", &(bytes > limit), &true);
            }
            other => fail(&format!("more than a megabyte is too large, not {other:?}")),
        }
    }
    let newest = must(store.newest(&stream).await, "newest");
    assert_same("nothing of it is written", &newest.is_none(), &true);
    let small = commit_of(&stream, 1, "too-much", vec![message("Noted", &json!({}))]);
    let answer = append(store, &small, SnapshotPolicy::IfFree, true).await;
    must(answer, "a refused commit leaves no marker");
}
