//! Event source mappings: what the function receives, what follows from its result, and mappings of queues.

mod stream;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle};

use super::{Filter, QueueMapping, QueueMessage, QueueSource, QueueWatch, SourceError, batch::failed_items};
use crate::{
    lambda::fixture::{
        ARN,
        Behaviour::{Answer, Fail, Hang},
        Fixture,
    },
    template::{Mapping, Source, StartingPosition},
};

fn mapping(batch_size: u32) -> Mapping {
    Mapping {
        id: "Feed".to_owned(),
        uuid: "feed".to_owned(),
        function: ARN.to_owned(),
        source: Source::Stream { table: "events".to_owned() },
        enabled: true,
        batch_size,
        window_seconds: 0,
        starting_position: StartingPosition::Oldest,
        bisect_on_error: false,
        retries: None,
        maximum_age_seconds: None,
        parallelization: 1,
        on_failure_arn: None,
        reports_failed_items: false,
        filters: Vec::new(),
        maximum_concurrency: Some(1),
        line: 1,
    }
}

/// The texts at this pointer in all records of a payload.
fn texts(payload: &Value, pointer: &str) -> Vec<String> {
    let records = payload["Records"].as_array().unwrap().iter();
    records.map(|record| record.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()).collect()
}

fn failures(identifiers: &[&str]) -> String {
    let failures: Vec<_> = identifiers.iter().map(|one| json!({ "itemIdentifier": one })).collect();
    json!({ "batchItemFailures": failures }).to_string()
}

#[test]
fn a_response_without_failures_reports_success() {
    for response in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#, r#""done""#] {
        assert_eq!(failed_items(response, &["a", "b"]), Ok([].into()), "{response}");
    }
}

#[test]
fn a_response_reports_the_failed_records() {
    assert_eq!(failed_items(&failures(&["c", "a"]), &["a", "b", "c"]), Ok([0, 2].into()));
}

#[test]
fn an_empty_or_unknown_identifier_fails_the_whole_batch() {
    for response in [
        failures(&["a", ""]).as_str(),
        failures(&["nobody"]).as_str(),
        r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
        r#"{"batchItemFailures":[{"identifier":"a"}]}"#,
        r#"{"batchItemFailures":[{}]}"#,
        r#"{"batchItemFailures":"a"}"#,
        "{",
    ] {
        assert!(failed_items(response, &["a", "b"]).is_err(), "{response}");
    }
}

