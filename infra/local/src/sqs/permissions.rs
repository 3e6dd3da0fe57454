//! `AddPermission` and `RemovePermission`: statements of the attribute `Policy`. No call is checked against them.

use serde_json::{Value, json};

use super::{
    error,
    queues::Request,
    state::{Change, Transaction},
};
use crate::aws_error::AwsError;

/// The actions that the owner of a queue may grant.
const GRANTABLE: &str = "* ChangeMessageVisibility DeleteMessage GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues \
    PurgeQueue ReceiveMessage SendMessage";
const MAX_ACTIONS: usize = 7;

pub(super) fn add_permission(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let label = request.label.filter(|label| !label.is_empty()).ok_or_else(|| error::missing("Label"))?;
    let actions = request.actions.filter(|actions| !actions.is_empty()).ok_or_else(|| error::missing("Actions"))?;
    let accounts = request.account_ids.filter(|ids| !ids.is_empty()).ok_or_else(|| error::missing("AWSAccountIds"))?;
    if actions.len() > MAX_ACTIONS {
        let message = format!("{} Actions were found, maximum allowed is {MAX_ACTIONS}.", actions.len());
        return Err(AwsError::sender("OverLimit", message));
    }
    if let Some(action) = actions.iter().find(|action| !GRANTABLE.split(' ').any(|known| known == action.as_str())) {
        let reason = "Only the queue owner is allowed to invoke this action.";
        return Err(error::invalid("ActionName", format!("SQS:{action}"), reason));
    }
    let arn = tx.endpoint.queue_arn(&name);
    let mut policy = policy(tx, &name)?.unwrap_or_else(
        || json!({ "Version": "2008-10-17", "Id": format!("{arn}/SQSDefaultPolicy"), "Statement": [] }),
    );
    let statement = json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": { "AWS": one_or_all(accounts.iter().map(|id| format!("arn:aws:iam::{id}:root")).collect()) },
        "Action": one_or_all(actions.iter().map(|action| format!("SQS:{action}")).collect()),
        "Resource": arn,
    });
    let mut statements = take_statements(&mut policy);
    if statements.iter().any(|statement| statement["Sid"] == label) {
        return Err(error::invalid("Label", label, "Already exists."));
    }
    statements.push(statement);
    policy["Statement"] = statements.into();
    store(tx, name, Some(policy))
}

pub(super) fn remove_permission(tx: &mut Transaction<'_>, request: Request) -> Result<Value, AwsError> {
    let name = tx.open_queue(request.queue_url.as_deref())?;
    let label = request.label.filter(|label| !label.is_empty()).ok_or_else(|| error::missing("Label"))?;
    let mut policy = policy(tx, &name)?.unwrap_or_default();
    let mut statements = take_statements(&mut policy);
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != label);
    if statements.len() == before {
        return Err(error::invalid("Label", label, "can't find label on existing policy."));
    }
    let has_more = !statements.is_empty();
    policy["Statement"] = statements.into();
    store(tx, name, has_more.then_some(policy))
}

fn policy(tx: &Transaction<'_>, name: &str) -> Result<Option<Value>, AwsError> {
    let text = tx.queue(name)?.settings.attributes.get("Policy");
    Ok(text.and_then(|text| serde_json::from_str(text).ok()))
}

/// Takes the statements out of a policy. A single one may stand without a list.
fn take_statements(policy: &mut Value) -> Vec<Value> {
    match policy["Statement"].take() {
        Value::Null => Vec::new(),
        Value::Array(statements) => statements,
        one => vec![one],
    }
}

fn one_or_all(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { json!(texts.remove(0)) } else { json!(texts) }
}

fn store(tx: &mut Transaction<'_>, queue: String, policy: Option<Value>) -> Result<Value, AwsError> {
    let mut settings = tx.queue(&queue)?.settings.clone();
    match policy {
        Some(policy) => settings.attributes.insert("Policy".to_owned(), policy.to_string()),
        None => settings.attributes.remove("Policy"),
    };
    settings.modified = tx.now;
    tx.commit(vec![Change::QueueSet { queue, settings }])?;
    Ok(json!({}))
}
