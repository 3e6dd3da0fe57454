//! One queue: its attributes with their valid values, its redrive policies, its messages, and which of them can be received.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    error,
    message::{Message, QueuedMessage},
};
use crate::aws_error::AwsError;

/// The number attributes: name, minimum, maximum, default.
const NUMBERS: [(&str, u64, u64, u64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// The number attributes that every queue has, with their default if they were not set.
pub(super) const ALWAYS_PRESENT: [&str; 5] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
];

/// The attributes that a FIFO queue has besides, with their defaults.
pub(super) const FIFO_DEFAULTS: [(&str, &str); 3] =
    [("ContentBasedDeduplication", "false"), ("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")];

pub(super) const READ_ONLY: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// The attributes that are true or false.
const BOOLEANS: [&str; 3] = ["ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled"];

/// The attributes that an empty value removes.
const REMOVABLE: [&str; 4] = ["KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"];
/// The interval in which a FIFO queue drops messages with the same deduplication id.
const DEDUPLICATION_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The attributes and tags that were set on a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct QueueSettings {
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) settings: QueueSettings,
    /// The messages by sequence number.
    pub(super) messages: BTreeMap<u64, QueuedMessage>,
    /// The sent messages by deduplication key.
    pub(super) deduplication: BTreeMap<String, SentMessage>,
    pub(super) purged: Option<Timestamp>,
    /// No message was enqueued before this time. It saves the search for expired messages.
    oldest: Timestamp,
}

/// A message that was sent with a deduplication id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SentMessage {
    pub(super) at: Timestamp,
    pub(super) id: String,
    pub(super) sequence: u64,
}

impl SentMessage {
    pub(super) fn deduplicates(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < DEDUPLICATION_INTERVAL
    }
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is_true("FifoQueue")
    }

    pub(super) fn is_true(&self, attribute: &str) -> bool {
        self.settings.attributes.get(attribute).is_some_and(|value| value == "true")
    }

    /// The value of a number attribute, or its default.
    pub(super) fn number(&self, attribute: &str) -> u64 {
        let value = self.settings.attributes.get(attribute).and_then(|value| value.parse().ok());
        let default = || NUMBERS.iter().find(|(name, ..)| *name == attribute).map_or(0, |(.., default)| *default);
        value.unwrap_or_else(default)
    }

    pub(super) fn redrive_policy(&self) -> Option<RedrivePolicy> {
        RedrivePolicy::parse(self.settings.attributes.get("RedrivePolicy")?).ok()
    }

    /// The key under which a FIFO queue deduplicates the message.
    pub(super) fn deduplication_key(&self, message: &Message) -> Option<String> {
        let id = message.deduplication.as_deref().filter(|_| self.is_fifo())?;
        let by_group = self.settings.attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
        let group = message.group.as_deref().filter(|_| by_group).unwrap_or_default();
        // Neither a group id nor a deduplication id contains a space.
        Some(format!("{group} {id}"))
    }

    pub(super) fn enqueue(&mut self, message: Message) {
        self.oldest = if self.messages.is_empty() { message.enqueued } else { self.oldest.min(message.enqueued) };
        self.messages.insert(message.sequence, QueuedMessage::new(message));
    }

    /// The sequence numbers of the messages whose retention period has ended.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<u64> {
        let seconds = i64::try_from(self.number("MessageRetentionPeriod")).unwrap_or(i64::MAX);
        let retention = SignedDuration::from_secs(seconds);
        let is_expired = |enqueued: Timestamp| now.duration_since(enqueued) >= retention;
        if self.messages.is_empty() || !is_expired(self.oldest) {
            return Vec::new();
        }
        let messages = self.messages.values().map(|queued| &queued.message);
        let (expired, kept): (Vec<&Message>, Vec<&Message>) =
            messages.partition(|message| is_expired(message.enqueued));
        if expired.is_empty() {
            self.oldest = kept.iter().map(|message| message.enqueued).min().unwrap_or(now);
        }
        expired.iter().map(|message| message.sequence).collect()
    }

    /// The sequence numbers of up to `max` messages that can be received, in order.
    pub(super) fn receivable(&self, now: Timestamp, max: usize) -> Vec<u64> {
        if self.is_fifo() {
            return self.receivable_by_group(now, max);
        }
        let visible = self.messages.iter().filter(|(_, queued)| queued.visible_from() <= now);
        visible.take(max).map(|(sequence, _)| *sequence).collect()
    }

    /// In a FIFO queue a message can be received if it stands before the first message of its group that is in flight or
    /// delayed. A batch is filled from one group before the next; the group with the oldest message comes first.
    fn receivable_by_group(&self, now: Timestamp, max: usize) -> Vec<u64> {
        let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
        let mut groups: Vec<(Vec<u64>, bool)> = Vec::new();
        for (sequence, queued) in &self.messages {
            let group = queued.message.group.as_deref().unwrap_or_default();
            let position = *positions.entry(group).or_insert(groups.len());
            if position == groups.len() {
                groups.push((Vec::new(), false));
            }
            let Some((receivable, is_blocked)) = groups.get_mut(position) else { continue };
            *is_blocked |= queued.visible_from() > now;
            if *is_blocked {
                continue;
            }
            receivable.push(*sequence);
            // The first group is never blocked by a later message of another group.
            if position == 0 && receivable.len() == max {
                break;
            }
        }
        groups.into_iter().flat_map(|(receivable, _)| receivable).take(max).collect()
    }

    pub(super) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.messages.values().map(QueuedMessage::visible_from).filter(|from| *from > now).min()
    }

    pub(super) fn in_flight_count(&self, now: Timestamp) -> usize {
        self.messages.values().filter(|queued| queued.is_in_flight(now)).count()
    }

    pub(super) fn delayed_count(&self, now: Timestamp) -> usize {
        self.messages.values().filter(|queued| queued.is_delayed(now)).count()
    }
}

