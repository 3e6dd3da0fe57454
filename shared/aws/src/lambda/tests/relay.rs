//! The relay behind the stream of the events table: on a bus that throttles streams, and on the EventBridge adapter with
//! a wire that refuses one entry, at every position in turn.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use causeway::{
    App, Encoded, MessageId, StreamId,
    delivery::bus::{Bus, Entry, PublishOutcome},
    log::{
        commit::Commit,
        event_store::{Append, EventStore, SnapshotPolicy},
    },
    memory::Memory,
    message::{envelope::Cause, id::CommitId},
};
use serde_json::{Value, json};

use super::{invoke, reasons};
use crate::{
    dynamo::DynamoEventStore,
    eventbridge::EventBridgeBus,
    fake_wire::{FakeWire, Reply, client_on},
    fixtures::PlaceOrder,
    lambda::stream::RelayFunction,
};

/// A bus that throttles the messages of some streams.
struct ThrottlingBus {
    throttled: HashSet<String>,
    published: Mutex<Vec<String>>,
}

#[async_trait]
impl Bus for ThrottlingBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let publish = |entry: &Entry| {
            if self.throttled.contains(&entry.envelope.aggregate_id) {
                return PublishOutcome::Transient("throttled".into());
            }
            let version = entry.envelope.version.unwrap_or_default();
            self.published.lock().unwrap().push(format!("{}/{version}", entry.envelope.aggregate_id));
            PublishOutcome::Accepted
        };
        entries.iter().map(publish).collect()
    }
}

fn relay(memory: &Memory, throttled: &[&str]) -> (RelayFunction, Arc<ThrottlingBus>) {
    let throttled = throttled.iter().map(|id| (*id).to_owned()).collect();
    let bus = Arc::new(ThrottlingBus { throttled, published: Mutex::default() });
    let ports = causeway::Ports { bus: Arc::clone(&bus) as _, ..memory.ports() };
    (RelayFunction { app: App::new(ports) }, bus)
}

/// The item of a commit as the event store writes it, and as the stream of its table holds it.
async fn image(order: &str, version: u64) -> Value {
    let command = MessageId::new("c-1").unwrap();
    let commit = Commit {
        stream: StreamId::parse(&format!("order/{order}")).unwrap(),
        version,
        id: CommitId::new(uuid::Uuid::from_u128(u128::from(version) << 64)),
        events: vec![Encoded::of(&PlaceOrder { order_id: order.to_owned() }).unwrap()],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: None,
        snapshot_before: 0,
        command: command.clone(),
        metadata: Cause::new(command, "PlaceOrder").metadata,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({})));
    let store = DynamoEventStore::new(client_on!(aws_sdk_dynamodb, wire), "events", "inbox", Arc::default());
    store.append(Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false }).await.unwrap();
    wire.requests()[0].body["Item"].clone()
}

fn record(name: &str, sequence: u64, image: &Value) -> Value {
    json!({
        "eventID": format!("e-{sequence}"), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/events/stream/x",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_257_000, "SequenceNumber": sequence.to_string(), "SizeBytes": 7,
            "StreamViewType": "NEW_IMAGE", "Keys": {}, "NewImage": image,
        },
    })
}

fn batch(records: &[Value]) -> String {
    json!({ "Records": records }).to_string()
}

fn no_failures() -> Value {
    json!({ "batchItemFailures": [] })
}

#[tokio::test]
async fn the_commits_of_a_stream_are_published_in_order_even_if_their_records_are_not() {
    let memory = Memory::new(1);
    let (relay, bus) = relay(&memory, &[]);
    let mut records = Vec::new();
    for (sequence, version) in [2, 1, 3].into_iter().enumerate() {
        records.push(record("INSERT", sequence as u64, &image("o-1", version).await));
    }
    assert_eq!(invoke(&relay, &batch(&records)).await.unwrap(), no_failures());
    assert_eq!(*bus.published.lock().unwrap(), ["o-1/1", "o-1/2", "o-1/3"]);
}

#[tokio::test]
async fn the_first_record_that_is_not_out_is_response_and_other_streams_go_on() {
    for failing in 0..4_u64 {
        let memory = Memory::new(1);
        let streams: Vec<String> = (0..4).map(|number| format!("o-{number}")).collect();
        let throttled: Vec<&str> =
            streams.iter().skip(usize::try_from(failing).unwrap()).step_by(2).map(String::as_str).collect();
        let (relay, bus) = relay(&memory, &throttled);
        let mut records = Vec::new();
        for (sequence, stream) in streams.iter().enumerate() {
            records.push(record("INSERT", 100 + sequence as u64, &image(stream, 1).await));
        }
        let response = invoke(&relay, &batch(&records)).await.unwrap();
        let failures = json!([{ "itemIdentifier": (100 + failing).to_string() }]);
        assert_eq!(response, json!({ "batchItemFailures": failures }));
        assert_eq!(bus.published.lock().unwrap().len(), 4 - throttled.len());
    }
}

