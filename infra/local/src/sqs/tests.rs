//! The operations of SQS.

mod fifo;
mod long_polling;
mod messages;
mod move_task;
mod queues;
mod redrive;
mod restart;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Location, Sqs};
use crate::{aws_error::AwsError, clock::Clock};

fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("a time")
}

fn location() -> Location {
    Location {
        region: "eu-central-1".to_owned(),
        account: "000000000000".to_owned(),
        endpoint: "http://127.0.0.1:4566".to_owned(),
    }
}

/// Queues in memory on a paused clock.
struct Fixture {
    clock: Clock,
    sqs: Sqs,
}

impl Fixture {
    fn new() -> Self {
        let clock = Clock::paused(start());
        Self { sqs: Sqs::in_memory(location(), clock.clone()), clock }
    }

    /// A fixture with one queue, and the URL of the queue.
    async fn with(name: &str, attributes: Value) -> (Self, String) {
        let fixture = Self::new();
        let url = fixture.create_queue(name, attributes).await;
        (fixture, url)
    }

    async fn create_queue(&self, name: &str, attributes: Value) -> String {
        let response = self.call("CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
        response["QueueUrl"].as_str().expect("a URL").to_owned()
    }

    async fn call(&self, operation: &str, body: Value) -> Value {
        self.sqs.handle(operation, body).await.expect(operation)
    }

    async fn error_of(&self, operation: &str, body: Value) -> AwsError {
        match self.sqs.handle(operation, body.clone()).await {
            Ok(response) => panic!("{operation} {body} succeeded with {response}"),
            Err(error) => error,
        }
    }

    async fn send(&self, url: &str, body: &str) -> Value {
        self.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await
    }

    /// Receives up to ten messages with all their attributes.
    async fn receive(&self, url: &str) -> Vec<Value> {
        let body = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        self.call("ReceiveMessage", body).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    async fn bodies(&self, url: &str) -> Vec<String> {
        self.receive(url).await.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
    }

    async fn delete(&self, url: &str, message: &Value) {
        self.call("DeleteMessage", json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] })).await;
    }

    /// The numbers of messages that are visible, in flight and delayed.
    async fn counts(&self, url: &str) -> [u64; 3] {
        let response = self.call("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
        ["", "NotVisible", "Delayed"].map(|which| {
            let name = format!("ApproximateNumberOfMessages{which}");
            response["Attributes"][name].as_str().and_then(|count| count.parse().ok()).expect("a count")
        })
    }

    fn run_move_tasks(&self) {
        super::move_task::run_due(&mut self.sqs.transaction());
    }

    fn advance(&self, seconds: i64) {
        self.clock.tick(SignedDuration::from_secs(seconds));
    }
}
