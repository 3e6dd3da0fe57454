//! Large streams, large lists, and sizes counted as the database counts them.

use causeway::{
    Encoded, MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot},
        event_store::{Append, EventStore as _, SnapshotPolicy},
    },
    memory::{Memory, MemoryIds},
    message::id::CommitId,
    time::clock::Ids as _,
    view::view_store::{ListPosition, Page, Row, RowKey, ViewStore as _},
};
use jiff::Timestamp;
use serde_json::{json, value::to_raw_value};
use tests::wire::{Dynoxide, Meter};

use super::sample_aggregate::{Noted, Tally, cause, id, notes, take};

/// Text that no packing makes much smaller.
fn noise(length: usize, seed: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let ids = MemoryIds::seeded(seed);
    (0..length).map(|_| char::from(LETTERS[(ids.bits() % 64) as usize])).collect()
}

fn commit(stream: &StreamId, version: u64, text: String, state: Option<String>) -> Commit {
    let cause = cause(format!("c-{version}"));
    Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(MemoryIds::seeded(version).uuid(Timestamp::UNIX_EPOCH)),
        events: vec![Encoded::of(&Noted { text }).unwrap()],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: state.map(|state| EmbeddedSnapshot {
            shape: "shape".to_owned(),
            state: to_raw_value(&state).unwrap(),
            recent: Vec::new(),
        }),
        snapshot_before: 0,
        command: cause.command,
        metadata: cause.metadata,
        at: Timestamp::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_stream_of_more_than_a_megabyte_without_a_state_loads_whole() {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let stores = dynoxide.metered(&meter);
    let stream = StreamId::new("tally", &id("t-1"));
    for version in 1..=30 {
        let commit = commit(&stream, version, noise(60_000, version), None);
        stores.events.append(Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false }).await.unwrap();
    }
    meter.take();
    let app = stores.app(&Memory::new(1), 10);
    let state = app.state::<Tally>(&id("t-1")).await.unwrap();
    assert_eq!(state, Tally { notes: 30, letters: 30 * 60_000 });
    let calls = meter.take();
    assert!(calls.len() >= 3, "one for the newest, and at least two pages: {calls:?}");
    assert!(calls.iter().all(|call| call.operation == "Query"));
    assert_eq!(take(&app, "t-1", "c-31", &notes(&["on it goes"])).await.unwrap().version, 31);
}

#[tokio::test]
async fn a_state_that_rides_for_nothing_costs_nothing_at_any_size() {
    let dynoxide = Dynoxide::start();
    let stores = dynoxide.stores();
    let mut rode = [0, 0];
    for (version, events) in (1..).zip((0..2600).step_by(57)) {
        let mut paid = Vec::new();
        for (name, state) in [("bare", None), ("with", Some(noise(700, version + 1000)))] {
            let stream = StreamId::parse(&format!("tally/{name}")).unwrap();
            let commit = commit(&stream, version, noise(events, version), state);
            let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
            let carried = stores.events.append(append).await.unwrap().snapshot;
            rode[usize::from(carried)] += usize::from(name == "with");
            paid.push(stores.units.take().write_units);
        }
        assert_eq!(paid[0], paid[1], "{events} letters");
    }
    assert!(rode[0] > 3 && rode[1] > 3, "some ride, some do not: {rode:?}");
}

#[tokio::test]
async fn a_commit_as_large_as_an_item_may_be_is_written_and_a_larger_one_is_refused_before() {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let stores = dynoxide.metered(&meter);
    let stream = StreamId::new("tally", &id("t-1"));
    let with = |bytes: usize| {
        let mut commit = commit(&stream, 1, String::new(), None);
        commit.events = (0..4).map(|part| Encoded::of(&Noted { text: noise(bytes / 4, part) }).unwrap()).collect();
        commit
    };
    // The noise packs to three quarters and a little: search for the largest that is taken.
    let (mut fits, mut exceeds) = (530_000, 560_000);
    while exceeds - fits > 16 {
        let middle = (fits + exceeds) / 2;
        let other = StreamId::parse(&format!("tally/t-{middle}")).unwrap();
        let commit = Commit { stream: other, ..with(middle) };
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
        match stores.events.append(append).await {
            Ok(_) => fits = middle,
            Err(causeway::log::event_store::AppendError::TooLarge { .. }) => exceeds = middle,
            Err(error) => panic!("the database refused what was counted as fitting: {error:?}"),
        }
    }
    assert!(meter.take().iter().all(|call| call.status == Some(200)));
    assert!(530_000 < fits && exceeds < 560_000, "{fits} fit, {exceeds} do not");
}

#[tokio::test]
async fn a_page_whose_rows_exceed_one_answer_is_whole() {
    let dynoxide = Dynoxide::start();
    let meter = Meter::default();
    let views = dynoxide.metered(&meter).views;
    for number in 10..60 {
        let key = RowKey { view: "large".to_owned(), id: format!("r-{number}") };
        let place = Some(ListPosition { list: "all".to_owned(), sort_key: format!("{number}") });
        let columns = json!({ "text": noise(380_000, number) }).as_object().cloned().unwrap();
        views.replace(&key, 0, &Row { version: 1, position: place, columns }).await.unwrap();
    }
    meter.take();
    let page = Page { limit: 200, newest_first: true, after: None };
    let listed = views.list("large", "all", &page).await.unwrap();
    let ids: Vec<String> = listed.rows.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(ids, (10..60).rev().map(|number| format!("r-{number}")).collect::<Vec<String>>());
    assert_eq!(listed.next, None);
    let batches = meter.take().iter().filter(|call| call.operation == "BatchGetItem").count();
    assert!(batches > 1, "the first answer leaves some rows out");
}

#[tokio::test]
async fn a_long_list_is_read_in_batches() {
    let dynoxide = Dynoxide::start();
    let views = dynoxide.stores().views;
    for number in 100..350 {
        let key = RowKey { view: "long".to_owned(), id: format!("r-{number}") };
        let place = Some(ListPosition { list: "all".to_owned(), sort_key: format!("{number}") });
        views.replace(&key, 0, &Row { version: 1, position: place, ..Row::default() }).await.unwrap();
    }
    let page = Page { limit: 240, newest_first: false, after: None };
    let listed = views.list("long", "all", &page).await.unwrap();
    assert_eq!(listed.rows.len(), 240);
    let rest = views.list("long", "all", &Page { after: listed.next, ..page }).await.unwrap();
    assert_eq!((rest.rows.len(), rest.next), (10, None));
    assert_eq!(MessageId::new(rest.rows[9].0.clone()).unwrap().as_str(), "r-349");
}
