//! A subscription to a bus: a rule and a queue that exist as long as `tail` runs. It works on AWS and on any endpoint
//! without an activity feed.

use std::collections::{HashMap, VecDeque};

use aws_sdk_eventbridge::{Client as Events, types::Target};
use aws_sdk_sqs::{
    Client as Sqs,
    types::{Message, QueueAttributeName},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::Filter;
use crate::{connection::Connection, error_hint::sdk_error};

/// The id of the target of the rule.
const TARGET: &str = "tail";

/// The wait time of a `ReceiveMessage`, in seconds.
const WAIT: i32 = 10;

/// The message retention period of the queue, in seconds.
const RETENTION: u32 = 300;

pub(super) struct Subscription<'r> {
    connection: &'r Connection,
    events: Events,
    sqs: Sqs,
    bus: String,
    /// The name of the rule and of the queue.
    pub(super) name: String,
    queue: String,
    received: VecDeque<Value>,
}

impl<'r> Subscription<'r> {
    /// Creates rule and queue. If one fails, the other is deleted again.
    pub(super) async fn open(connection: &'r Connection, bus: &str, filter: &Filter) -> anyhow::Result<Self> {
        let (events, sqs) = (Events::new(&connection.sdk), Sqs::new(&connection.sdk));
        let name = format!("{}-tail-{}", connection.stack, Uuid::now_v7().simple());
        let created = sqs.create_queue().queue_name(&name);
        let created = created.attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION.to_string());
        let created = created.send().await.map_err(|error| sdk_error(connection, error))?;
        let queue = created.queue_url.unwrap_or_default();
        let subscription =
            Self { connection, events, sqs, bus: bus.to_owned(), name, queue, received: VecDeque::new() };
        match subscription.connect(filter).await {
            Ok(()) => Ok(subscription),
            Err(error) => {
                let left = subscription.close().await.err();
                Err(left.into_iter().fold(error, |error, left| error.context(format!("{left:#}"))))
            }
        }
    }

    async fn connect(&self, filter: &Filter) -> anyhow::Result<()> {
        let connection = self.connection;
        let rule = self.events.put_rule().name(&self.name).event_bus_name(&self.bus);
        let rule = rule.description("Created by `causeway tail`. If none is running, delete this rule and its queue.");
        let rule = rule.event_pattern(filter.pattern().to_string());
        let rule = rule.send().await.map_err(|error| sdk_error(connection, error))?;
        let rule = rule.rule_arn.unwrap_or_default();
        let about = self.sqs.get_queue_attributes().queue_url(&self.queue);
        let about = about.attribute_names(QueueAttributeName::QueueArn);
        let about = about.send().await.map_err(|error| sdk_error(connection, error))?;
        let arn =
            about.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned().unwrap_or_default();
        let policy = HashMap::from([(QueueAttributeName::Policy, queue_policy(&arn, &rule).to_string())]);
        let opened = self.sqs.set_queue_attributes().queue_url(&self.queue).set_attributes(Some(policy));
        opened.send().await.map_err(|error| sdk_error(connection, error))?;
        let target = Target::builder().id(TARGET).arn(arn).build()?;
        let joined = self.events.put_targets().rule(&self.name).event_bus_name(&self.bus).targets(target);
        let joined = joined.send().await.map_err(|error| sdk_error(connection, error))?;
        match joined.failed_entries().first() {
            None => Ok(()),
            Some(refused) => {
                anyhow::bail!(
                    "the bus {} rejects the queue as a target: {}",
                    self.bus,
                    refused.error_message().unwrap_or_default()
                )
            }
        }
    }

    /// The next message on the bus, as an activity event.
    pub(super) async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            if let Some(event) = self.received.pop_front() {
                return Ok(json!({ "kind": "received", "eventId": event["id"], "event": event }));
            }
            let received = self.sqs.receive_message().queue_url(&self.queue);
            let received = received.max_number_of_messages(10).wait_time_seconds(WAIT);
            let received = received.send().await.map_err(|error| sdk_error(self.connection, error))?;
            for message in received.messages() {
                self.received.extend(event_of(message));
                let Some(handle) = message.receipt_handle() else { continue };
                let gone = self.sqs.delete_message().queue_url(&self.queue).receipt_handle(handle);
                gone.send().await.map_err(|error| sdk_error(self.connection, error))?;
            }
        }
    }

    /// Deletes rule and queue, each even if the other cannot be deleted.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        let (name, bus) = (&self.name, &self.bus);
        // A rule or target that was never created is no error.
        let removed = self.events.remove_targets().rule(name).event_bus_name(bus).ids(TARGET).send().await;
        let removed = removed.map(drop).or_else(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => Ok(()),
            _ => Err(sdk_error(self.connection, error)),
        });
        let deleted = self.events.delete_rule().name(name).event_bus_name(bus).send().await;
        let deleted = deleted.map(drop).or_else(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => Ok(()),
            _ => Err(sdk_error(self.connection, error)),
        });
        let queue = self.sqs.delete_queue().queue_url(&self.queue).send().await;
        let queue = queue.map(drop).map_err(|error| sdk_error(self.connection, error));
        let left = format!("rule and queue {name} may still exist: delete them");
        removed.and(deleted).and(queue).map_err(|error| error.context(left))
    }
}

fn event_of(message: &Message) -> Option<Value> {
    serde_json::from_str(message.body()?).ok()
}

/// The queue policy: only this rule may send messages.
fn queue_policy(queue: &str, rule: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": queue, "Condition": { "ArnEquals": { "aws:SourceArn": rule } },
    }] })
}
