//! SQS in the query protocol: a form becomes the request of the JSON protocol, and its response becomes XML.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{
    form::Form,
    xml::{element, escaped, refuse, respond},
};
use crate::{aws_error::AwsError, sqs::Sqs};

pub(super) const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// The operations, and whether they have a result. Those with a `/` are not offered at the URL of a queue.
const OPERATIONS: &str = "AddPermission CancelMessageMoveTask=/ ChangeMessageVisibility ChangeMessageVisibilityBatch= \
    CreateQueue=/ DeleteMessage DeleteMessageBatch= DeleteQueue GetQueueAttributes= GetQueueUrl= \
    ListDeadLetterSourceQueues= ListMessageMoveTasks=/ ListQueueTags= ListQueues=/ PurgeQueue ReceiveMessage= \
    RemovePermission SendMessage= SendMessageBatch= SetQueueAttributes StartMessageMoveTask=/ TagQueue UntagQueue";

/// The numbers among the fields.
const NUMBERS: [&str; 6] = [
    "DelaySeconds",
    "MaxNumberOfMessages",
    "MaxNumberOfMessagesPerSecond",
    "MaxResults",
    "VisibilityTimeout",
    "WaitTimeSeconds",
];

/// The lists of texts: the name in a form, and in JSON.
const LISTS: [(&str, &str); 6] = [
    ("ActionName", "Actions"),
    ("AttributeName", "AttributeNames"),
    ("AWSAccountId", "AWSAccountIds"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    ("TagKey", "TagKeys"),
];

/// The maps: the name of an entry, the field with its key, and the name in JSON.
const MAPS: [(&str, &str, &str); 4] = [
    ("Attribute", "Name", "Attributes"),
    ("MessageAttribute", "Name", "MessageAttributes"),
    ("MessageSystemAttribute", "Name", "MessageSystemAttributes"),
    ("Tag", "Key", "Tags"),
];

/// Answers an operation at this path.
pub(super) async fn answer(sqs: &Sqs, action: &str, path: &str, form: &Form) -> Response {
    let is_at_queue = path != "/";
    let operation = OPERATIONS.split_whitespace().find(|known| known.trim_end_matches(['=', '/']) == action);
    let Some(operation) = operation.filter(|known| !(is_at_queue && known.ends_with('/'))) else {
        let message = format!("The action {action} is not valid for this endpoint.");
        return refuse(NAMESPACE, &AwsError::sender("InvalidAction", message));
    };
    let mut request = match fields(form) {
        Ok(request) => request,
        Err(error) => return refuse(NAMESPACE, &error),
    };
    if is_at_queue {
        request.entry("QueueUrl").or_insert(path.into());
    }
    match sqs.handle(action, request.into()).await {
        Ok(response) => respond(NAMESPACE, action, operation.contains('=').then(|| content(action, &response))),
        Err(error) => refuse(NAMESPACE, &error),
    }
}

/// The fields of a form as those of the JSON protocol.
fn fields(form: &Form) -> Result<Map<String, Value>, AwsError> {
    let mut fields = Map::new();
    for (name, field) in form.fields() {
        if let Some((_, plural)) = LISTS.iter().find(|(member, _)| *member == name) {
            let texts: Vec<_> = field.members().into_iter().filter_map(Form::value).collect();
            fields.insert((*plural).to_owned(), json!(texts));
        } else if let Some((_, key, plural)) = MAPS.iter().find(|(entry, ..)| *entry == name) {
            let entries = field.members().into_iter().filter_map(|entry| Some((entry.text(key)?, entry.get("Value")?)));
            let entries = entries.map(|(key, value)| Ok((key.to_owned(), map_value(value)?)));
            fields.insert((*plural).to_owned(), Value::Object(entries.collect::<Result<_, AwsError>>()?));
        } else if name.ends_with("BatchRequestEntry") {
            let entries = field.members().into_iter().map(|entry| Ok(Value::Object(self::fields(entry)?)));
            fields.insert("Entries".to_owned(), entries.collect::<Result<Vec<Value>, AwsError>>()?.into());
        } else if let Some(text) = field.value() {
            fields.insert(name.to_owned(), scalar(name, text)?);
        }
    }
    Ok(fields)
}

/// A text, or the fields of a message attribute.
fn map_value(value: &Form) -> Result<Value, AwsError> {
    match value.value() {
        Some(text) => Ok(text.into()),
        None => Ok(fields(value)?.into()),
    }
}

fn scalar(name: &str, text: &str) -> Result<Value, AwsError> {
    if !NUMBERS.contains(&name) {
        return Ok(text.into());
    }
    let message = || format!("Value {text} for parameter {name} is invalid. Reason: Must be an integer.");
    text.parse::<i64>().map(Value::from).map_err(|_| AwsError::sender("InvalidParameterValue", message()))
}

/// The content of the element for a response of the JSON protocol, or for a part of it.
fn content(action: &str, response: &Value) -> String {
    match response {
        Value::Object(fields) => fields.iter().map(|(name, value)| member(action, name, value)).collect(),
        Value::String(text) => escaped(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A field of a response. Lists and maps are written as their members, one after the other.
fn member(action: &str, name: &str, value: &Value) -> String {
    let batch_entry = format!("{action}ResultEntry");
    let list = match name {
        "QueueUrls" | "queueUrls" => "QueueUrl",
        "Messages" => "Message",
        "Results" | "Successful" => &batch_entry,
        "Failed" => "BatchResultErrorEntry",
        _ => "",
    };
    let map = MAPS.iter().find(|(.., plural)| *plural == name);
    match (value, map) {
        (Value::Array(items), _) if !list.is_empty() => {
            items.iter().map(|item| element(list, &content(action, item))).collect()
        }
        (Value::Object(entries), Some((entry, key, _))) => entries
            .iter()
            .map(|(name, value)| {
                let pair = element(key, &escaped(name)) + &element("Value", &content(action, value));
                element(entry, &pair)
            })
            .collect(),
        _ => element(name, &content(action, value)),
    }
}