#[tokio::test]
async fn items_that_are_removed_or_modified_are_not_published() {
    let memory = Memory::new(1);
    let (relay, bus) = relay(&memory, &[]);
    let image = image("o-1", 1).await;
    let mut expired = record("REMOVE", 1, &Value::Null);
    expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let records = [expired, record("MODIFY", 2, &image), record("REMOVE", 3, &image)];
    assert_eq!(invoke(&relay, &batch(&records)).await.unwrap(), no_failures());
    assert!(bus.published.lock().unwrap().is_empty());
    assert!(memory.dead_letters.all().is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_dead_lettered_and_blocks_no_other() {
    let whole = image("o-1", 1).await;
    let change = |change: &dyn Fn(&mut Value)| {
        let mut image = whole.clone();
        change(&mut image);
        image
    };
    let broken = [
        json!({}),
        Value::Null,
        json!({ "stream": { "S": "invalid" } }),
        change(&|image| image["version"] = json!({ "S": "one" })),
        change(&|image| image["stream"] = json!({ "X": "?" })),
        change(&|image| image["packed"] = json!({ "B": "not base64!" })),
        change(&|image| drop(image.as_object_mut().unwrap().remove("events"))),
    ];
    for image in broken {
        let memory = Memory::new(1);
        let (relay, bus) = relay(&memory, &[]);
        let records = [record("INSERT", 1, &image), record("INSERT", 2, &whole)];
        assert_eq!(invoke(&relay, &batch(&records)).await.unwrap(), no_failures(), "{image}");
        assert_eq!(reasons(&memory), ["CORRUPT"], "{image}");
        assert_eq!(memory.dead_letters.all()[0].consumer, "relay");
        assert_eq!(*bus.published.lock().unwrap(), ["o-1/1"]);
    }
}

#[tokio::test]
async fn a_batch_without_sequence_numbers_fails_as_a_whole() {
    let memory = Memory::new(1);
    let (relay, _) = relay(&memory, &[]);
    for payload in ["{}", "null", r#"{"Records":[{"eventName":"INSERT"}]}"#, r#"{"Records":[{"dynamodb":{}}]}"#] {
        assert!(invoke(&relay, payload).await.is_err());
    }
}

const STREAMS: u64 = 12;
const VERSIONS: u64 = 3;

/// The versions that the bus accepted, by stream, in the order it accepted them.
type Accepted = BTreeMap<String, Vec<u64>>;

/// A bus that counts the entries of all calls and refuses the one at a position.
#[derive(Default)]
struct CountingBus {
    entries: u64,
    accepted: Accepted,
}

impl CountingBus {
    fn put(&mut self, entry: &Value, refused: u64, code: &str) -> Value {
        if entry["DetailType"] == "ErrorOccurred" {
            return json!({ "EventId": "report" });
        }
        let position = self.entries;
        self.entries += 1;
        if position == refused {
            return json!({ "ErrorCode": code, "ErrorMessage": "no" });
        }
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        let stream = detail["aggregateId"].as_str().unwrap().to_owned();
        self.accepted.entry(stream).or_default().push(detail["version"].as_u64().unwrap());
        json!({ "EventId": format!("bus-{position}") })
    }
}

async fn relayed(records: &[Value], refused: u64, code: &'static str) -> (Accepted, Vec<String>) {
    let counting = Arc::new(Mutex::new(CountingBus::default()));
    let bus = Arc::clone(&counting);
    let wire = FakeWire::new(move |_, request| {
        let mut bus = bus.lock().unwrap();
        let entries = request.body["Entries"].as_array().unwrap();
        assert!(entries.len() <= 10);
        let results: Vec<Value> = entries.iter().map(|entry| bus.put(entry, refused, code)).collect();
        Reply::Answer(200, json!({ "FailedEntryCount": 0, "Entries": results }))
    });
    let memory = Memory::new(refused);
    let bus = EventBridgeBus::new(client_on!(aws_sdk_eventbridge, wire), "causeway");
    let relay = RelayFunction { app: App::new(causeway::Ports { bus: Arc::new(bus), ..memory.ports() }) };
    assert_eq!(invoke(&relay, &batch(records)).await.unwrap(), no_failures(), "{code} at {refused}");
    let accepted = counting.lock().unwrap().accepted.clone();
    (accepted, reasons(&memory))
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
async fn an_entry_with_a_transient_error_is_published_again_before_any_later_one_of_its_stream() {
    let records = records().await;
    for refused in 0..STREAMS * VERSIONS {
        for code in ["ThrottlingException", "InternalFailure"] {
            let (accepted, reasons) = relayed(&records, refused, code).await;
            assert_eq!(accepted.len() as u64, STREAMS);
            assert!(accepted.values().all(|versions| *versions == [1, 2, 3]), "{code} at {refused}: {accepted:?}");
            assert!(reasons.is_empty());
        }
    }
}

#[tokio::test]
async fn an_entry_with_a_permanent_error_is_dead_lettered_and_no_other_is_lost() {
    let records = records().await;
    for refused in 0..STREAMS * VERSIONS {
        for code in ["MalformedDetail", "NotAuthorizedForSource", "AccessDenied"] {
            let (accepted, reasons) = relayed(&records, refused, code).await;
            assert_eq!(reasons, [code], "{code} at {refused}");
            let total: usize = accepted.values().map(Vec::len).sum();
            assert_eq!(total as u64, STREAMS * VERSIONS - 1);
            assert!(accepted.values().all(|versions| versions.is_sorted()), "{code} at {refused}: {accepted:?}");
        }
    }
}
