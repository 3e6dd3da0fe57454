//! The suite of [`EventStore`]: appending at the expected version, snapshots, once-markers, and reading.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    Encoded, MessageId,
    log::{Append, AppendError, Appended, Commit, EmbeddedSnapshot, EventStore, SnapshotPolicy, check_contiguous},
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{bulky, commit, commit_of, full_commit, message, must, raw, stream},
    },
};

/// Tests a log.
pub async fn event_store(store: &dyn EventStore, prefix: &str) {
    a_commit_is_read_as_it_was_written(store, prefix).await;
    a_taken_version_is_a_conflict_with_the_winner(store, prefix).await;
    a_once_command_is_handled_once(store, prefix).await;
    a_conflict_leaves_no_marker(store, prefix).await;
    a_snapshot_is_stored_if_it_must_or_is_free(store, prefix).await;
    a_commit_over_the_limit_is_refused_completely(store, prefix).await;
    a_new_stream_is_empty(store, prefix).await;
    a_stream_is_read_from_any_version(store, prefix).await;
    a_long_stream_is_read_completely(store, prefix).await;
    streams_are_independent(store, prefix).await;
    of_concurrent_writers_one_wins(store, prefix).await;
}

async fn of_concurrent_writers_one_wins(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "race");
    let commits: Vec<Commit> = (0..16).map(|writer| commit(&stream, 1, &format!("writer-{writer}"))).collect();
    let answers = join_all(commits.iter().map(|commit| append(store, commit, SnapshotPolicy::IfFree, false))).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_same("the number of winners of 16 writers at one version", &won, &1);
    let newest = must(store.newest(&stream).await, "newest").map(|commit| commit.command);
    for answer in answers {
        match answer {
            Ok(_) => {}
            Err(AppendError::Conflict { winner, .. }) => {
                assert_same("the winner in the loser's conflict", &Some(winner.command), &newest);
            }
            Err(error) => fail(&format!("a lost race is a conflict, not: {error:?}")),
        }
    }
}

async fn append(
    store: &dyn EventStore,
    commit: &Commit,
    snapshot: SnapshotPolicy,
    once: bool,
) -> Result<Appended, AppendError> {
    store.append(Append { commit, snapshot, once }).await
}

/// Appends a commit that must be accepted.
async fn put(store: &dyn EventStore, commit: &Commit) -> Appended {
    must(append(store, commit, SnapshotPolicy::Must, false).await, "append")
}

/// All of a commit as text, with its JSON parsed.
fn text_of(commit: &Commit) -> String {
    let same = |message: &Encoded| {
        let body: Result<Value, _> = serde_json::from_str(message.data.get());
        (message.name.clone(), message.version, body.ok())
    };
    let events: Vec<_> = commit.events.iter().map(same).collect();
    let sends: Vec<_> = commit.sends.iter().map(|send| (&send.to, same(&send.message))).collect();
    let snapshot = commit.snapshot.as_ref().map(|snapshot| {
        let state: Result<Value, _> = serde_json::from_str(snapshot.state.get());
        (&snapshot.shape, state.ok(), &snapshot.recent)
    });
    let Commit { stream, version, id, timers, snapshot_before, command, metadata, at, .. } = commit;
    format!(
        "{stream} {version} {id:?} {at} by {command}\n{metadata:#?}\nbefore {snapshot_before}\n\
         {events:#?}\n{sends:#?}\n{timers:#?}\n{snapshot:#?}"
    )
}

#[track_caller]
fn assert_equal(what: &str, found: &Commit, expected: &Commit) {
    let (found, expected) = (text_of(found), text_of(expected));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    assert_same(what, &lines(&found), &lines(&expected));
}

async fn a_commit_is_read_as_it_was_written(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "whole");
    let written = full_commit(&stream, 2, "write-1");
    let appended = put(store, &written).await;
    assert_same("a snapshot that must be stored is stored", &appended.snapshot, &true);
    let newest = must(store.newest(&stream).await, "newest");
    match &newest {
        Some(read) => assert_equal("the commit as it was read", read, &written),
        None => fail("the appended commit is not the newest"),
    }
    let large = commit_of(&stream, 5, "write-2", vec![message("Noted", &bulky(180_000, 1))]);
    put(store, &large).await;
    let since = must(store.since(&stream, 1).await, "since");
    match since.as_slice() {
        [first, second] => {
            assert_equal("the first commit of two", first, &written);
            assert_equal("a large commit", second, &large);
        }
        others => fail(&format!("two commits were written, {} read", others.len())),
    }
}

