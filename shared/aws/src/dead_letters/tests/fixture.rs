//! A fake queue and bus on one wire, and dead letters in each format that a writer uses.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use causeway::Delivery;
use serde_json::{Value, json, value::RawValue};

use crate::{
    dead_letters::dlq_client::DlqClient,
    eventbridge::EventBridgeBus,
    fake_wire::{FakeWire, Reply, Request, client_on},
    fixtures::event,
    sqs::SqsDeadLetters,
};

/// A dead letter as the queue stores it.
#[derive(Clone, Debug)]
pub(super) struct StoredLetter {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, String>,
}

/// The queue and the bus.
pub(super) struct FakeCloud {
    state: Arc<Mutex<State>>,
    wire: FakeWire,
}

#[derive(Default)]
struct State {
    /// By message id, with whether the message is visible.
    letters: BTreeMap<String, (StoredLetter, bool)>,
    published: Vec<Delivery>,
    failing_deletions: u32,
    bus_fails: bool,
}

impl FakeCloud {
    pub(super) fn with(letters: impl IntoIterator<Item = StoredLetter>) -> Self {
        let letters = letters.into_iter().enumerate();
        let letters = letters.map(|(number, letter)| (format!("letter-{number}"), (letter, true))).collect();
        let state = Arc::new(Mutex::new(State { letters, ..State::default() }));
        let shared = Arc::clone(&state);
        let wire = FakeWire::new(move |_, request| shared.lock().unwrap().respond(request));
        Self { state, wire }
    }

    pub(super) fn dlq(&self) -> DlqClient {
        let queue =
            SqsDeadLetters::new(client_on!(aws_sdk_sqs, self.wire), "https://sqs.eu-central-1.amazonaws.com/1/letters");
        DlqClient::new(queue, EventBridgeBus::new(client_on!(aws_sdk_eventbridge, self.wire), "causeway"), 1_000)
    }

    /// This many deletions fail.
    pub(super) fn fail_deletions(&self, count: u32) {
        self.state.lock().unwrap().failing_deletions = count;
    }

    pub(super) fn fail_bus(&self) {
        self.state.lock().unwrap().bus_fails = true;
    }

    pub(super) fn published(&self) -> Vec<Delivery> {
        self.state.lock().unwrap().published.clone()
    }

    pub(super) fn letters(&self) -> usize {
        self.state.lock().unwrap().letters.len()
    }

    pub(super) fn visible(&self) -> usize {
        self.state.lock().unwrap().letters.values().filter(|(_, visible)| *visible).count()
    }
}

