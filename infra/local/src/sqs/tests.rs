//! The queues, operation by operation.

mod fifo;
mod messages;
mod moving;
mod queues;
mod redrive;
mod restart;
mod waiting;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Place, Sqs};
use crate::{aws_error::AwsError, clock::Clock};

fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("a time")
}

fn place() -> Place {
    Place {
        region: "eu-central-1".to_owned(),
        account: "000000000000".to_owned(),
        endpoint: "http://127.0.0.1:4566".to_owned(),
    }
}

/// Queues in memory, and their clock in hand.
struct Stage {
    clock: Clock,
    sqs: Sqs,
}

impl Stage {
    fn new() -> Self {
        let clock = Clock::paused(start());
        Self { sqs: Sqs::in_memory(place(), clock.clone()), clock }
    }

    /// A stage with one queue, and its URL.
    async fn with(name: &str, attributes: Value) -> (Self, String) {
        let stage = Self::new();
        let url = stage.make(name, attributes).await;
        (stage, url)
    }

    async fn make(&self, name: &str, attributes: Value) -> String {
        let answer = self.ask("CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
        answer["QueueUrl"].as_str().expect("a URL").to_owned()
    }

    async fn ask(&self, operation: &str, body: Value) -> Value {
        self.sqs.handle(operation, body).await.expect(operation)
    }

    async fn refuse(&self, operation: &str, body: Value) -> AwsError {
        match self.sqs.handle(operation, body.clone()).await {
            Ok(answer) => panic!("{operation} {body} was answered with {answer}"),
            Err(error) => error,
        }
    }

    async fn send(&self, url: &str, body: &str) -> Value {
        self.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await
    }

    /// Up to ten messages, with everything that can be asked about them.
    async fn receive(&self, url: &str) -> Vec<Value> {
        let body = json!({
            "QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        });
        self.ask("ReceiveMessage", body).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    async fn bodies(&self, url: &str) -> Vec<String> {
        self.receive(url).await.iter().map(|message| message["Body"].as_str().expect("a body").to_owned()).collect()
    }

    async fn delete(&self, url: &str, message: &Value) {
        self.ask("DeleteMessage", json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] })).await;
    }

    /// How many messages are visible, in flight and delayed.
    async fn counts(&self, url: &str) -> [u64; 3] {
        let answer = self.ask("GetQueueAttributes", json!({ "QueueUrl": url, "AttributeNames": ["All"] })).await;
        ["", "NotVisible", "Delayed"].map(|which| {
            let name = format!("ApproximateNumberOfMessages{which}");
            answer["Attributes"][name].as_str().and_then(|count| count.parse().ok()).expect("a count")
        })
    }

    fn pass(&self, seconds: i64) {
        self.clock.tick(SignedDuration::from_secs(seconds));
    }
}
