//! Making, finding, emptying and deleting queues.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    attributes, error,
    queue::QueueSettings,
    record::Record,
    settings,
    turn::{Turn, between},
};
use crate::aws_error::AwsError;

/// A name is not free for so long after its queue was deleted, and a queue is purged only once in this time.
const REST: SignedDuration = SignedDuration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default, rename = "tags", alias = "Tags")]
    tags: BTreeMap<String, String>,
}

pub(super) fn create(turn: &mut Turn<'_>, request: Create) -> Result<Value, AwsError> {
    let name = request.queue_name.ok_or_else(|| error::missing("QueueName"))?;
    let wants_fifo = request.attributes.contains_key("FifoQueue");
    if !is_name(&name, wants_fifo) {
        let message = "The name of a queue is 1 to 80 letters, digits, hyphens and underscores, and that of a FIFO \
                       queue ends with .fifo.";
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    let answer = json!({ "QueueUrl": turn.place.url(&name) });
    let wanted = attributes::merge(&BTreeMap::new(), &request.attributes)?;
    if let Some(present) = turn.state.queues.get(&name) {
        let effective = settings::all(turn, &name, present);
        return match wanted.iter().find(|(name, value)| effective.get(*name) != Some(value)) {
            Some((attribute, _)) => {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {attribute}"
                );
                Err(AwsError::sender("QueueNameExists", message))
            }
            None => Ok(answer),
        };
    }
    if turn.state.deleted.get(&name).is_some_and(|deleted| turn.now.duration_since(*deleted) < REST) {
        let message =
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        return Err(AwsError::sender("QueueDeletedRecently", message));
    }
    settings::check_redrive(turn, &name, wants_fifo, wanted.get("RedrivePolicy"))?;
    let settings = QueueSettings { attributes: wanted, tags: request.tags, created: turn.now, modified: turn.now };
    turn.commit(vec![Record::QueueSet { queue: name, settings }])?;
    Ok(answer)
}

fn is_name(name: &str, fifo: bool) -> bool {
    let stem = name.strip_suffix(".fifo");
    let letters = stem.unwrap_or(name);
    let fits = letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits && !letters.is_empty() && name.len() <= 80 && stem.is_some() == fifo
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfQueue {
    queue_url: Option<String>,
}

pub(super) fn delete(turn: &mut Turn<'_>, request: &OfQueue) -> Result<Value, AwsError> {
    let queue = turn.enter(request.queue_url.as_deref())?;
    let at = turn.now;
    turn.commit(vec![Record::QueueDeleted { queue, at }])?;
    Ok(json!({}))
}

pub(super) fn purge(turn: &mut Turn<'_>, request: &OfQueue) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let at = turn.now;
    if turn.queue(&name)?.purged.is_some_and(|purged| at.duration_since(purged) < REST) {
        let message = format!("Only one PurgeQueue operation on {name} is allowed every 60 seconds.");
        return Err(AwsError::sender("PurgeQueueInProgress", message));
    }
    turn.commit(vec![Record::Purged { queue: name, at }])?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ByName {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

pub(super) fn url(turn: &Turn<'_>, request: &ByName) -> Result<Value, AwsError> {
    let name = request.queue_name.as_deref().ok_or_else(|| error::missing("QueueName"))?;
    turn.queue(name)?;
    match &request.owner {
        Some(owner) if *owner != turn.place.account => Err(error::no_such_queue()),
        _ => Ok(json!({ "QueueUrl": turn.place.url(name) })),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    #[serde(default)]
    queue_name_prefix: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn list(turn: &Turn<'_>, request: &List) -> Result<Value, AwsError> {
    let named = turn.state.queues.keys().filter(|name| name.starts_with(&request.queue_name_prefix));
    page(turn, named.cloned().collect(), request.max_results, request.next_token.as_deref(), "QueueUrls")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListSources {
    queue_url: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn list_sources(turn: &mut Turn<'_>, request: &ListSources) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let sources = turn.sources_of(&turn.place.arn(&name));
    page(turn, sources, request.max_results, request.next_token.as_deref(), "queueUrls")
}

/// One page of sorted names as URLs. The token is the last name of the page before.
fn page(
    turn: &Turn<'_>,
    mut names: Vec<String>,
    most: Option<i64>,
    token: Option<&str>,
    field: &str,
) -> Result<Value, AwsError> {
    let most = between("MaxResults", most, 1, 1000)?;
    names.retain(|name| token.is_none_or(|token| name.as_str() > token));
    let limit = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(1000);
    let more = names.len() > limit;
    names.truncate(limit);
    let mut answer = json!({ field: names.iter().map(|name| turn.place.url(name)).collect::<Vec<_>>() });
    // Who names no page size gets the first thousand and no way to more.
    if let (true, Some(_), Some(last)) = (more, most, names.last()) {
        answer["NextToken"] = json!(last);
    }
    Ok(answer)
}
