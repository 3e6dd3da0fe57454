//! The tags of a queue.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{error, record::Record, turn::Turn};
use crate::aws_error::AwsError;

/// So many tags a queue may have.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    queue_url: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

pub(super) fn tag(turn: &mut Turn<'_>, request: Tag) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let tags = request.tags.filter(|tags| !tags.is_empty()).ok_or_else(|| error::missing("Tags"))?;
    let mut settings = turn.queue(&name)?.settings.clone();
    settings.tags.extend(tags);
    if settings.tags.len() > MOST {
        let message = format!("Too many tags added for queue {name}.");
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    turn.commit(vec![Record::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Untag {
    queue_url: Option<String>,
    tag_keys: Option<Vec<String>>,
}

pub(super) fn untag(turn: &mut Turn<'_>, request: &Untag) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let keys = request.tag_keys.as_ref().filter(|keys| !keys.is_empty()).ok_or_else(|| error::missing("TagKeys"))?;
    let mut settings = turn.queue(&name)?.settings.clone();
    settings.tags.retain(|key, _| !keys.contains(key));
    turn.commit(vec![Record::QueueSet { queue: name, settings }])?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    queue_url: Option<String>,
}

pub(super) fn list(turn: &mut Turn<'_>, request: &List) -> Result<Value, AwsError> {
    let name = turn.enter(request.queue_url.as_deref())?;
    let tags = &turn.queue(&name)?.settings.tags;
    Ok(if tags.is_empty() { json!({}) } else { json!({ "Tags": tags }) })
}
