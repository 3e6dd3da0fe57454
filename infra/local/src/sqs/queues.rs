//! The operations on queues: creating, finding, configuring, listing, tagging, purging and deleting them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error,
    queue::{
        ALWAYS_PRESENT, FIFO_DEFAULTS, Queue, QueueSettings, READ_ONLY, RedriveAllowPolicy, RedrivePolicy, check,
        merge, normalized,
    },
    state::{Change, Transaction, in_range},
};
use crate::{aws_error::AwsError, page_token};

/// The time after a deletion before the name can be used again, and the time between two purges of a queue.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(60);
const MAX_TAGS: usize = 50;

/// The fields of the requests about queues and move tasks, and of `ReceiveMessage`. Each operation uses those that the API documents for it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    queue_name: Option<String>,
    pub(super) queue_url: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
    #[serde(alias = "tags")]
    tags: Option<BTreeMap<String, String>>,
    tag_keys: Option<Vec<String>>,
    #[serde(default)]
    queue_name_prefix: String,
    next_token: Option<String>,
    pub(super) max_results: Option<i64>,
    pub(super) max_number_of_messages: Option<i64>,
    pub(super) visibility_timeout: Option<i64>,
    pub(super) wait_time_seconds: Option<i64>,
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
    pub(super) source_arn: Option<String>,
    pub(super) destination_arn: Option<String>,
    pub(super) max_number_of_messages_per_second: Option<i64>,
    pub(super) task_handle: Option<String>,
    pub(super) label: Option<String>,
    pub(super) actions: Option<Vec<String>>,
    #[serde(rename = "AWSAccountIds")]
    pub(super) account_ids: Option<Vec<String>>,
}

