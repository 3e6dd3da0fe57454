//! Logs with bugs.

use std::sync::Mutex;

use async_trait::async_trait;

use super::{assert_fails, pass};
use crate::{
    MessageId, StreamId,
    log::{Append, AppendError, Appended, Commit, EventStore, ReadError, SnapshotPolicy},
    memory::MemoryStore,
    testing::ports::event_store,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bug {
    LosesTimers,
    LosesSends,
    ForgetsTheSnapshotBefore,
    NamesAnotherWinner,
    WritesNoMarkers,
    FindsNoMarker,
    KeepsMarkersOfConflicts,
    StoresEverySnapshot,
    HasNoLimit,
    ReportsTheLimitAsSize,
    FindsTheNewestOfAnotherStream,
    ReadsFromInsideACommit,
    ReadsOnePage,
    MixesStreams,
    ChecksBeforeItWrites,
}

struct Buggy {
    bug: Bug,
    inner: MemoryStore,
    markers: Mutex<Vec<MessageId>>,
}

#[async_trait]
impl EventStore for Buggy {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        let mut commit = append.commit.clone();
        match self.bug {
            Bug::LosesTimers => commit.timers.clear(),
            Bug::LosesSends => commit.sends.clear(),
            Bug::ForgetsTheSnapshotBefore => commit.snapshot_before = 0,
            _ => {}
        }
        let append = Append { commit: &commit, ..append };
        let append = match self.bug {
            Bug::WritesNoMarkers => Append { once: false, ..append },
            Bug::StoresEverySnapshot => Append { snapshot: SnapshotPolicy::Must, ..append },
            _ => append,
        };
        let command = &append.commit.command;
        if append.once && self.markers.lock().unwrap().contains(command) {
            return Err(AppendError::Repeated { command: command.clone(), version: 1 });
        }
        let taken = self.inner.at(&append.commit.stream, append.commit.version).await?.is_some();
        pass().await;
        match (self.bug, self.inner.append(append).await) {
            (Bug::NamesAnotherWinner, Err(AppendError::Conflict { stream, version, winner })) => {
                let winner = Box::new(Commit { command: "another".parse().unwrap(), ..*winner });
                Err(AppendError::Conflict { stream, version, winner })
            }
            (Bug::KeepsMarkersOfConflicts, Err(conflict @ AppendError::Conflict { .. })) if append.once => {
                self.markers.lock().unwrap().push(command.clone());
                Err(conflict)
            }
            (Bug::HasNoLimit, Err(AppendError::TooLarge { .. })) => Ok(Appended { snapshot: false }),
            (Bug::ReportsTheLimitAsSize, Err(AppendError::TooLarge { stream, limit, .. })) => {
                Err(AppendError::TooLarge { stream, bytes: limit, limit })
            }
            (Bug::ChecksBeforeItWrites, Err(AppendError::Conflict { .. })) if !taken => {
                Ok(Appended { snapshot: false })
            }
            (_, result) => result,
        }
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        if self.bug == Bug::FindsTheNewestOfAnotherStream && stream.id().ends_with("-new") {
            return Ok(self.inner.changes(0).pop());
        }
        self.inner.newest(stream).await
    }

    async fn marked(&self, stream: &StreamId, command: &MessageId) -> Result<Option<u64>, ReadError> {
        if self.bug == Bug::FindsNoMarker {
            return Ok(None);
        }
        self.inner.marked(stream, command).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        let mut commits = self.inner.since(stream, from).await?;
        match self.bug {
            Bug::ReadsFromInsideACommit => {
                commits = self.inner.since(stream, 0).await?;
                commits.retain(|commit| commit.last_version() >= from);
            }
            Bug::ReadsOnePage => commits.truncate(16),
            Bug::MixesStreams => {
                let others = self.inner.streams().into_iter();
                for other in others.filter(|other| other.id().starts_with(&format!("{}-", stream.id()))) {
                    commits.extend(self.inner.since(&other, from).await?);
                }
            }
            _ => {}
        }
        Ok(commits)
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        self.inner.at(stream, version).await
    }
}

#[test]
fn each_bug_of_a_log_is_found() {
    for (bug, check) in [
        (Bug::LosesTimers, "the commit as it was read"),
        (Bug::LosesSends, "the commit as it was read"),
        (Bug::ForgetsTheSnapshotBefore, "the commit as it was read"),
        (Bug::NamesAnotherWinner, "the conflict's winner"),
        (Bug::WritesNoMarkers, "a once-command again at 4 is repeated"),
        (Bug::FindsNoMarker, "the version at the marker"),
        (Bug::KeepsMarkersOfConflicts, "a once-command after a conflict"),
        (Bug::StoresEverySnapshot, "a large snapshot with a small event"),
        (Bug::HasNoLimit, "a commit of more than a megabyte is too large"),
        (Bug::ReportsTheLimitAsSize, "the size exceeds the limit"),
        (Bug::FindsTheNewestOfAnotherStream, "the newest commit of a new stream"),
        (Bug::ReadsFromInsideACommit, "the commits since 3 begin"),
        (Bug::ReadsOnePage, "commits since 1"),
        (Bug::MixesStreams, "the last commits"),
        (Bug::ChecksBeforeItWrites, "the number of winners of 16 writers"),
    ] {
        let buggy = Buggy { bug, inner: MemoryStore::default(), markers: Mutex::default() };
        assert_fails(&format!("{bug:?}"), event_store(&buggy, "run-1"), check);
    }
}
