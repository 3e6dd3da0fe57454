//! The rows of a projection are the sum over all events of all streams, in whatever order, how often and beside what
//! other deliveries they come, and whatever the views answer.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use futures::{executor::block_on, future::join_all};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::{
    App, Cause, Id,
    memory::{Memory, MemoryViews},
    testing::{
        sim::Rng,
        tests::{Lamp, LampCommand, LampEvent, hold, minute},
    },
    view::{Listed, Page, Row, ViewError, ViewStore},
};

/// How many lamps were fed how much, in total and by size.
struct Feedings;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fed {
    drops: i64,
    times: i64,
}

impl Projection for Feedings {
    const NAME: &'static str = "feedings";
    type Row = Fed;
}

impl AddsTo<Feedings> for LampEvent {
    fn additions(event: &Recorded<Self>) -> BTreeMap<String, Patch> {
        let LampEvent::LampFed(fed) = &event.event else { return BTreeMap::new() };
        let patch = || Patch::none().add("drops", fed.drops.into()).add("times", 1).list_at("all", "1");
        // A feeding of 100 drops adds to one row more than is possible.
        let rows = if fed.drops == 100 { MAX_ROWS + 1 } else { fed.drops as usize % 7 };
        (0..=rows).map(|row| (format!("row-{row}"), patch())).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// Not mended: the checkpoint is moved to the event, whatever lies between.
    Skips,
    /// Additions of a transaction whose answer was lost are made again.
    Forgets,
}

/// Views that are busy, do not answer, or lose the answer, and have a bug.
struct UnsureViews {
    inner: Arc<MemoryViews>,
    rng: Rng,
    bug: Bug,
}

#[async_trait]
impl ViewStore for UnsureViews {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        self.inner.patch(key, from, to, patch).await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        self.inner.replace(key, from, row).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        pass().await;
        let unavailable = || PatchError::View(ViewError::Unavailable("no answer".into()));
        match self.rng.below(10) {
            0 => return Err(unavailable()),
            1 => return Err(PatchError::Busy { key: guard.clone() }),
            _ => {}
        }
        let stored = self.inner.get(guard).await?.map_or(0, |row| row.version);
        let from = if self.bug == Bug::Forgets && stored == to { stored } else { from };
        self.inner.patch_all(guard, from, to, patches).await?;
        pass().await;
        if self.rng.below(10) == 0 { Err(unavailable()) } else { Ok(()) }
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        pass().await;
        let row = self.inner.get(key).await?;
        // An eventually consistent read may miss the newest write, and a bug may see more than there is.
        Ok(match row {
            Some(row) if self.rng.below(4) == 0 => Some(Row { version: row.version.saturating_sub(1), ..row }),
            row => row,
        })
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.inner.list(view, list, page).await
    }
}

/// Lets others run.
async fn pass() {
    let mut passed = false;
    futures::future::poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Lamps that were lit and fed, in commits of one and of several events.
fn fed_lamps(memory: &Memory, rng: &Rng, lamps: u64) {
    let app = memory.app();
    for number in 0..lamps * 6 {
        let id: Id<Lamp> = format!("l-{}", rng.below(lamps)).parse().unwrap();
        let command = match rng.below(4) {
            0 => LampCommand::Light { until: minute(10) },
            1 => LampCommand::Dim { now: minute(10) },
            2 => LampCommand::Drip { times: 1 + rng.below(4) as u32 },
            _ => LampCommand::Feed { drops: rng.below(100) as u32 },
        };
        let cause = Cause::new(format!("c-{number}").parse().unwrap(), "Lamp");
        // A rejected command has no events.
        drop(block_on(app.try_execute::<Lamp>(&id, &command, &cause)));
    }
}

fn events(memory: &Memory) -> Vec<Received<LampEvent>> {
    let received = |commit: &crate::log::Commit| {
        let events = commit.recorded::<LampEvent>().unwrap().into_iter();
        let received = events.map(|recorded| Received {
            id: recorded.id,
            stream: Some(commit.stream.clone()),
            version: Some(recorded.version),
            timestamp: recorded.at,
            data: recorded.event,
            metadata: commit.metadata.clone(),
        });
        received.collect::<Vec<_>>()
    };
    memory.store.changes(0).iter().flat_map(received).collect()
}

/// The rows that the log gives.
fn sums(memory: &Memory) -> BTreeMap<String, Fed> {
    let mut sums = BTreeMap::new();
    for commit in memory.store.changes(0) {
        for event in commit.recorded::<LampEvent>().unwrap() {
            let LampEvent::LampFed(fed) = &event.event else { continue };
            for id in LampEvent::additions(&event).into_keys() {
                let sum: &mut Fed = sums.entry(id).or_insert(Fed { drops: 0, times: 0 });
                *sum = Fed { drops: sum.drops + i64::from(fed.drops), times: sum.times + 1 };
            }
        }
    }
    sums
}

fn rows(memory: &Memory) -> BTreeMap<String, Fed> {
    let rows = memory.views.rows().into_iter().filter(|(key, _)| key.view == Feedings::NAME);
    rows.map(|(key, row)| (key.id, serde_json::from_value(json!(row.columns)).unwrap())).collect()
}

/// Delivers all events of a random log, shuffled, doubled, four at a time, until each was handled.
fn broken(seed: u64, bug: Bug) -> Option<String> {
    let (memory, rng) = (Memory::new(seed), Rng::seeded(seed));
    fed_lamps(&memory, &rng, 3);
    let views = UnsureViews { inner: memory.views.clone(), rng: Rng::seeded(seed + 1), bug };
    let app = App::new(Ports { views: Arc::new(views), ..memory.ports() });
    let mut waiting = events(&memory);
    waiting.extend(waiting.clone().into_iter().filter(|_| rng.happens(0.3)));
    while !waiting.is_empty() {
        let batch: Vec<_> = (0..4.min(waiting.len())).map(|_| waiting.swap_remove(rng.index(waiting.len()))).collect();
        let outcomes = block_on(join_all(batch.iter().map(|event| async {
            if bug == Bug::Skips && event.version > Some(1) {
                let (stream, version) = (event.stream.clone().unwrap(), event.version.unwrap());
                let key = checkpoint::<Feedings>(&stream);
                let from = position::<Feedings>(app.ports(), &stream).await?;
                let recorded =
                    Recorded { id: event.id.clone(), version, at: event.timestamp, event: event.data.clone() };
                let rows = rows_of::<Feedings, LampEvent>(&stream, &recorded)?;
                return match app.ports().views.patch_all(&key, from, version.max(from), &rows).await {
                    Ok(()) => Ok(Handled::Done),
                    Err(error) => Err(error.into()),
                };
            }
            app.contribute::<Feedings, LampEvent>(event).await
        })));
        waiting.extend(batch.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err()).map(|(event, _)| event));
    }
    let (found, expected) = (rows(&memory), sums(&memory));
    (found != expected).then(|| format!("rows {found:?}, the log gives {expected:?}"))
}

