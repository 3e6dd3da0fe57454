//! The relay with the real bus adapter, on a wire that refuses one entry at every place in turn.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use causeway::{App, memory::Memory};
use serde_json::{Value, json};

use super::{
    answer, reasons,
    stream::{batch, image, none, record},
};
use crate::{
    eventbridge::EventBridgeBus,
    fake_wire::{FakeWire, Reply, client_on},
    lambda::stream::RelayFunction,
};

const STREAMS: u64 = 12;
const VERSIONS: u64 = 3;

/// What the bus took, by stream, in the order it took it.
type Taken = BTreeMap<String, Vec<u64>>;

/// What a wire makes of the entry at this place, counted over all calls.
#[derive(Default)]
struct Played {
    asked: u64,
    taken: Taken,
}

impl Played {
    fn put(&mut self, entry: &Value, refused: u64, code: &str) -> Value {
        let place = self.asked;
        self.asked += 1;
        if place == refused {
            return json!({ "ErrorCode": code, "ErrorMessage": "no" });
        }
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        let stream = detail["aggregateId"].as_str().unwrap().to_owned();
        self.taken.entry(stream).or_default().push(detail["version"].as_u64().unwrap());
        json!({ "EventId": format!("bus-{place}") })
    }
}

async fn relayed(records: &[Value], refused: u64, code: &'static str) -> (Taken, Vec<String>) {
    let played = Arc::new(Mutex::new(Played::default()));
    let playing = Arc::clone(&played);
    let wire = FakeWire::new(move |_, request| {
        let mut played = playing.lock().unwrap();
        let entries = request.body["Entries"].as_array().unwrap();
        assert!(entries.len() <= 10);
        let results: Vec<Value> = entries.iter().map(|entry| played.put(entry, refused, code)).collect();
        Reply::Answer(200, json!({ "FailedEntryCount": 0, "Entries": results }))
    });
    let memory = Memory::new(refused);
    let bus = EventBridgeBus::new(client_on!(aws_sdk_eventbridge, wire), "causeway");
    let relay = RelayFunction::new(App::new(causeway::Ports { bus: Arc::new(bus), ..memory.ports() }));
    assert_eq!(answer(&relay, &batch(records)).await.unwrap(), none(), "{code} at {refused}");
    let taken = played.lock().unwrap().taken.clone();
    (taken, reasons(&memory))
}

async fn records() -> Vec<Value> {
    let mut records = Vec::new();
    for version in 1..=VERSIONS {
        for stream in 0..STREAMS {
            records.push(record("INSERT", version * 100 + stream, &image(&format!("o-{stream}"), version).await));
        }
    }
    records
}

#[tokio::test]
async fn an_entry_refused_for_now_is_said_again_before_any_later_one_of_its_stream() {
    let records = records().await;
    for refused in 0..STREAMS * VERSIONS {
        for code in ["ThrottlingException", "InternalFailure"] {
            let (taken, reasons) = relayed(&records, refused, code).await;
            assert_eq!(taken.len() as u64, STREAMS);
            assert!(taken.values().all(|versions| *versions == [1, 2, 3]), "{code} at {refused}: {taken:?}");
            assert!(reasons.is_empty());
        }
    }
}

#[tokio::test]
async fn an_entry_refused_for_good_is_kept_with_its_reason_and_nothing_else_is_lost() {
    let records = records().await;
    for refused in 0..STREAMS * VERSIONS {
        for code in ["MalformedDetail", "NotAuthorizedForSource", "AccessDenied"] {
            let (taken, reasons) = relayed(&records, refused, code).await;
            assert_eq!(reasons, [code], "{code} at {refused}");
            let total: usize = taken.values().map(Vec::len).sum();
            assert_eq!(total as u64, STREAMS * VERSIONS - 1);
            assert!(taken.values().all(|versions| versions.is_sorted()), "{code} at {refused}: {taken:?}");
        }
    }
}