impl State {
    fn respond(&mut self, request: &Request) -> Reply {
        let receipt = request.body["ReceiptHandle"].as_str().unwrap_or_default();
        match request.operation.as_str() {
            "ReceiveMessage" => self.receive(request.body["MaxNumberOfMessages"].as_u64().unwrap()),
            "DeleteMessage" if self.failing_deletions > 0 => {
                self.failing_deletions -= 1;
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
            "PutEvents" if self.bus_fails => Reply::Nothing,
            "PutEvents" => self.put(request.body["Entries"].as_array().unwrap()),
            other => panic!("unexpected call {other}"),
        }
    }

    fn receive(&mut self, limit: u64) -> Reply {
        let visible =
            self.letters.iter_mut().filter(|(_, (_, visible))| *visible).take(usize::try_from(limit).unwrap());
        let messages: Vec<Value> = visible
            .map(|(id, (letter, visible))| {
                *visible = false;
                let attributes = letter.attributes.iter();
                let attributes: serde_json::Map<String, Value> = attributes
                    .map(|(name, value)| (name.clone(), json!({ "DataType": "String", "StringValue": value })))
                    .collect();
                json!({
                    "MessageId": id,
                    "ReceiptHandle": id,
                    "Body": letter.body,
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
            let id = format!("bus-{}", self.published.len());
            self.published.push(Delivery {
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

fn letter(body: &Value, attributes: &[(&str, &str)]) -> StoredLetter {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    StoredLetter { body: body.to_string(), attributes: attributes.iter().map(owned).collect() }
}

fn command() -> Value {
    event(&json!({ "data": { "orderId": "o-1" } }))
}

const RULE: [(&str, &str); 6] = [
    ("RULE_ARN", "arn:aws:events:eu-central-1:1:rule/causeway/OrderOnPlaceOrder"),
    ("TARGET_ARN", "arn:aws:lambda:eu-central-1:1:function:OrderOnPlaceOrder"),
    ("ERROR_CODE", "NO_PERMISSIONS"),
    ("ERROR_MESSAGE", "not allowed"),
    ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
    ("RETRY_ATTEMPTS", "3"),
];

/// Written by EventBridge: a rule could not deliver to its target.
pub(super) fn rule() -> StoredLetter {
    letter(&command(), &RULE)
}

/// Written by Lambda: all attempts of a function failed.
pub(super) fn function() -> StoredLetter {
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-21T10:33:00.000Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": "arn:aws:lambda:eu-central-1:1:function:OrderOnPlaceOrder",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": command(),
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Retry.Conflict", "errorMessage": "the stream was appended to 8 times" },
    });
    letter(&record, &[])
}

fn schedule(truncated: &str) -> Vec<(&str, &str)> {
    vec![
        ("SCHEDULE_ARN", "arn:aws:scheduler:eu-central-1:1:schedule/timers/order-1"),
        ("TARGET_ARN", "arn:aws:events:eu-central-1:1:event-bus/causeway"),
        ("EXECUTION_ID", "x-1"),
        ("SCHEDULED_TIME", "2026-11-21T10:30:00Z"),
        ("IS_PAYLOAD_TRUNCATED", truncated),
        ("RETRY_ATTEMPTS", "185"),
        ("ERROR_CODE", "AccessDeniedException"),
    ]
}

fn envelope() -> Value {
    json!({
        "eventId": "t-1", "eventType": "PlaceOrder", "eventVersion": 1, "aggregateType": "order",
        "aggregateId": "o-1", "timestamp": "2026-11-21T10:30:00Z", "data": { "orderId": "o-1" },
        "metadata": { "correlationId": "c-1", "causationId": "c-1", "hops": 1 },
    })
}

/// Written by Scheduler: a timer could not be published.
pub(super) fn timer() -> StoredLetter {
    letter(&envelope(), &schedule("false"))
}

/// The same with the `PutEvents` call that Scheduler would have made.
fn timer_call() -> StoredLetter {
    let entry = json!({ "Source": "causeway.order", "DetailType": "PlaceOrder", "Detail": envelope().to_string() });
    letter(&json!({ "Entries": [entry] }), &schedule("false"))
}

fn kept_with(reason: &str, message: &Value) -> StoredLetter {
    let body = json!({
        "reason": reason, "explanation": "in full", "consumer": "order-on-place-order",
        "at": "2026-11-21T10:30:00Z", "message": message,
    });
    letter(&body, &[])
}

/// Written by one of our functions: the message can never be handled.
pub(super) fn kept() -> StoredLetter {
    kept_with("LOOP", &event(&json!({ "eventId": "e-1", "data": { "orderId": "o-1" } })))
}

/// Written by one of our functions: the message is malformed, but has an id.
pub(super) fn malformed() -> StoredLetter {
    kept_with("MALFORMED", &event(&json!({ "eventId": "e-broken", "data": { "order": 7 } })))
}

/// One of each format; Scheduler writes two.
pub(super) fn all() -> [StoredLetter; 5] {
    [rule(), function(), timer(), timer_call(), kept()]
}

/// Dead letters that cannot be redriven, with a part of the reason.
pub(super) fn not_redrivable() -> Vec<(StoredLetter, &'static str)> {
    let mut replayed = command();
    replayed["replay-name"] = "last-week".into();
    let mut tick = command();
    tick["source"] = "aws.events".into();
    let pointers = json!({
        "requestContext": { "functionArn": "arn:relay", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 5 },
        "DDBStreamBatchInfo": { "shardId": "s-1", "startSequenceNumber": "1", "batchSize": 3 },
    });
    let twice = command().to_string().replace(r#"{"orderId":"o-1"}"#, r#"{"orderId":"o-1","orderId":"o-2"}"#);
    let twice = StoredLetter { body: twice, ..rule() };
    let broken = StoredLetter { body: "{\"id\":".to_owned(), ..rule() };
    vec![
        (letter(&envelope(), &schedule("true")), "truncated it"),
        (broken, "not an EventBridge event"),
        (letter(&pointers, &[]), "repair"),
        (letter(&replayed, &RULE), "replay again"),
        (letter(&tick, &RULE), "only AWS"),
        (twice, "duplicate key"),
        (letter(&event(&json!([1])), &RULE), "needs correction"),
        (kept_with("MALFORMED", &json!("no event")), "not an EventBridge event"),
        (kept_with("FORGED", &command()), "it was forged"),
    ]
}