/// Returns the existing attributes with the requested ones set or removed, if all are valid.
pub(super) fn merge(
    existing: &BTreeMap<String, String>,
    requested: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, AwsError> {
    let mut merged = existing.clone();
    for (name, value) in requested {
        let value = normalized(name, value);
        check(name, &value)?;
        if value.is_empty() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value);
        }
    }
    merge_encryption(&mut merged, requested)?;
    let fifo = merged.get("FifoQueue").is_some_and(|value| value == "true");
    match FIFO_DEFAULTS.iter().find(|(name, _)| !fifo && merged.contains_key(*name)) {
        Some((name, _)) => Err(error::unknown_attribute(name)),
        None => Ok(merged),
    }
}

/// The value as it is stored: booleans are accepted in any case.
pub(super) fn normalized(name: &str, value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    if BOOLEANS.contains(&name) && matches!(lower.as_str(), "true" | "false") { lower } else { value.to_owned() }
}

/// A queue is encrypted by its KMS key or by SQS, never by both.
fn merge_encryption(
    merged: &mut BTreeMap<String, String>,
    requested: &BTreeMap<String, String>,
) -> Result<(), AwsError> {
    let requested_key = requested.get("KmsMasterKeyId").map(|key| !key.is_empty());
    let requested_sqs = requested.get("SqsManagedSseEnabled").map(|enabled| enabled.eq_ignore_ascii_case("true"));
    match (requested_key, requested_sqs) {
        (Some(true), Some(true)) => {
            return Err(AwsError::sender(
                "InvalidAttributeName",
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
            ));
        }
        (Some(true), _) => drop(merged.insert("SqsManagedSseEnabled".to_owned(), "false".to_owned())),
        (Some(false), _) => drop(merged.remove("KmsDataKeyReusePeriodSeconds")),
        (None, Some(true)) => {
            merged.remove("KmsMasterKeyId");
            merged.remove("KmsDataKeyReusePeriodSeconds");
        }
        (None, _) => {}
    }
    Ok(())
}

