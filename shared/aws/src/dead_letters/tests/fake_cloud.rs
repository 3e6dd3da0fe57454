//! A queue and a bus, played on one wire.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use causeway::Delivery;
use serde_json::{Value, json, value::RawValue};

use super::formats::StoredLetter;
use crate::{
    dead_letters::dlq_client::DlqClient,
    eventbridge::EventBridgeBus,
    fake_wire::{FakeWire, Reply, Request, client_on},
    sqs::SqsDeadLetters,
};

/// The cloud; a clone is the same cloud.
#[derive(Clone)]
pub(super) struct FakeCloud {
    state: Arc<Mutex<State>>,
    wire: FakeWire,
}

#[derive(Default)]
struct State {
    letters: BTreeMap<String, (StoredLetter, bool)>,
    said: Vec<Delivery>,
    lost_deletions: u32,
    mute: bool,
}

impl FakeCloud {
    pub(super) fn holding(shapes: impl IntoIterator<Item = StoredLetter>) -> Self {
        let letters = shapes.into_iter().enumerate();
        let letters = letters.map(|(number, shape)| (format!("letter-{number}"), (shape, true))).collect();
        let state = Arc::new(Mutex::new(State { letters, ..State::default() }));
        let playing = Arc::clone(&state);
        let wire = FakeWire::new(move |_, request| playing.lock().unwrap().answer(request));
        Self { state, wire }
    }

    pub(super) fn dlq(&self) -> DlqClient {
        let queue =
            SqsDeadLetters::new(client_on!(aws_sdk_sqs, self.wire), "https://sqs.eu-central-1.amazonaws.com/1/letters");
        DlqClient::new(queue, EventBridgeBus::new(client_on!(aws_sdk_eventbridge, self.wire), "causeway"), 1_000)
    }

    /// The answers to so many deletions are errors, and nothing is deleted.
    pub(super) fn lose_deletions(&self, count: u32) {
        self.state.lock().unwrap().lost_deletions = count;
    }

    pub(super) fn mute_bus(&self) {
        self.state.lock().unwrap().mute = true;
    }

    pub(super) fn said(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().said.clone()
    }

    pub(super) fn letters(&self) -> usize {
        self.state.lock().unwrap().letters.len()
    }

    pub(super) fn visible(&self) -> usize {
        self.state.lock().unwrap().letters.values().filter(|(_, visible)| *visible).count()
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let receipt = request.body["ReceiptHandle"].as_str().unwrap_or_default();
        match request.operation.as_str() {
            "ReceiveMessage" => self.receive(request.body["MaxNumberOfMessages"].as_u64().unwrap()),
            "DeleteMessage" if self.lost_deletions > 0 => {
                self.lost_deletions -= 1;
                Reply::Refused(500, "InternalFailure")
            }
            "DeleteMessage" => {
                assert!(self.letters.remove(receipt).is_some());
                Reply::Answer(200, json!({}))
            }
            "ChangeMessageVisibility" => {
                assert_eq!(request.body["VisibilityTimeout"], 0);
                self.letters.get_mut(receipt).unwrap().1 = true;
                Reply::Answer(200, json!({}))
            }
            "PutEvents" if self.mute => Reply::Nothing,
            "PutEvents" => self.put(request.body["Entries"].as_array().unwrap()),
            other => panic!("nobody asks for {other}"),
        }
    }

    fn receive(&mut self, most: u64) -> Reply {
        let visible = self.letters.iter_mut().filter(|(_, (_, visible))| *visible).take(usize::try_from(most).unwrap());
        let messages: Vec<Value> = visible
            .map(|(id, (shape, visible))| {
                *visible = false;
                let attributes = shape.attributes.iter();
                let attributes: serde_json::Map<String, Value> = attributes
                    .map(|(name, value)| (name.clone(), json!({ "DataType": "String", "StringValue": value })))
                    .collect();
                json!({
                    "MessageId": id,
                    "ReceiptHandle": id,
                    "Body": shape.body,
                    "Attributes": { "SentTimestamp": "1795257000123" },
                    "MessageAttributes": attributes,
                })
            })
            .collect();
        Reply::Answer(200, json!({ "Messages": messages }))
    }

    fn put(&mut self, entries: &[Value]) -> Reply {
        let mut results = Vec::new();
        for entry in entries {
            assert_eq!(entry["EventBusName"], "causeway");
            let id = format!("bus-{}", self.said.len());
            self.said.push(Delivery {
                id: id.clone(),
                source: entry["Source"].as_str().unwrap().to_owned(),
                account: None,
                detail_type: entry["DetailType"].as_str().unwrap().to_owned(),
                time: jiff::Timestamp::UNIX_EPOCH,
                detail: RawValue::from_string(entry["Detail"].as_str().unwrap().to_owned()).unwrap(),
                replay_name: None,
            });
            results.push(json!({ "EventId": id }));
        }
        Reply::Answer(200, json!({ "FailedEntryCount": 0, "Entries": results }))
    }
}
