//! Creating, finding, listing, tagging, purging and deleting queues.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    attributes, error,
    queue::QueueSettings,
    state::Change,
    transaction::{Transaction, in_range, parse},
};
use crate::aws_error::AwsError;

/// The time after a deletion before the name can be used again, and the time between two purges of a queue.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(60);

/// The maximum number of tags of a queue.
const MAX_TAGS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateQueue {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default, rename = "tags", alias = "Tags")]
    tags: BTreeMap<String, String>,
}

pub(super) fn create_queue(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: CreateQueue = parse(body)?;
    let name = request.queue_name.ok_or_else(|| error::missing("QueueName"))?;
    let fifo = request.attributes.contains_key("FifoQueue");
    if !is_queue_name(&name, fifo) {
        let message = "The name of a queue is 1 to 80 letters, digits, hyphens and underscores, and that of a FIFO \
                       queue ends with .fifo.";
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    let response = json!({ "QueueUrl": tx.location.url(&name) });
    let attributes = attributes::merge(&BTreeMap::new(), &request.attributes)?;
    if let Some(existing) = tx.state.queues.get(&name) {
        let effective = attributes::effective(tx, &name, existing);
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
    attributes::check_redrive_policy(tx, &name, fifo, attributes.get("RedrivePolicy"))?;
    let settings = QueueSettings { attributes, tags: request.tags, created: tx.now, modified: tx.now };
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(response)
}

fn is_queue_name(name: &str, fifo: bool) -> bool {
    let stem = name.strip_suffix(".fifo");
    let letters = stem.unwrap_or(name);
    let is_valid = letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_valid && !letters.is_empty() && name.len() <= 80 && stem.is_some() == fifo
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueUrl {
    queue_url: Option<String>,
}

pub(super) fn delete_queue(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: QueueUrl = parse(body)?;
    let queue = tx.open_queue(request.queue_url.as_deref())?;
    let at = tx.now;
    tx.commit(vec![Change::QueueDeleted { queue, at }])?;
    Ok(json!({}))
}

pub(super) fn purge_queue(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: QueueUrl = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let at = tx.now;
    if tx.queue(&name)?.purged.is_some_and(|purged| at.duration_since(purged) < COOLDOWN) {
        let message = format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds.");
        return Err(AwsError::sender("PurgeQueueInProgress", message));
    }
    tx.commit(vec![Change::Purged { queue: name, at }])?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(super) fn get_queue_url(tx: &Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: GetQueueUrl = parse(body)?;
    let name = request.queue_name.as_deref().ok_or_else(|| error::missing("QueueName"))?;
    tx.queue(name)?;
    match &request.owner {
        Some(owner) if *owner != tx.location.account => Err(error::no_such_queue()),
        _ => Ok(json!({ "QueueUrl": tx.location.url(name) })),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueues {
    #[serde(default)]
    queue_name_prefix: String,
    queue_url: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn list_queues(tx: &Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: ListQueues = parse(body)?;
    let names = tx.state.queues.keys().filter(|name| name.starts_with(&request.queue_name_prefix));
    page(tx, names.cloned().collect(), &request, "QueueUrls")
}

pub(super) fn list_dead_letter_sources(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: ListQueues = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let sources = tx.dead_letter_sources(&tx.location.arn(&name));
    page(tx, sources, &request, "queueUrls")
}

/// One page of the queues with these sorted names. The token is the last name of the previous page.
fn page(tx: &Transaction<'_>, mut names: Vec<String>, request: &ListQueues, field: &str) -> Result<Value, AwsError> {
    let max = in_range("MaxResults", request.max_results, 1, 1000)?;
    names.retain(|name| request.next_token.as_ref().is_none_or(|token| name > token));
    let limit = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(1000);
    let has_more = names.len() > limit;
    names.truncate(limit);
    let mut response = json!({ field: names.iter().map(|name| tx.location.url(name)).collect::<Vec<_>>() });
    // Without `MaxResults` there are up to 1,000 results and no token.
    if let (true, Some(_), Some(last)) = (has_more, max, names.last()) {
        response["NextToken"] = json!(last);
    }
    Ok(response)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagRequest {
    queue_url: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    tag_keys: Option<Vec<String>>,
}

pub(super) fn tag_queue(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: TagRequest = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let tags = request.tags.filter(|tags| !tags.is_empty()).ok_or_else(|| error::missing("Tags"))?;
    let mut settings = tx.queue(&name)?.settings.clone();
    settings.tags.extend(tags);
    if settings.tags.len() > MAX_TAGS {
        let message = format!("Too many tags added for queue {name}.");
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

pub(super) fn untag_queue(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: TagRequest = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let keys = request.tag_keys.filter(|keys| !keys.is_empty()).ok_or_else(|| error::missing("TagKeys"))?;
    let mut settings = tx.queue(&name)?.settings.clone();
    settings.tags.retain(|key, _| !keys.contains(key));
    tx.commit(vec![Change::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

pub(super) fn list_queue_tags(tx: &mut Transaction<'_>, body: Value) -> Result<Value, AwsError> {
    let request: QueueUrl = parse(body)?;
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let tags = &tx.queue(&name)?.settings.tags;
    Ok(if tags.is_empty() { json!({}) } else { json!({ "Tags": tags }) })
}