pub(super) fn check(name: &str, value: &str) -> Result<(), AwsError> {
    if let Some((_, min, max, _)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        let number = value.parse::<u64>().ok().filter(|number| (min..=max).contains(&number));
        return number.map(|_| ()).ok_or_else(|| error::invalid_attribute(name));
    }
    if value.is_empty() && REMOVABLE.contains(&name) {
        return Ok(());
    }
    let is_valid = match name {
        "Policy" => serde_json::from_str::<serde_json::Map<String, Value>>(value).is_ok(),
        "KmsMasterKeyId" => true,
        "SqsManagedSseEnabled" | "ContentBasedDeduplication" => matches!(value, "true" | "false"),
        // AWS rejects the value `false`.
        "FifoQueue" => value == "true",
        "DeduplicationScope" => matches!(value, "queue" | "messageGroup"),
        "FifoThroughputLimit" => matches!(value, "perQueue" | "perMessageGroupId"),
        "RedrivePolicy" => {
            return RedrivePolicy::parse(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        "RedriveAllowPolicy" => {
            return RedriveAllowPolicy::parse(value).map(|_| ()).map_err(|reason| error::invalid(name, value, reason));
        }
        _ => return Err(error::unknown_attribute(name)),
    };
    if is_valid { Ok(()) } else { Err(error::invalid_attribute(name)) }
}

/// The dead-letter queue of a source queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedrivePolicy {
    pub(super) target: String,
    /// The number of receives after which a message is moved to the dead-letter queue.
    pub(super) max_receive_count: u64,
}

impl RedrivePolicy {
    /// Parses the attribute, or returns why it is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let policy: Value = serde_json::from_str(text).map_err(|_| "Redrive policy is not a valid JSON map.")?;
        let fields = policy.as_object().ok_or("Redrive policy is not a valid JSON map.")?;
        let target = fields.get("deadLetterTargetArn").and_then(Value::as_str);
        let target = target.ok_or("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")?;
        let count = fields.get("maxReceiveCount");
        let count = count.ok_or("Redrive policy does not contain mandatory attribute: maxReceiveCount.")?;
        let number = count.as_u64().or_else(|| count.as_str()?.parse().ok());
        match number {
            Some(max_receive_count @ 1..=1000) => Ok(Self { target: target.to_owned(), max_receive_count }),
            _ => Err("Invalid value for maxReceiveCount. Must be between 1 and 1000, both inclusive."),
        }
    }
}

/// The ARNs of the source queues that may use a queue as their dead-letter queue, or none if all may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedriveAllowPolicy(Option<Vec<String>>);

impl RedriveAllowPolicy {
    /// Parses the attribute, or returns why it is invalid.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let policy: Value = serde_json::from_str(text).map_err(|_| "Redrive allow policy is not a valid JSON map.")?;
        let sources = policy.get("sourceQueueArns");
        match (policy.get("redrivePermission").and_then(Value::as_str), sources) {
            (Some("allowAll"), None) => Ok(Self(None)),
            (Some("denyAll"), None) => Ok(Self(Some(Vec::new()))),
            (Some("byQueue"), Some(sources)) => {
                let sources: Option<Vec<String>> =
                    sources.as_array().and_then(|arns| arns.iter().map(|arn| Some(arn.as_str()?.to_owned())).collect());
                let sources = sources.filter(|sources| (1..=10).contains(&sources.len()));
                sources.map(|sources| Self(Some(sources))).ok_or("sourceQueueArns must list 1 to 10 queues.")
            }
            (Some("byQueue"), None) => Err("byQueue needs sourceQueueArns."),
            (Some("allowAll" | "denyAll"), Some(_)) => Err("sourceQueueArns goes with byQueue only."),
            _ => Err("redrivePermission must be allowAll, denyAll or byQueue."),
        }
    }

    pub(super) fn allows(&self, source: &str) -> bool {
        self.0.as_ref().is_none_or(|sources| sources.iter().any(|allowed| allowed == source))
    }
}