async fn a_taken_version_is_a_conflict_with_the_winner(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "taken");
    let winner = full_commit(&stream, 1, "winner");
    put(store, &winner).await;
    for command in ["loser", "winner"] {
        let loser = commit(&stream, 1, command);
        match append(store, &loser, SnapshotPolicy::IfFree, false).await {
            Err(AppendError::Conflict { stream: found_stream, version, winner: found }) => {
                assert_same("the conflict's stream", &found_stream, &stream);
                assert_same("the conflict's version", &version, &1);
                assert_equal("the conflict's winner", &found, &winner);
            }
            other => fail(&format!("a taken version is a conflict, not {other:?}")),
        }
    }
    let commits = must(store.since(&stream, 1).await, "since");
    assert_same("commits after two conflicts", &commits.len(), &1);
}

async fn a_once_command_is_handled_once(store: &dyn EventStore, prefix: &str) {
    let once = stream(prefix, "once");
    must(append(store, &commit(&once, 1, "before"), SnapshotPolicy::IfFree, false).await, "append");
    must(append(store, &commit(&once, 2, "deposit-1"), SnapshotPolicy::IfFree, true).await, "append once");
    must(append(store, &commit(&once, 3, "after"), SnapshotPolicy::IfFree, false).await, "append");
    // The marker is found at a free version and at a taken one.
    for version in [4, 2, 3] {
        match append(store, &commit(&once, version, "deposit-1"), SnapshotPolicy::IfFree, true).await {
            Err(AppendError::Repeated { command, version }) => {
                assert_same("the repeated command", &command.as_str(), &"deposit-1");
                assert_same("the version of the commit that handled it", &version, &2);
            }
            other => fail(&format!("a once-command again at {version} is repeated, not {other:?}")),
        }
    }
    match append(store, &commit(&once, 3, "deposit-2"), SnapshotPolicy::IfFree, true).await {
        Err(AppendError::Conflict { winner, .. }) => {
            assert_same("the winner", &winner.command.as_str(), &"after");
        }
        other => fail(&format!("another once-command at a taken version is a conflict, not {other:?}")),
    }
    assert_same("commits", &must(store.since(&once, 1).await, "since").len(), &3);
    for (what, command, version) in [
        ("the version at the marker", "deposit-1", Some(2)),
        ("no marker of a conflict", "deposit-2", None),
        ("no marker of another command", "after", None),
    ] {
        let command = must(MessageId::new(command), "a command's id");
        assert_same(what, &must(store.marked(&once, &command).await, "marked"), &version);
    }
    let other = stream(prefix, "once-other");
    let answer = append(store, &commit(&other, 1, "deposit-1"), SnapshotPolicy::IfFree, true).await;
    must(answer, "the same command on another stream");
}

async fn a_conflict_leaves_no_marker(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "unmarked");
    put(store, &commit(&stream, 1, "winner")).await;
    match append(store, &commit(&stream, 1, "deposit-3"), SnapshotPolicy::IfFree, true).await {
        Err(AppendError::Conflict { .. }) => {}
        other => fail(&format!("a taken version is a conflict, not {other:?}")),
    }
    let repeat = append(store, &commit(&stream, 2, "deposit-3"), SnapshotPolicy::IfFree, true).await;
    must(repeat, "a once-command after a conflict");
}

async fn a_snapshot_is_stored_if_it_must_or_is_free(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "snapshot");
    let snapshot =
        |bytes| Some(EmbeddedSnapshot { shape: "s".to_owned(), state: raw(&bulky(bytes, 2)), recent: Vec::new() });
    let tries = [
        ("no snapshot", None, SnapshotPolicy::Must, false),
        ("a small snapshot with a small event", snapshot(10), SnapshotPolicy::IfFree, true),
        ("a large snapshot with a small event", snapshot(5_000), SnapshotPolicy::IfFree, false),
        ("a large snapshot that must be stored", snapshot(5_000), SnapshotPolicy::Must, true),
        ("a snapshot over the limit that must be stored", snapshot(900_000), SnapshotPolicy::Must, false),
    ];
    for (version, (what, snapshot, policy, stored)) in (1_u64..).zip(tries) {
        let written = Commit { snapshot, ..commit(&stream, version, &format!("snapshot-{version}")) };
        let appended = must(append(store, &written, policy, false).await, what);
        assert_same(what, &appended.snapshot, &stored);
        let expected = Commit { snapshot: written.snapshot.clone().filter(|_| stored), ..written };
        match must(store.newest(&stream).await, "newest") {
            Some(newest) => assert_equal(what, &newest, &expected),
            None => fail("the appended commit is not the newest"),
        }
    }
}