#[test]
fn the_rows_are_the_sum_of_all_events_of_all_streams() {
    hold(2_000, |seed| broken(seed, Bug::None), |seed| println!("{:?}", broken(seed, Bug::None)));
}

#[test]
fn bugs_are_found() {
    for bug in [Bug::Skips, Bug::Forgets] {
        assert!((0..100).any(|seed| broken(seed, bug).is_some()));
    }
}

#[test]
fn a_new_projection_catches_up_with_each_stream() {
    let memory = Memory::new(7);
    fed_lamps(&memory, &Rng::seeded(7), 5);
    let streams: std::collections::BTreeSet<_> =
        memory.store.changes(0).into_iter().map(|commit| commit.stream).collect();
    let caught_up = |stream: &StreamId| block_on(catch_up::<Feedings, LampEvent>(&memory.ports(), stream)).unwrap();
    let all: u64 = streams.iter().map(caught_up).sum();
    assert_eq!((all, rows(&memory)), (events(&memory).len() as u64, sums(&memory)));
    assert_eq!(streams.iter().map(caught_up).sum::<u64>(), 0, "a second time adds nothing");
    for event in events(&memory) {
        let fed = matches!(event.data, LampEvent::LampFed(_));
        let outcome = block_on(memory.app().contribute::<Feedings, LampEvent>(&event)).unwrap();
        assert_eq!(outcome, if fed { Handled::Duplicate } else { Handled::Done });
    }
    assert_eq!(rows(&memory), sums(&memory));
    let listed = block_on(memory.app().projected_list::<Feedings>("all", &Page::default())).unwrap();
    assert_eq!(listed.rows.into_iter().map(|row| row.times).max(), rows(&memory).values().map(|row| row.times).max());
}

#[test]
fn what_is_not_in_the_log_adds_nothing() {
    let memory = Memory::new(1);
    let feed = |number: u32, drops| {
        let cause = Cause::new(format!("c-{number}").parse().unwrap(), "Feed");
        let command = LampCommand::Feed { drops };
        let id: Id<Lamp> = "l-1".parse().unwrap();
        block_on(memory.app().try_execute::<Lamp>(&id, &command, &cause)).unwrap();
    };
    feed(1, 3);
    feed(2, 100);
    let [first, too_many] = &events(&memory)[..] else { panic!("two events") };
    let contribute = |event| block_on(memory.app().contribute::<Feedings, LampEvent>(event));
    let forged = Received { data: LampEvent::from(fed(90)), ..first.clone() };
    assert_eq!(contribute(&forged).unwrap(), Handled::Done, "it adds what the log has");
    assert_eq!(contribute(first).unwrap(), Handled::Duplicate);
    let row = block_on(memory.app().projected_row::<Feedings>("row-3")).unwrap();
    assert_eq!(row, Some(Fed { drops: 3, times: 1 }));
    let failure = contribute(too_many).unwrap_err();
    assert!(matches!(failure, Failure::Permanent(_)));
    assert!(failure.reason().to_string().contains("lamp/l-1 version 2 adds to 101 rows"), "{}", failure.reason());
    let ahead = Received { version: Some(9), data: LampEvent::from(fed(1)), ..first.clone() };
    assert!(matches!(contribute(&ahead), Err(Failure::Permanent(_))), "the log has no version 9");
    let unversioned = Received { version: None, ..first.clone() };
    assert!(matches!(contribute(&unversioned), Err(Failure::Permanent(_))));
}

fn fed(drops: u32) -> crate::testing::tests::LampFed {
    crate::testing::tests::LampFed { drops }
}
