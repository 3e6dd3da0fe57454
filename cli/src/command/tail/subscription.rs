//! A listening subscription: a rule and a queue of our own on a bus, for as long as somebody listens. So `tail` hears messages
//! where there is no feed, on AWS itself as on any endpoint.

use std::collections::{HashMap, VecDeque};

use aws_sdk_eventbridge::{Client as Events, types::Target};
use aws_sdk_sqs::{
    Client as Sqs,
    types::{Message, QueueAttributeName},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::Filter;
use crate::{connection::Connection, error_hint::sdk_error};

/// The one target of the rule.
const TARGET: &str = "tail";

/// So many seconds a call waits for messages.
const WAIT: i32 = 10;

/// So many seconds the queue keeps what nobody fetched.
const KEPT: u32 = 300;

/// A rule and a queue that are ours.
pub(super) struct Subscription<'r> {
    connection: &'r Connection,
    events: Events,
    sqs: Sqs,
    bus: String,
    /// The name of both.
    pub(super) name: String,
    queue: String,
    heard: VecDeque<Value>,
}

impl<'r> Subscription<'r> {
    /// Sets it up. What is set up before something fails is taken down again.
    pub(super) async fn open(connection: &'r Connection, bus: &str, args: &Filter) -> anyhow::Result<Self> {
        let (events, sqs) = (Events::new(&connection.sdk), Sqs::new(&connection.sdk));
        let name = format!("{}-tail-{}", connection.stack, Uuid::now_v7().simple());
        let made = sqs.create_queue().queue_name(&name);
        let made = made.attributes(QueueAttributeName::MessageRetentionPeriod, KEPT.to_string());
        let made = made.send().await.map_err(|error| sdk_error(connection, error))?;
        let queue = made.queue_url.unwrap_or_default();
        let subscription = Self { connection, events, sqs, bus: bus.to_owned(), name, queue, heard: VecDeque::new() };
        match subscription.listen(args).await {
            Ok(()) => Ok(subscription),
            Err(error) => {
                let left = subscription.close().await.err();
                Err(left.into_iter().fold(error, |error, left| error.context(format!("{left:#}"))))
            }
        }
    }

    async fn listen(&self, args: &Filter) -> anyhow::Result<()> {
        let connection = self.connection;
        let rule = self.events.put_rule().name(&self.name).event_bus_name(&self.bus);
        let rule = rule.description("Somebody watches by `causeway tail`; without one running, delete rule and queue.");
        let rule = rule.event_pattern(args.pattern().to_string());
        let rule = rule.send().await.map_err(|error| sdk_error(connection, error))?;
        let rule = rule.rule_arn.unwrap_or_default();
        let about = self.sqs.get_queue_attributes().queue_url(&self.queue);
        let about = about.attribute_names(QueueAttributeName::QueueArn);
        let about = about.send().await.map_err(|error| sdk_error(connection, error))?;
        let arn =
            about.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn)).cloned().unwrap_or_default();
        let policy = HashMap::from([(QueueAttributeName::Policy, may_send(&arn, &rule).to_string())]);
        let opened = self.sqs.set_queue_attributes().queue_url(&self.queue).set_attributes(Some(policy));
        opened.send().await.map_err(|error| sdk_error(connection, error))?;
        let target = Target::builder().id(TARGET).arn(arn).build()?;
        let joined = self.events.put_targets().rule(&self.name).event_bus_name(&self.bus).targets(target);
        let joined = joined.send().await.map_err(|error| sdk_error(connection, error))?;
        match joined.failed_entries().first() {
            None => Ok(()),
            Some(refused) => {
                anyhow::bail!("the bus {} takes no queue: {}", self.bus, refused.error_message().unwrap_or_default())
            }
        }
    }

    /// The next message on the bus, as news.
    pub(super) async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            if let Some(event) = self.heard.pop_front() {
                return Ok(json!({ "kind": "heard", "eventId": event["id"], "event": event }));
            }
            let received = self.sqs.receive_message().queue_url(&self.queue);
            let received = received.max_number_of_messages(10).wait_time_seconds(WAIT);
            let received = received.send().await.map_err(|error| sdk_error(self.connection, error))?;
            for message in received.messages() {
                self.heard.extend(event_of(message));
                let Some(handle) = message.receipt_handle() else { continue };
                let gone = self.sqs.delete_message().queue_url(&self.queue).receipt_handle(handle);
                gone.send().await.map_err(|error| sdk_error(self.connection, error))?;
            }
        }
    }

    /// Takes rule and queue down, each even if the other cannot be.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        let (name, bus) = (&self.name, &self.bus);
        // What was never set up is not there to be taken down.
        let parted = self.events.remove_targets().rule(name).event_bus_name(bus).ids(TARGET).send().await;
        let parted = parted.map(drop).or_else(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => Ok(()),
            _ => Err(sdk_error(self.connection, error)),
        });
        let silent = self.events.delete_rule().name(name).event_bus_name(bus).send().await;
        let silent = silent.map(drop).or_else(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => Ok(()),
            _ => Err(sdk_error(self.connection, error)),
        });
        let emptied = self.sqs.delete_queue().queue_url(&self.queue).send().await;
        let emptied = emptied.map(drop).map_err(|error| sdk_error(self.connection, error));
        let left = format!("rule and queue {name} may be left: delete them");
        parted.and(silent).and(emptied).map_err(|error| error.context(left))
    }
}

fn event_of(message: &Message) -> Option<Value> {
    serde_json::from_str(message.body()?).ok()
}

/// Only this rule may leave messages there.
fn may_send(queue: &str, rule: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": queue, "Condition": { "ArnEquals": { "aws:SourceArn": rule } },
    }] })
}
