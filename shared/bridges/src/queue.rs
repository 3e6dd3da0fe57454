//! The queue of a bridge on SQS, and the rule of the bus that fills it. Both work on AWS and on the local cloud.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use async_trait::async_trait;
use aws_sdk_eventbridge::{Client as Events, types::Target};
use aws_sdk_sqs::{
    Client as Sqs,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageAttributeValue,
        QueueAttributeName,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use causeway::failure::{BoxError, causes};
use futures::future::join_all;
use serde_json::json;
use tracing::warn;

use crate::{
    broker::{BrokerError, PARKED_CODE, PARKED_REASON, Parking, Poison, Taken},
    outbound::{Notification, Notifications},
};

/// How long a `ReceiveMessage` waits, in seconds.
const WAIT: i32 = 5;

/// How long a taken notification is hidden, in seconds. After a kill it is delivered again then. It may be short: one that
/// comes again while its events are sent finds the cursor moved.
const VISIBILITY_TIMEOUT: i32 = 5;

/// The most messages of one call.
const PER_CALL: i32 = 10;

/// How many calls receive at the same time, once messages come.
const RECEIVERS: usize = 4;

/// How long queues keep messages: two weeks, the most that SQS has.
const RETENTION_SECONDS: u32 = 14 * 24 * 60 * 60;

/// The id of the rule's target.
const TARGET: &str = "bridge";

/// The most bytes of a parked body. SQS takes 1 MiB, and base64 makes a third more of it.
const MAX_PARKED: usize = 700 * 1024;

/// The queue with notifications, and the queue with what can never be sent.
#[derive(Clone, Debug)]
pub struct BridgeQueue {
    sqs: Sqs,
    url: String,
    parked: ParkedQueue,
}

/// A queue of parked messages, each with its reason in the attributes.
#[derive(Clone, Debug)]
pub struct ParkedQueue {
    /// The client.
    pub sqs: Sqs,
    /// The URL of the queue.
    pub url: String,
}

impl ParkedQueue {
    async fn send(&self, body: &str, poison: &Poison) -> Result<(), BoxError> {
        let attribute = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let call = self.sqs.send_message().queue_url(&self.url).message_body(body);
        let call = call.message_attributes(PARKED_CODE, attribute(&poison.code)?);
        call.message_attributes(PARKED_REASON, attribute(&poison.reason)?).send().await?;
        Ok(())
    }
}

#[async_trait]
impl Parking for ParkedQueue {
    /// The message as JSON, with its body in base64; of a longer one the beginning.
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        let kept = taken.body.get(..MAX_PARKED).unwrap_or(&taken.body);
        let headers: BTreeMap<_, _> = poison.headers(taken).into_iter().collect();
        let body = json!({ "headers": headers, "bytes": taken.body.len(), "body": STANDARD.encode(kept) });
        self.send(&body.to_string(), poison).await.map_err(BrokerError::of("park a message"))
    }
}

