//! A queue that receives every confirmed order.

use anyhow::Context;
use causeway_cli::up::Running;
use causeway_local::sqs::Sqs;
use serde_json::{Value, json};

const BUS: &str = "causeway";
const NAME: &str = "bench-confirmed";

pub(crate) struct Queue {
    sqs: Sqs,
    url: Value,
}

impl Queue {
    pub(crate) async fn of_confirmed_orders(running: &Running) -> anyhow::Result<Self> {
        let parts = running.cloud.services();
        let sqs = parts.sqs.clone();
        let url = sqs.handle("CreateQueue", json!({ "QueueName": NAME })).await?["QueueUrl"].clone();
        let attributes = json!({ "QueueUrl": url, "AttributeNames": ["QueueArn"] });
        let arn = sqs.handle("GetQueueAttributes", attributes).await?["Attributes"]["QueueArn"].clone();
        let pattern = json!({ "detail-type": ["OrderConfirmed"] }).to_string();
        let rule = json!({ "Name": NAME, "EventBusName": BUS, "EventPattern": pattern });
        parts.events.handle("PutRule", rule).await?;
        let targets = json!({ "Rule": NAME, "EventBusName": BUS, "Targets": [{ "Id": "queue", "Arn": arn }] });
        parts.events.handle("PutTargets", targets).await?;
        Ok(Self { sqs, url })
    }

    /// The next confirmed orders.
    pub(crate) async fn receive(&self) -> anyhow::Result<Vec<String>> {
        let request = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20 });
        let received = self.sqs.handle("ReceiveMessage", request).await?;
        let mut orders = Vec::new();
        for message in received.get("Messages").and_then(Value::as_array).into_iter().flatten() {
            let event: Value = serde_json::from_str(message["Body"].as_str().context("no body")?)?;
            orders.push(event["detail"]["data"]["orderId"].as_str().context("no order")?.to_owned());
            let deletion = json!({ "QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"] });
            self.sqs.handle("DeleteMessage", deletion).await?;
        }
        Ok(orders)
    }
}
