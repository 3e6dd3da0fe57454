//! Queues, with the default attributes of SQS.

use crate::template::{TemplateError, fields::Fields, node::Node};

use super::Resource;

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its URL on this machine.
    pub url: String,
    /// Does it keep the order of its groups?
    pub fifo: bool,
    /// With a FIFO queue: are equal bodies the same message?
    pub deduplicates_by_content: bool,
    /// How long a received message is hidden, in seconds.
    pub visibility_seconds: u32,
    /// How long a message is kept, in seconds.
    pub retention_seconds: u32,
    /// How long a new message is held back, in seconds.
    pub delay_seconds: u32,
    /// How long a receive waits for a message, in seconds.
    pub wait_seconds: u32,
    /// The largest message, in bytes.
    pub maximum_message_bytes: u32,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
    /// Where it is declared.
    pub line: usize,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The ARN of the queue for them.
    pub dead_letter_arn: String,
    /// How often is too often.
    pub maximum_receives: u32,
}

/// Who may use a queue as its dead-letter queue, and how it is encrypted: nothing of it shows here.
const WITHOUT_EFFECT: [&str; 5] =
    ["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "RedriveAllowPolicy", "SqsManagedSseEnabled", "Tags"];

pub(super) fn read(resource: &Resource<'_>, fields: &mut Fields<'_>) -> Result<Queue, TemplateError> {
    fields.without_effect(&WITHOUT_EFFECT);
    let fifo = fields.truth("FifoQueue")?.unwrap_or(false);
    let name = resource.name();
    if fifo != name.ends_with(".fifo") {
        let wanted = if fifo { "a name that ends in .fifo" } else { "a name that does not end in .fifo" };
        return Err(Node::text(fields.line, name).wrong(&fields.inner("QueueName"), wanted));
    }
    Ok(Queue {
        id: resource.id(),
        arn: resource.arn(),
        url: resource.identity.url(resource.settings),
        name,
        fifo,
        deduplicates_by_content: fields.truth("ContentBasedDeduplication")?.unwrap_or(false),
        visibility_seconds: fields.number_or("VisibilityTimeout", 0..=43_200, 30)?,
        retention_seconds: fields.number_or("MessageRetentionPeriod", 60..=1_209_600, 345_600)?,
        delay_seconds: fields.number_or("DelaySeconds", 0..=900, 0)?,
        wait_seconds: fields.number_or("ReceiveMessageWaitTimeSeconds", 0..=20, 0)?,
        maximum_message_bytes: fields.number_or("MaximumMessageSize", 1_024..=1_048_576, 1_048_576)?,
        redrive: redrive(fields)?,
        line: resource.declared.line,
    })
}

fn redrive(fields: &mut Fields<'_>) -> Result<Option<Redrive>, TemplateError> {
    let Some(mut policy) = fields.part("RedrivePolicy")? else { return Ok(None) };
    let dead_letter_arn = policy.need_text("deadLetterTargetArn")?;
    policy.need("maxReceiveCount")?;
    let maximum_receives = policy.number_or("maxReceiveCount", 1..=1_000, 1)?;
    Ok(Some(Redrive { dead_letter_arn, maximum_receives }))
}