impl BridgeQueue {
    /// Creates the queues `<name>` and `<name>-parked` and the rule `<name>`, or finds them. The pattern of the rule takes all
    /// events of the log, or those of these contexts only.
    pub async fn open(sqs: Sqs, events: &Events, bus: &str, name: &str, only: &[String]) -> anyhow::Result<Self> {
        let url = create(&sqs, name).await?;
        let parked_url = create(&sqs, &format!("{name}-parked")).await?;
        let rule = events.put_rule().name(name).event_bus_name(bus);
        let rule = rule.description("Events for a bridge to a broker.").event_pattern(pattern(only));
        let rule = rule.send().await.with_context(|| format!("cannot create the rule {name}"))?;
        let rule = rule.rule_arn.unwrap_or_default();
        let about = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
        let about = about.send().await.with_context(|| format!("cannot read the queue {name}"))?;
        let arn =
            about.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned().unwrap_or_default();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": rule } },
            }],
        });
        let attributes = HashMap::from([(QueueAttributeName::Policy, policy.to_string())]);
        let opened = sqs.set_queue_attributes().queue_url(&url).set_attributes(Some(attributes)).send().await;
        opened.with_context(|| format!("cannot open the queue {name} for the rule"))?;
        let target = Target::builder().id(TARGET).arn(arn).build()?;
        let joined = events.put_targets().rule(name).event_bus_name(bus).targets(target).send().await;
        let joined = joined.with_context(|| format!("cannot connect the rule {name} with its queue"))?;
        if let Some(refused) = joined.failed_entries().first() {
            anyhow::bail!("the bus {bus} refuses the queue: {}", refused.error_message().unwrap_or_default());
        }
        let parked = ParkedQueue { sqs: sqs.clone(), url: parked_url };
        Ok(Self { sqs, url, parked })
    }

    async fn receive(&self, wait: i32) -> Result<Vec<Notification>, BoxError> {
        let call = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(PER_CALL);
        let received = call.visibility_timeout(VISIBILITY_TIMEOUT).wait_time_seconds(wait).send().await?;
        let messages = received.messages.unwrap_or_default().into_iter();
        Ok(messages
            .map(|message| Notification {
                body: message.body.unwrap_or_default(),
                handle: message.receipt_handle.unwrap_or_default(),
            })
            .collect())
    }
}

#[async_trait]
impl Notifications for BridgeQueue {
    async fn take(&self) -> Result<Vec<Notification>, BoxError> {
        let mut taken = self.receive(WAIT).await?;
        if !taken.is_empty() {
            // An error here concerns only messages that are delivered again.
            let more = join_all((0..RECEIVERS).map(|_| self.receive(0))).await;
            taken.extend(more.into_iter().filter_map(Result::ok).flatten());
        }
        Ok(taken)
    }

    async fn delete(&self, notifications: &[Notification]) -> Result<(), BoxError> {
        let calls = notifications.chunks(10).map(|chunk| {
            let entries = chunk.iter().enumerate().map(|(index, notification)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(&notification.handle)
                    .build()
            });
            let entries: Result<Vec<_>, _> = entries.collect();
            async move {
                let call = self.sqs.delete_message_batch().queue_url(&self.url).set_entries(Some(entries?));
                // What is not deleted is delivered again, and was sent before.
                call.send().await.map(drop).map_err(BoxError::from)
            }
        });
        join_all(calls).await.into_iter().collect()
    }

    async fn release(&self, notifications: &[Notification]) {
        for chunk in notifications.chunks(10) {
            let entries = chunk.iter().enumerate().filter_map(|(index, notification)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string());
                entry.receipt_handle(&notification.handle).visibility_timeout(0).build().ok()
            });
            let call = self.sqs.change_message_visibility_batch().queue_url(&self.url);
            if let Err(error) = call.set_entries(Some(entries.collect())).send().await {
                warn!(error = causes(&error), "out: notifications stay hidden for {VISIBILITY_TIMEOUT} seconds");
            }
        }
    }

    async fn park(&self, body: &str, poison: &Poison) -> Result<(), BoxError> {
        // Two characters that JSON may have and SQS does not take.
        let body = body.replace('\u{fffe}', r"\ufffe").replace('\u{ffff}', r"\uffff");
        self.parked.send(&body, poison).await
    }
}

async fn create(sqs: &Sqs, name: &str) -> anyhow::Result<String> {
    let call = sqs.create_queue().queue_name(name);
    let call = call.attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string());
    let created = call.send().await.with_context(|| format!("cannot create the queue {name}"))?;
    created.queue_url.with_context(|| format!("the queue {name} has no URL"))
}

/// Events of the log: their source is one of our contexts, and they have a version.
fn pattern(only: &[String]) -> String {
    let sources: Vec<_> = match only {
        [] => vec![json!({ "prefix": "causeway." })],
        only => only.iter().map(|context| json!(format!("causeway.{context}"))).collect(),
    };
    json!({ "source": sources, "detail": { "version": [{ "exists": true }] } }).to_string()
}