#[test]
fn a_filter_matches_the_fields_of_a_json_body() {
    let filter = Filter::parse(&[r#"{"body":{"kind":["OrderPlaced"]}}"#.to_owned()]).unwrap();
    assert!(filter.matches_message(&json!({ "body": r#"{"kind":"OrderPlaced"}"# })));
    assert!(!filter.matches_message(&json!({ "body": r#"{"kind":"Other"}"# })));
    assert!(!filter.matches_message(&json!({ "body": "OrderPlaced" })));
    let plain = Filter::parse(&[r#"{"body":["stop"]}"#.to_owned()]).unwrap();
    assert!(plain.matches_message(&json!({ "body": "stop" })));
}

/// A queue that returns each message once, as if its visibility timeout never ended.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Vec<QueueMessage>>,
    deleted: Mutex<Vec<String>>,
    sent: Notify,
}

#[async_trait]
impl QueueSource for Queue {
    fn queue_arn(&self) -> String {
        "arn:aws:sqs:eu-central-1:000000000000:orders".to_owned()
    }

    async fn receive(&self, max: usize) -> Result<Vec<QueueMessage>, SourceError> {
        loop {
            {
                let mut waiting = self.waiting.lock().unwrap();
                let count = max.min(waiting.len());
                if count > 0 {
                    return Ok(waiting.drain(..count).collect());
                }
            }
            self.sent.notified().await;
        }
    }

    async fn would_wait(&self) -> bool {
        self.waiting.lock().unwrap().is_empty()
    }

    async fn delete(&self, receipt_handle: &str) -> Result<(), SourceError> {
        self.deleted.lock().unwrap().push(receipt_handle.to_owned());
        Ok(())
    }
}

impl Queue {
    fn send(&self, bodies: &[&str]) {
        let messages = bodies.iter().map(|body| QueueMessage {
            message_id: format!("m-{body}"),
            receipt_handle: format!("h-{body}"),
            body: (*body).to_owned(),
            ..QueueMessage::default()
        });
        self.waiting.lock().unwrap().extend(messages);
        self.sent.notify_one();
    }

    fn deleted(&self) -> Vec<String> {
        self.deleted.lock().unwrap().clone()
    }
}

fn run_mapping(fixture: &Fixture, mapping: Mapping) -> (Arc<Queue>, JoinHandle<()>) {
    let (queue, _, work) = watched(fixture, mapping);
    (queue, work)
}

fn watched(fixture: &Fixture, mapping: Mapping) -> (Arc<Queue>, QueueWatch, JoinHandle<()>) {
    let queue = Arc::new(Queue::default());
    let filter = Filter::parse(&mapping.filters).unwrap();
    let opened = QueueMapping::new(mapping, filter, queue.clone(), fixture.functions.clone(), Arc::new(|_| ()));
    (queue, opened.watch(), tokio::spawn(opened.run()))
}

fn reporting() -> Mapping {
    Mapping { reports_failed_items: true, ..mapping(10) }
}

fn batches(fixture: &Fixture) -> Vec<Vec<String>> {
    let invocations = fixture.function.invocations.lock().unwrap();
    let payloads = invocations.iter().map(|one| serde_json::from_str::<Value>(&one.payload).unwrap());
    payloads.map(|payload| texts(&payload, "/body")).collect()
}

#[tokio::test]
async fn handled_messages_are_deleted() {
    let fixture = Fixture::new([]);
    let (queue, _work) = run_mapping(&fixture, mapping(10));
    queue.send(&["1", "2"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["1", "2"]]);
    assert_eq!(queue.deleted(), ["h-1", "h-2"]);
    let payload: Value = serde_json::from_str(&fixture.function.invocations.lock().unwrap()[0].payload).unwrap();
    let record = &payload["Records"][0];
    assert_eq!((&record["messageId"], &record["eventSource"]), (&"m-1".into(), &"aws:sqs".into()));
    assert_eq!(record["awsRegion"], "eu-central-1");
}

#[tokio::test]
async fn a_timeout_leaves_the_whole_batch_in_the_queue_and_the_next_one_is_read() {
    let fixture = Fixture::new([Hang]);
    let (queue, _work) = run_mapping(&fixture, reporting());
    queue.send(&["1"]);
    fixture.settle().await;
    queue.send(&["2"]);
    fixture.advance(SignedDuration::from_secs(3)).await;
    assert_eq!((fixture.invocation_count(), queue.deleted()), (2, vec!["h-2".to_owned()]));
}

#[tokio::test]
async fn only_messages_that_succeeded_are_deleted() {
    let (one, two) =
        (r#"{"batchItemFailures":[{"itemIdentifier":"m-1"}]}"#, r#"{"batchItemFailures":[{"itemIdentifier":"m-2"}]}"#);
    let unknown = r#"{"batchItemFailures":[{"itemIdentifier":"m-9"}]}"#;
    for (case, mapping, behaviour, deleted) in [
        ("a failure", reporting(), Fail, vec![]),
        ("a partial failure", reporting(), Answer(two), vec!["h-1", "h-3"]),
        ("an unknown identifier", reporting(), Answer(unknown), vec![]),
        ("a mapping without ReportBatchItemFailures", mapping(10), Answer(one), vec!["h-1", "h-2", "h-3"]),
    ] {
        let fixture = Fixture::new([behaviour]);
        let (queue, _work) = run_mapping(&fixture, mapping);
        queue.send(&["1", "2", "3"]);
        fixture.settle().await;
        assert_eq!(
            (fixture.invocation_count(), queue.deleted()),
            (1, deleted.into_iter().map(str::to_owned).collect()),
            "{case}"
        );
    }
}

#[tokio::test]
async fn messages_that_do_not_match_the_filter_are_deleted() {
    let fixture = Fixture::new([]);
    let filtered = Mapping { filters: vec![r#"{"body":["1"]}"#.to_owned()], ..mapping(10) };
    let (queue, _work) = run_mapping(&fixture, filtered);
    queue.send(&["1", "two"]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [["1"]]);
    assert_eq!(queue.deleted(), ["h-two", "h-1"]);
}

#[tokio::test]
async fn a_batching_window_collects_more_messages_than_one_receive() {
    let fixture = Fixture::new([]);
    let windowed = Mapping { window_seconds: 5, ..mapping(12) };
    let (queue, _work) = run_mapping(&fixture, windowed);
    let bodies: Vec<String> = (0..12).map(|number| format!("{number}")).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    queue.send(&bodies[..11]);
    fixture.advance(SignedDuration::from_secs(4)).await;
    assert_eq!(fixture.invocation_count(), 0);
    queue.send(&bodies[11..]);
    fixture.settle().await;
    assert_eq!(batches(&fixture), [bodies]);
    queue.send(&["late"]);
    fixture.advance(SignedDuration::from_secs(5)).await;
    assert_eq!(batches(&fixture).last().unwrap(), &["late"]);
}