async fn a_commit_over_the_limit_is_refused_completely(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "too-large");
    let events = (0..6).map(|seed| message("Noted", &bulky(190_000, seed))).collect();
    let commit = commit_of(&stream, 1, "too-much", events);
    for once in [false, true] {
        match append(store, &commit, SnapshotPolicy::IfFree, once).await {
            Err(AppendError::TooLarge { stream: found_stream, bytes, limit }) => {
                assert_same("the stream", &found_stream, &stream);
                assert_same("the size exceeds the limit", &(bytes > limit), &true);
            }
            other => fail(&format!("a commit of more than a megabyte is too large, not {other:?}")),
        }
    }
    let newest = must(store.newest(&stream).await, "newest");
    assert_same("nothing is written", &newest.is_none(), &true);
    let small = commit_of(&stream, 1, "too-much", vec![message("Noted", &json!({}))]);
    let answer = append(store, &small, SnapshotPolicy::IfFree, true).await;
    must(answer, "a refused commit leaves no marker");
}

async fn a_new_stream_is_empty(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "new");
    assert_same("the newest commit of a new stream", &must(store.newest(&stream).await, "newest").is_none(), &true);
    assert_same("the commits of a new stream", &must(store.since(&stream, 1).await, "since").len(), &0);
}

async fn a_stream_is_read_from_any_version(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "places");
    let event = || message("Noted", &bulky(8, 3));
    // One event, then three, then two: the commits begin at 1, 2 and 5.
    for (version, count) in [(1, 1), (2, 3), (5, 2)] {
        put(store, &commit_of(&stream, version, &format!("c-{version}"), (0..count).map(|_| event()).collect())).await;
    }
    let reads: [(u64, &[u64]); 7] =
        [(0, &[1, 2, 5]), (1, &[1, 2, 5]), (2, &[2, 5]), (3, &[5]), (5, &[5]), (6, &[]), (1_000_000, &[])];
    for (from, begins) in reads {
        let commits = must(store.since(&stream, from).await, "since");
        let found: Vec<u64> = commits.iter().map(|commit| commit.version).collect();
        assert_same(&format!("the commits since {from} begin"), &found.as_slice(), &begins);
    }
    for (version, begins) in [(0, None), (1, Some(1)), (2, Some(2)), (3, None), (5, Some(5)), (6, None), (7, None)] {
        let found = must(store.at(&stream, version).await, "at").map(|commit| commit.version);
        assert_same(&format!("the commit at {version}"), &found, &begins);
    }
    let commits = must(store.since(&stream, 1).await, "since");
    must(check_contiguous(&stream, 1, &commits), "the commits are contiguous");
    let newest = must(store.newest(&stream).await, "newest").map(|commit| (commit.version, commit.last_version()));
    assert_same("the newest commit", &newest, &Some((5, 6)));
}

/// Longer than one page of any store.
async fn a_long_stream_is_read_completely(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "long");
    let mut written: Vec<Commit> = Vec::new();
    for version in 1..=48_u64 {
        let events = vec![message("Noted", &bulky(65_000, version))];
        let commit = commit_of(&stream, version, &format!("c-{version}"), events);
        put(store, &commit).await;
        written.push(commit);
    }
    for from in [1_usize, 24, 48] {
        let commits = must(store.since(&stream, from as u64).await, "since");
        assert_same(&format!("commits since {from}"), &commits.len(), &(49 - from));
        for (read, written) in commits.iter().zip(written.iter().skip(from - 1)) {
            assert_equal("a commit of a long stream", read, written);
        }
    }
}

async fn streams_are_independent(store: &dyn EventStore, prefix: &str) {
    // Ids that are prefixes of each other, and versions that sort differently as text.
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
