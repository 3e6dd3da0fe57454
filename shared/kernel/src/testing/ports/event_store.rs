//! What any log must do.

mod appending;
mod reading;

use futures::future::join_all;
use serde_json::Value;

use super::fixture::{commit, must, stream};
use crate::{
    log::{
        commit::Commit,
        event_store::{Append, AppendError, Appended, EventStore, SnapshotPolicy},
    },
    message::contract::Encoded,
    testing::diff::{assert_same, fail},
};

/// Tries a log. The prefix keeps its streams apart from those of other runs.
pub async fn event_store(store: &dyn EventStore, prefix: &str) {
    appending::a_commit_is_read_as_it_was_written(store, prefix).await;
    appending::a_taken_place_answers_with_who_stands_there(store, prefix).await;
    appending::a_once_command_is_obeyed_once(store, prefix).await;
    appending::a_lost_race_leaves_no_marker(store, prefix).await;
    appending::a_state_rides_along_when_it_must_or_costs_nothing(store, prefix).await;
    appending::what_is_too_large_is_refused_whole(store, prefix).await;
    reading::a_new_stream_is_empty(store, prefix).await;
    reading::a_stream_is_read_from_any_place(store, prefix).await;
    reading::a_long_stream_is_read_whole(store, prefix).await;
    reading::streams_do_not_mix(store, prefix).await;
    of_many_writers_one_wins(store, prefix).await;
}

async fn of_many_writers_one_wins(store: &dyn EventStore, prefix: &str) {
    let stream = stream(prefix, "race");
    let commits: Vec<Commit> = (0..16).map(|writer| commit(&stream, 1, &format!("writer-{writer}"))).collect();
    let answers = join_all(commits.iter().map(|commit| append(store, commit, SnapshotPolicy::IfFree, false))).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_same("of 16 writers at one place, so many won", &won, &1);
    let stands = must(store.newest(&stream).await, "newest").map(|commit| commit.command);
    for answer in answers {
        match answer {
            Ok(_) => {}
            Err(AppendError::Conflict { winner, .. }) => {
                assert_same("the loser hears of another winner", &Some(winner.command), &stands);
            }
            Err(error) => fail(&format!("a lost race ends as a conflict, not as: {error:?}")),
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

/// Appends what must be taken.
async fn put(store: &dyn EventStore, commit: &Commit) -> Appended {
    must(append(store, commit, SnapshotPolicy::Must, false).await, "append")
}

/// All of a commit as text; what JSON says the same is the same.
fn told(commit: &Commit) -> String {
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
fn assert_told(what: &str, found: &Commit, expected: &Commit) {
    let (found, expected) = (told(found), told(expected));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    assert_same(what, &lines(&found), &lines(&expected));
}
