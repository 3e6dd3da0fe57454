//! Projecting events in any order, with repeats and concurrent writers: the row equals a fold of the log.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::executor::block_on;

use super::*;
use crate::{
    App, Cause, Patch,
    memory::{Memory, MemoryViews},
    testing::tests::{Lamp, LampCommand, LampEvent, LampWear, SpyStore, Wear, lamp, minute},
    view::{Listed, Page, ViewError, ViewStore},
};

/// A lamp that is lit, fed three drops in one commit, dimmed, and lit again: versions 1 to 6.
fn six_events(memory: &Memory) {
    let app = memory.app();
    let commands = [
        LampCommand::Light { until: minute(10) },
        LampCommand::Drip { times: 3 },
        LampCommand::Dim { now: minute(10) },
        LampCommand::Light { until: minute(20) },
    ];
    for (number, command) in commands.iter().enumerate() {
        let cause = Cause::new(format!("c-{number}").parse().unwrap(), "Lamp");
        block_on(app.try_execute::<Lamp>(&lamp(), command, &cause)).unwrap();
    }
}

/// The events of the log, as handlers get them.
fn events(memory: &Memory) -> Vec<Received<LampEvent>> {
    let mut events = Vec::new();
    for commit in memory.store.changes(0) {
        for recorded in commit.recorded::<LampEvent>().unwrap() {
            events.push(Received {
                id: recorded.id,
                stream: Some(commit.stream.clone()),
                version: Some(recorded.version),
                timestamp: recorded.at,
                data: recorded.event,
                metadata: commit.metadata.clone(),
            });
        }
    }
    events
}

fn project(app: &App, event: &Received<LampEvent>) -> Outcome {
    block_on(app.project::<LampWear>(event))
}

fn row(memory: &Memory) -> Option<Row> {
    memory.views.rows().into_values().next()
}

#[test]
fn each_event_in_order_is_one_patch() {
    let memory = Memory::new(1);
    six_events(&memory);
    for event in events(&memory) {
        assert_eq!(project(&memory.app(), &event).unwrap(), Handled::Done);
        assert_eq!(row(&memory).unwrap().version, event.version.unwrap());
    }
    let wear = block_on(memory.app().row::<LampWear>("l-1")).unwrap();
    assert_eq!(wear, Some(Wear { lit: 2, since: Some(minute(0)) }));
    assert_eq!(block_on(memory.app().row::<LampWear>("l-2")).unwrap(), None);
    let listed = block_on(memory.app().list::<LampWear>("burning", &Page::default())).unwrap();
    assert_eq!((listed.rows.len(), listed.next), (1, None));
}