pub(super) fn create_queue(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = request.queue_name.ok_or_else(|| error::missing("QueueName"))?;
    let fifo = request.attributes.get("FifoQueue").is_some_and(|value| normalized("FifoQueue", value) == "true");
    if !is_queue_name(&name, fifo) {
        return Err(error::invalid_parameter(match fifo {
            true => {
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with \
                 .fifo suffix and be 1 to 80 in length."
            }
            false => "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        }));
    }
    if !fifo && request.attributes.contains_key("FifoQueue") {
        return Err(error::unknown_attribute("FifoQueue"));
    }
    let response = json!({ "QueueUrl": tx.endpoint.queue_url(&name) });
    let attributes = merge(&BTreeMap::new(), &request.attributes)?;
    if let Some(existing) = tx.state.queues.get(&name) {
        let effective = effective(tx, &name, existing);
        return match attributes.iter().find(|(name, value)| effective.get(*name) != Some(value)) {
            Some((attribute, _)) => {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {attribute}"
                );
                Err(AwsError::sender("QueueNameExists", message))
            }
            None => Ok(response),
        };
    }
    if tx.state.deleted.get(&name).is_some_and(|deleted| tx.now.duration_since(*deleted) < COOLDOWN) {
        let message =
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        return Err(AwsError::sender("QueueDeletedRecently", message));
    }
    check_redrive_policy(tx, &name, fifo, attributes.get("RedrivePolicy"))?;
    let settings =
        QueueSettings { attributes, tags: request.tags.unwrap_or_default(), created: tx.now, modified: tx.now };
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(response)
}

fn is_queue_name(name: &str, fifo: bool) -> bool {
    let stem = name.strip_suffix(".fifo");
    let letters = stem.unwrap_or(name);
    let is_valid = letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_valid && !letters.is_empty() && name.len() <= 80 && stem.is_some() == fifo
}

pub(super) fn delete_queue(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let queue = tx.open_queue(request.queue_url.as_deref())?;
    let at = tx.now;
    tx.commit(vec![Change::QueueDeleted { queue, at }])?;
    Ok(json!({}))
}

pub(super) fn purge_queue(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let at = tx.now;
    if tx.queue(&name)?.purged.is_some_and(|purged| at.duration_since(purged) < COOLDOWN) {
        // Unlike all other errors of a caller, this one has another status than 400.
        return Err(AwsError::with_status(
            403,
            "PurgeQueueInProgress",
            format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds."),
        ));
    }
    tx.commit(vec![Change::Purged { queue: name, at }])?;
    Ok(json!({}))
}

pub(super) fn get_queue_url(tx: &Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = request.queue_name.as_deref().ok_or_else(|| error::missing("QueueName"))?;
    tx.queue(name)?;
    match &request.owner {
        Some(owner) if *owner != tx.endpoint.account_region.account => Err(error::no_such_queue()),
        _ => Ok(json!({ "QueueUrl": tx.endpoint.queue_url(name) })),
    }
}

pub(super) fn list_queues(tx: &Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let names = tx.state.queues.keys().filter(|name| name.starts_with(&request.queue_name_prefix));
    let mut response = page(tx, names.cloned().collect(), &request, "QueueUrls")?;
    if let Some(fields) = response.as_object_mut() {
        fields.retain(|_, value| value != &json!([]));
    }
    Ok(response)
}

pub(super) fn list_dead_letter_sources(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let sources = tx.dead_letter_sources(&tx.endpoint.queue_arn(&name));
    page(tx, sources, &request, "queueUrls")
}

/// One page of the queues with these sorted names. The token stands for the last name of the previous page.
fn page(tx: &Transaction<'_>, mut names: Vec<String>, request: &Request, field: &str) -> Result<Value, AwsError> {
    let max = in_range("MaxResults", request.max_results, 1, 1000)?;
    let invalid = |token: &String| error::invalid("NextToken", token, "It is not a token of this service.");
    let token = request.next_token.as_ref();
    let last = token.map(|token| page_token::decode(token).ok_or_else(|| invalid(token))).transpose()?;
    names.retain(|name| last.as_ref().is_none_or(|last| name > last));
    let limit = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(1000);
    let has_more = names.len() > limit;
    names.truncate(limit);
    let mut response = json!({ field: names.iter().map(|name| tx.endpoint.queue_url(name)).collect::<Vec<_>>() });
    // Without `MaxResults` there are up to 1,000 results and no token.
    if let (true, Some(_), Some(last)) = (has_more, max, names.last()) {
        response["NextToken"] = json!(page_token::encode(last));
    }
    Ok(response)
}

pub(super) fn tag_queue(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let tags = request.tags.filter(|tags| !tags.is_empty()).ok_or_else(|| error::missing("Tags"))?;
    let mut settings = tx.queue(&name)?.settings.clone();
    settings.tags.extend(tags);
    if settings.tags.len() > MAX_TAGS {
        return Err(error::invalid_parameter(format!("Too many tags added for queue {name}.")));
    }
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

pub(super) fn untag_queue(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let keys = request.tag_keys.filter(|keys| !keys.is_empty()).ok_or_else(|| error::missing("TagKeys"))?;
    let mut settings = tx.queue(&name)?.settings.clone();
    settings.tags.retain(|key, _| !keys.contains(key));
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

pub(super) fn list_queue_tags(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let tags = &tx.queue(&name)?.settings.tags;
    Ok(if tags.is_empty() { json!({}) } else { json!({ "Tags": tags }) })
}

pub(super) fn get_attributes(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let requested = &request.attribute_names;
    let is_known = |name: &str| {
        READ_ONLY.contains(&name) || check(name, "").err().is_none_or(|error| error.code != "InvalidAttributeName")
    };
    if let Some(unknown) = requested.iter().find(|name| *name != "All" && !is_known(name)) {
        return Err(error::unknown_attribute(unknown));
    }
    let mut attributes = effective(tx, &name, tx.queue(&name)?);
    if !requested.iter().any(|name| name == "All") {
        attributes.retain(|name, _| requested.contains(name));
    }
    Ok(if attributes.is_empty() { json!({}) } else { json!({ "Attributes": attributes }) })
}

pub(super) fn set_attributes(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let mut settings = tx.queue(&name)?.settings.clone();
    if request.attributes.is_empty() {
        return Err(error::missing("Attribute.Name"));
    }
    // The type of a queue is set once, when it is created.
    match request.attributes.get("FifoQueue").map(|value| normalized("FifoQueue", value)) {
        Some(_) if !settings.attributes.contains_key("FifoQueue") => return Err(error::unknown_attribute("FifoQueue")),
        Some(value) if value != "true" => {
            let reason = "Reason: Modifying queue type is not supported.";
            let message = format!("Invalid value for the parameter FifoQueue. {reason}");
            return Err(AwsError::sender("InvalidAttributeValue", message));
        }
        _ => {}
    }
    settings.attributes = merge(&settings.attributes, &request.attributes)?;
    let fifo = settings.attributes.contains_key("FifoQueue");
    let policy = request.attributes.get("RedrivePolicy").filter(|policy| !policy.is_empty());
    check_redrive_policy(tx, &name, fifo, policy)?;
    settings.modified = tx.now;
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

/// All attributes with their present values, including defaults.
pub(super) fn effective(tx: &Transaction<'_>, name: &str, queue: &Queue) -> BTreeMap<String, String> {
    let mut attributes = queue.settings.attributes.clone();
    for name in ALWAYS_PRESENT {
        attributes.insert(name.to_owned(), queue.number(name).to_string());
    }
    attributes.entry("SqsManagedSseEnabled".to_owned()).or_insert_with(|| "true".to_owned());
    for (name, value) in FIFO_DEFAULTS.into_iter().filter(|_| queue.is_fifo()) {
        attributes.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let (in_flight, delayed) = (queue.in_flight_count(tx.now), queue.delayed_count(tx.now));
    let visible = queue.messages.len().saturating_sub(in_flight + delayed);
    let read_only = [
        visible.to_string(),
        delayed.to_string(),
        in_flight.to_string(),
        queue.settings.created.as_second().to_string(),
        queue.settings.modified.as_second().to_string(),
        tx.endpoint.queue_arn(name),
    ];
    attributes.extend(READ_ONLY.iter().map(|name| (*name).to_owned()).zip(read_only));
    attributes
}

/// Checks that the dead-letter queue exists, has the same type as the source queue, and allows it.
pub(super) fn check_redrive_policy(
    tx: &Transaction<'_>,
    name: &str,
    fifo: bool,
    policy: Option<&String>,
) -> Result<(), AwsError> {
    let Some(text) = policy else { return Ok(()) };
    let invalid = |reason: &str| error::invalid("RedrivePolicy", text, reason);
    let policy = RedrivePolicy::parse(text).map_err(invalid)?;
    let target = tx.queue_name(&policy.target).ok_or_else(|| invalid("Dead letter target does not exist."))?;
    let target = tx.queue(&target)?;
    if target.is_fifo() != fifo {
        return Err(invalid("Dead-letter queue must be same type of queue as the source."));
    }
    let allow = target.settings.attributes.get("RedriveAllowPolicy");
    let allow = allow.and_then(|text| RedriveAllowPolicy::parse(text).ok());
    if allow.is_some_and(|allow| !allow.allows(&tx.endpoint.queue_arn(name))) {
        return Err(invalid("The dead-letter queue's redrive allow policy does not allow this source queue."));
    }
    Ok(())
}
