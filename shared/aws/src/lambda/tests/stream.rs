//! The relay, woken by the stream of the log's table.

use std::{
    collections::HashSet,
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

use super::{PlaceOrder, answer, reasons};
use crate::{
    dynamo::DynamoEventStore,
    fake_wire::{FakeWire, Reply, client_on},
    lambda::stream::RelayFunction,
};

/// A bus that refuses the messages of some streams.
#[derive(Default)]
struct Choosy {
    refused: HashSet<String>,
    said: Mutex<Vec<String>>,
}

#[async_trait]
impl Bus for Choosy {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let say = |entry: &Entry| {
            if self.refused.contains(&entry.envelope.aggregate_id) {
                return PublishOutcome::Transient("throttled".into());
            }
            let version = entry.envelope.version.unwrap_or_default();
            self.said.lock().unwrap().push(format!("{}/{version}", entry.envelope.aggregate_id));
            PublishOutcome::Accepted
        };
        entries.iter().map(say).collect()
    }
}

fn relay(memory: &Memory, refused: &[&str]) -> (RelayFunction, Arc<Choosy>) {
    let refused = refused.iter().map(|id| (*id).to_owned()).collect();
    let bus = Arc::new(Choosy { refused, said: Mutex::default() });
    let parts = causeway::Ports { bus: Arc::clone(&bus) as _, ..memory.ports() };
    (RelayFunction::new(App::new(parts)), bus)
}

/// The item of a commit as it goes over the wire into the table, and so out of its stream.
pub(super) async fn image(order: &str, version: u64) -> Value {
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

pub(super) fn record(name: &str, place: u64, image: &Value) -> Value {
    json!({
        "eventID": format!("e-{place}"), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/events/stream/x",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_257_000, "SequenceNumber": place.to_string(), "SizeBytes": 7,
            "StreamViewType": "NEW_IMAGE", "Keys": {}, "NewImage": image,
        },
    })
}

pub(super) fn batch(records: &[Value]) -> String {
    json!({ "Records": records }).to_string()
}

fn failure(place: &str) -> Value {
    json!({ "batchItemFailures": [{ "itemIdentifier": place }] })
}

pub(super) fn none() -> Value {
    json!({ "batchItemFailures": [] })
}

#[tokio::test]
async fn the_commits_of_a_stream_go_out_in_order_even_if_their_records_do_not_come_so() {
    let memory = Memory::new(1);
    let (relay, bus) = relay(&memory, &[]);
    let mut records = Vec::new();
    for (place, version) in [2, 1, 3].into_iter().enumerate() {
        records.push(record("INSERT", place as u64, &image("o-1", version).await));
    }
    assert_eq!(answer(&relay, &batch(&records)).await.unwrap(), none());
    assert_eq!(*bus.said.lock().unwrap(), ["o-1/1", "o-1/2", "o-1/3"]);
}

#[tokio::test]
async fn the_first_record_that_is_not_out_is_answered_and_other_streams_go_on() {
    for failing in 0..4_u64 {
        let memory = Memory::new(1);
        let streams: Vec<String> = (0..4).map(|number| format!("o-{number}")).collect();
        let refused: Vec<&str> =
            streams.iter().skip(usize::try_from(failing).unwrap()).step_by(2).map(String::as_str).collect();
        let (relay, bus) = relay(&memory, &refused);
        let mut records = Vec::new();
        for (place, stream) in streams.iter().enumerate() {
            records.push(record("INSERT", 100 + place as u64, &image(stream, 1).await));
        }
        let answered = answer(&relay, &batch(&records)).await.unwrap();
        assert_eq!(answered, failure(&(100 + failing).to_string()));
        assert_eq!(bus.said.lock().unwrap().len(), 4 - refused.len());
    }
}

#[tokio::test]
async fn what_is_removed_or_changed_in_the_table_is_no_news() {
    let memory = Memory::new(1);
    let (relay, bus) = relay(&memory, &[]);
    let image = image("o-1", 1).await;
    let mut expired = record("REMOVE", 1, &Value::Null);
    expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let records = [expired, record("MODIFY", 2, &image), record("REMOVE", 3, &image)];
    assert_eq!(answer(&relay, &batch(&records)).await.unwrap(), none());
    assert!(bus.said.lock().unwrap().is_empty());
    assert!(memory.dead_letters.letters().is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_and_holds_nobody_up() {
    let whole = image("o-1", 1).await;
    let change = |change: &dyn Fn(&mut Value)| {
        let mut image = whole.clone();
        change(&mut image);
        image
    };
    let broken = [
        json!({}),
        Value::Null,
        json!({ "stream": { "S": "nowhere" } }),
        change(&|image| image["version"] = json!({ "S": "one" })),
        change(&|image| image["stream"] = json!({ "X": "?" })),
        change(&|image| image["packed"] = json!({ "B": "not base64!" })),
        change(&|image| drop(image.as_object_mut().unwrap().remove("events"))),
    ];
    for image in broken {
        let memory = Memory::new(1);
        let (relay, bus) = relay(&memory, &[]);
        let records = [record("INSERT", 1, &image), record("INSERT", 2, &whole)];
        assert_eq!(answer(&relay, &batch(&records)).await.unwrap(), none(), "{image}");
        assert_eq!(reasons(&memory), ["CORRUPT"], "{image}");
        assert_eq!(memory.dead_letters.letters()[0].consumer, "relay");
        assert_eq!(*bus.said.lock().unwrap(), ["o-1/1"]);
    }
}

#[tokio::test]
async fn a_batch_without_places_comes_again_whole() {
    let memory = Memory::new(1);
    let (relay, _) = relay(&memory, &[]);
    for payload in ["{}", "null", r#"{"Records":[{"eventName":"INSERT"}]}"#, r#"{"Records":[{"dynamodb":{}}]}"#] {
        assert!(answer(&relay, payload).await.is_err());
    }
}
