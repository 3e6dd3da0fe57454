//! The journal: its laws over random deliveries, the bugs that break them, and reading.

mod laws;
mod mutants;
mod world;

use std::sync::Arc;

use futures::executor::block_on;
use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::{
    memory::{MemoryClock, MemoryJournal},
    testing::ports::fixture::{commit, commit_of, message, stream},
};

/// Ten commits of two streams with one to three events each, a minute apart.
fn ten_commits() -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut versions = [1, 1];
    for number in 0..10_usize {
        let stream = stream("journal", ["a", "b"][number % 2]);
        let events =
            (0..=number % 3).map(|index| message(["Odd", "Even"][index % 2], &serde_json::json!({ "n": number })));
        let version = &mut versions[number % 2];
        let at = MemoryClock::default();
        at.advance(SignedDuration::from_mins(number as i64));
        let made = commit_of(&stream, *version, &format!("c-{number}"), events.collect());
        *version += made.events.len() as u64;
        let id = CommitId::new(Uuid::from_u128((number as u128 + 1) << 16));
        commits.push(Commit { at: crate::time::Clock::now(&at), id, ..made });
    }
    commits
}

fn writer(journal: &Arc<MemoryJournal>, partitions: u32) -> JournalWriter {
    let clock = MemoryClock::default();
    clock.advance(SignedDuration::from_hours(1));
    JournalWriter::new(journal.clone(), Arc::new(clock), partitions)
}

/// A journal of the ten commits, in batches of this many.
fn journal_of(batches_of: usize) -> (Arc<MemoryJournal>, Vec<Commit>) {
    let (journal, commits) = (Arc::<MemoryJournal>::default(), ten_commits());
    let mut writer = writer(&journal, 1);
    for commits in commits.chunks(batches_of) {
        block_on(writer.write(commits)).unwrap();
    }
    (journal, commits)
}

fn positions(page: &JournalPage) -> Vec<u64> {
    page.events.iter().map(|event| event.position).collect()
}

#[test]
fn positions_are_dense_from_one_whatever_the_batches_are() {
    for batches_of in 1..=10 {
        let (journal, commits) = journal_of(batches_of);
        let events: usize = commits.iter().map(|commit| commit.events.len()).sum();
        let page = block_on(read(journal.as_ref(), 0, 0, 1_000, &JournalQuery::default())).unwrap();
        assert_eq!(positions(&page), (1..=events as u64).collect::<Vec<_>>());
        assert_eq!((page.next, page.ended), (events as u64 + 1, true));
        assert_eq!(journal.batches(0).len(), 10_usize.div_ceil(batches_of));
    }
}

#[test]
fn pages_of_any_size_from_any_position_are_the_whole() {
    let (journal, _) = journal_of(4);
    let all = block_on(read(journal.as_ref(), 0, 1, 1_000, &JournalQuery::default())).unwrap().events;
    for (from, max) in (1..=all.len()).flat_map(|from| [1, 2, 3, 7, 100].map(|max| (from, max))) {
        let (mut found, mut next) = (Vec::new(), from as u64);
        loop {
            let page = block_on(read(journal.as_ref(), 0, next, max, &JournalQuery::default())).unwrap();
            assert!(page.events.len() <= max);
            found.extend(page.events);
            next = page.next;
            if page.ended {
                break;
            }
        }
        assert_eq!(found, all[from - 1..]);
    }
}

#[test]
fn events_are_read_by_type_and_between_two_times() {
    let (journal, commits) = journal_of(3);
    let evens = block_on(read_type(journal.as_ref(), 0, "Even", 1, 1_000)).unwrap();
    assert_eq!(evens.events.len(), commits.iter().filter(|commit| commit.events.len() > 1).count());
    assert!(evens.events.iter().all(|event| event.event.name == "Even"));
    let (begin, end) = (commits[2].at, commits[5].at);
    let between = block_on(read_between(journal.as_ref(), 0, (begin, end), 1, 1_000)).unwrap();
    let ids: Vec<_> = between.events.iter().map(|event| event.id.clone()).collect();
    let expected: Vec<_> = commits[2..5]
        .iter()
        .flat_map(|commit| (0..commit.events.len()).map(|index| commit.id.event(index as u16)))
        .collect();
    assert_eq!(ids, expected);
    let nothing = block_on(read_type(journal.as_ref(), 0, "Never", 1, 1_000)).unwrap();
    assert_eq!((nothing.events.len(), nothing.ended), (0, true));
}

#[test]
fn a_missing_batch_is_an_error_for_readers_and_writers() {
    let (journal, commits) = journal_of(3);
    let holed = Arc::<MemoryJournal>::default();
    for (index, batch) in journal.batches(0).iter().enumerate().filter(|(index, _)| *index != 1) {
        block_on(holed.append(0, batch)).unwrap_or_else(|error| panic!("{index}: {error}"));
    }
    let missing = journal.batches(0)[1].position;
    let error = block_on(read(holed.as_ref(), 0, 1, 1_000, &JournalQuery::default())).unwrap_err();
    assert!(matches!(error, JournalError::Gap { expected, .. } if expected == missing), "{error}");
    let error = block_on(writer(&holed, 1).write(&commits)).unwrap_err();
    assert!(matches!(error, JournalError::Gap { expected, .. } if expected == missing), "{error}");
}

#[test]
fn a_warm_writer_reads_nothing_and_a_cold_one_only_as_far_back_as_a_repeat_can_be() {
    let (journal, _) = journal_of(1);
    let spy = Arc::new(world::SpyJournal::on(journal.clone()));
    let clock = Arc::new(MemoryClock::default());
    clock.advance(SignedDuration::from_hours(3));
    let now = crate::time::Clock::now(clock.as_ref());
    let mut writer = JournalWriter::new(spy.clone(), clock, 1);
    let new = |version: u64| {
        let id = CommitId::new(Uuid::from_u128(u128::from(version + 100) << 16));
        Commit { at: now, id, ..commit(&stream("journal", "c"), version, &format!("n-{version}")) }
    };
    block_on(writer.write(&[new(1)])).unwrap();
    // The newest batch was written two hours before.
    assert_eq!(spy.take_reads(), 1);
    block_on(writer.write(&[new(2), new(1)])).unwrap();
    assert_eq!(spy.take_reads(), 0);
    let old = ten_commits();
    assert_eq!(block_on(writer.write(&old)).unwrap(), Written::default());
    assert_eq!(spy.take_reads(), 1, "the rest of the journal");
}

#[test]
fn a_stream_has_one_partition_and_many_streams_use_all() {
    let streams: Vec<StreamId> = (0..400).map(|number| stream("journal", &format!("s-{number}"))).collect();
    for partitions in [1, 4, 16] {
        let mut counts = vec![0; partitions as usize];
        for stream in &streams {
            counts[partition_of(stream, partitions) as usize] += 1;
        }
        assert!(counts.iter().all(|count| *count >= 200 / partitions), "{counts:?}");
    }
    let (journal, commits) = (Arc::<MemoryJournal>::default(), ten_commits());
    block_on(writer(&journal, 4).write(&commits)).unwrap();
    let found: usize = (0..4).flat_map(|partition| journal.batches(partition)).map(|batch| batch.commits.len()).sum();
    assert_eq!(found, 10);
}