#[test]
fn every_order_with_repeats_ends_in_the_same_row() {
    let ordered = Memory::new(1);
    six_events(&ordered);
    let events = events(&ordered);
    for event in &events {
        project(&ordered.app(), event).unwrap();
    }
    let mut orders = vec![vec![]];
    for index in 0..events.len() {
        let longer = |order: &Vec<usize>| {
            (0..=order.len()).map(|at| [&order[..at], &[index], &order[at..]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 720);
    for order in orders {
        let memory = Memory { views: Arc::default(), ..ordered.clone() };
        for index in order.iter().chain(&order) {
            project(&memory.app(), &events[*index]).unwrap();
        }
        assert_eq!(row(&memory), row(&ordered), "in the order {order:?}");
    }
}

#[test]
fn a_projected_event_is_a_duplicate() {
    let memory = Memory::new(1);
    six_events(&memory);
    let events = events(&memory);
    assert_eq!(project(&memory.app(), &events[0]).unwrap(), Handled::Done);
    assert_eq!(project(&memory.app(), &events[0]).unwrap(), Handled::Duplicate);
    assert_eq!(row(&memory).unwrap().columns["lit"], 1);
}

#[test]
fn a_row_that_is_behind_catches_up_with_the_log() {
    let memory = Memory::new(1);
    six_events(&memory);
    let events = events(&memory);
    let store = SpyStore::on(&memory);
    let app = store.app(&memory);
    project(&app, &events[0]).unwrap();
    assert_eq!(project(&app, &events[4]).unwrap(), Handled::Done);
    assert_eq!(row(&memory).unwrap().version, 6, "up to the end of the stream");
    assert_eq!(project(&app, &events[5]).unwrap(), Handled::Duplicate);
    assert_eq!(store.take_reads(), ["lamp/l-1 since 2"], "the missing events are one read");
}

#[test]
fn a_row_of_a_version_inside_a_commit_catches_up() {
    let memory = Memory::new(1);
    six_events(&memory);
    let events = events(&memory);
    for seen in [2, 3] {
        let memory = Memory { views: Arc::default(), ..memory.clone() };
        for event in &events[..seen] {
            project(&memory.app(), event).unwrap();
        }
        assert_eq!(project(&memory.app(), &events[5]).unwrap(), Handled::Done);
        let row = row(&memory).unwrap();
        assert_eq!((row.version, &row.columns["lit"]), (6, &2.into()), "each event once");
    }
}

#[test]
fn an_event_that_is_not_in_the_log_is_refused() {
    let memory = Memory::new(1);
    six_events(&memory);
    let event = Received { version: Some(9), ..events(&memory).remove(0) };
    let failure = project(&memory.app(), &event).unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(_)));
    assert_eq!(failure.reason().to_string(), "lamp/l-1 ends at version 6; an event of version 9 is not in the log");
    let other = StreamId::parse("lamp/other").unwrap();
    let event = Received { stream: Some(other), version: Some(2), ..event };
    assert!(matches!(project(&memory.app(), &event), Err(Failure::Permanent(_))));
    assert!(memory.views.rows().is_empty());
}

#[test]
fn an_event_without_stream_or_version_is_malformed() {
    let memory = Memory::new(1);
    six_events(&memory);
    let event = events(&memory).remove(0);
    let without = [
        Received { stream: None, ..event.clone() },
        Received { version: None, ..event.clone() },
        Received { version: Some(0), ..event },
    ];
    for event in without {
        let failure = project(&memory.app(), &event).unwrap_err();
        assert!(matches!(&failure, Failure::Permanent(_)));
        assert_eq!(crate::delivery::handle::reason_code(failure.reason()), "MALFORMED");
    }
}

/// A row for each time that a lamp is fed.
struct LampFeeding;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Feeding {
    drops: u32,
}

impl View for LampFeeding {
    const NAME: &'static str = "lamp-feeding";
    const GRAIN: Grain = Grain::Event;
    type Event = LampEvent;
    type Row = Feeding;

    fn patch(stream: &StreamId, event: &Recorded<LampEvent>) -> Patch {
        match &event.event {
            LampEvent::LampFed(fed) => {
                Patch::none().set("drops", fed.drops).list_at(stream.id().to_owned(), format!("{:03}", event.version))
            }
            LampEvent::LampLit(_) | LampEvent::LampDimmed(_) => Patch::none(),
        }
    }
}

#[test]
fn a_view_with_a_row_per_event_has_each_once_in_any_order() {
    let memory = Memory::new(1);
    six_events(&memory);
    let store = SpyStore::on(&memory);
    let app = store.app(&memory);
    let mut outcomes = Vec::new();
    for event in events(&memory).iter().rev().chain(&events(&memory)) {
        outcomes.push(block_on(app.project::<LampFeeding>(event)).unwrap());
    }
    let (done, again) = (Handled::Done, Handled::Duplicate);
    // Versions 6 to 1, then 1 to 6; only 2 to 4 have a row.
    assert_eq!(outcomes[..6], [done; 6]);
    assert_eq!(outcomes[6..], [done, again, again, again, done, done]);
    assert!(store.take_reads().is_empty(), "an event's own row needs no other event");
    let page = Page { limit: 2, ..Page::default() };
    let listed = block_on(app.list::<LampFeeding>("l-1", &page)).unwrap();
    assert_eq!(listed.rows, [Feeding { drops: 1 }, Feeding { drops: 1 }]);
    let rest = block_on(app.list::<LampFeeding>("l-1", &Page { after: listed.next, ..page })).unwrap();
    assert_eq!((rest.rows.len(), rest.next), (1, None));
    assert_eq!(block_on(app.row::<LampFeeding>("l-1/3")).unwrap(), Some(Feeding { drops: 1 }));
    assert_eq!(block_on(app.row::<LampFeeding>("l-1/1")).unwrap(), None);
}

/// A view store in which another writer changes the row before each replacement.
struct ConcurrentViews {
    inner: Arc<MemoryViews>,
    versions: Mutex<Vec<u64>>,
}

#[async_trait]
impl ViewStore for ConcurrentViews {
    async fn patch(&self, key: &RowKey, from: u64, to: u64, patch: &Patch) -> Result<(), PatchError> {
        self.inner.patch(key, from, to, patch).await
    }

    async fn replace(&self, key: &RowKey, from: u64, row: &Row) -> Result<(), PatchError> {
        let version = self.versions.lock().unwrap().pop();
        if let Some(to) = version {
            self.inner.patch(key, from, to, &Patch::none()).await?;
        }
        self.inner.replace(key, from, row).await
    }

    async fn patch_all(
        &self,
        guard: &RowKey,
        from: u64,
        to: u64,
        patches: &BTreeMap<RowKey, Patch>,
    ) -> Result<(), PatchError> {
        self.inner.patch_all(guard, from, to, patches).await
    }

    async fn get(&self, key: &RowKey) -> Result<Option<Row>, ViewError> {
        self.inner.get(key).await
    }

    async fn list(&self, view: &str, list: &str, page: &Page) -> Result<Listed, ViewError> {
        self.inner.list(view, list, page).await
    }
}

fn app_with_concurrent_writers(memory: &Memory, versions: Vec<u64>) -> App {
    let views = ConcurrentViews { inner: memory.views.clone(), versions: versions.into() };
    App::new(Ports { views: Arc::new(views), ..memory.ports() })
}

#[test]
fn a_concurrent_change_of_the_row_is_retried() {
    let memory = Memory::new(1);
    six_events(&memory);
    let last = events(&memory).remove(5);
    let outcome = project(&app_with_concurrent_writers(&memory, vec![2, 1]), &last).unwrap();
    assert_eq!((outcome, row(&memory).unwrap().version), (Handled::Done, 6));

    let memory = Memory { views: Arc::default(), ..memory };
    let outcome = project(&app_with_concurrent_writers(&memory, vec![6]), &last).unwrap();
    assert_eq!(outcome, Handled::Duplicate, "another writer was first");

    let memory = Memory { views: Arc::default(), ..memory };
    let outcome = project(&app_with_concurrent_writers(&memory, vec![5, 4, 3, 2, 1]), &last);
    assert!(matches!(outcome, Err(Failure::Transient(_))), "five races are a transient failure");
}
