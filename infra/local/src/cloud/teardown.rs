//! What the template does not have any more is taken down, as a deployment does it last of all. What outlives it, and
//! what somebody else had made, stays; what cannot be taken down now is tried again at the next start.

use dynoxide::{actions::delete_table::DeleteTableRequest, errors::DynoxideError};
use serde_json::{Value, json};

use super::{
    CloudError, Parts, mappings,
    resource_state::{Key, Kind, Made, Resource},
    store::Opened,
};
use crate::aws_error::AwsError;

/// Why a resource is still there.
#[derive(Debug, thiserror::Error)]
enum NotGone {
    #[error(transparent)]
    Service(#[from] AwsError),
    #[error(transparent)]
    Tables(#[from] DynoxideError),
    #[error(transparent)]
    Store(#[from] CloudError),
}

/// Takes down what is not wanted any more.
pub(super) async fn take_down(
    parts: &Parts,
    store: &Opened,
    made: &mut Made,
    wanted: &[Resource],
) -> Result<(), CloudError> {
    for (gone, was_found) in made.gone(wanted) {
        let Resource { key, id, kept, .. } = &gone;
        let (kind, name) = (key.kind, &key.name);
        let is_replaced = wanted.iter().any(|wanted| wanted.id == *id && wanted.key.kind == kind);
        let policy = if is_replaced {
            ("UpdateReplacePolicy", kept.when_replaced)
        } else {
            ("DeletionPolicy", kept.when_removed)
        };
        match (was_found, policy) {
            (true, _) => tracing::info!(?kind, name, id, "left alone: it was there before the stack"),
            (false, (policy, true)) => {
                tracing::info!(?kind, name, id, policy, "kept, though the template has it no more")
            }
            (false, (_, false)) => match delete(parts, store, &gone, wanted).await {
                Ok(()) => tracing::info!(?kind, name, id, "removed: the template has it no more"),
                Err(error) => {
                    tracing::warn!(?kind, name, id, %error, "not removed; the next start tries it again");
                    continue;
                }
            },
        }
        made.forget(key)?;
    }
    Ok(())
}

/// Deletes it. What is not there any more is deleted.
async fn delete(parts: &Parts, store: &Opened, gone: &Resource, wanted: &[Resource]) -> Result<(), NotGone> {
    let Key { kind, within, name } = &gone.key;
    match kind {
        Kind::Rule => Ok(or_gone(delete_rule(parts, within, name).await)?),
        Kind::Archive => Ok(or_gone(parts.events.handle("DeleteArchive", json!({ "ArchiveName": name })).await)?),
        Kind::Bus => Ok(or_gone(parts.events.handle("DeleteEventBus", json!({ "Name": name })).await)?),
        Kind::Schedule => {
            let named = json!({ "Name": name, "GroupName": within });
            Ok(or_gone(parts.scheduler.handle("DeleteSchedule", named).await)?)
        }
        Kind::ScheduleGroup => Ok(or_gone(delete_group(parts, name).await)?),
        Kind::Mapping => {
            let table = gone.declared.get("table").and_then(Value::as_str);
            let stays = |table: &str| wanted.iter().any(|it| it.key.kind == Kind::Table && it.key.name == table);
            // A table that is made again goes on counting where its stream stopped, and so must who reads it.
            match table.is_none_or(stays) {
                true => Ok(store.remove(&mappings::place(name))?),
                false => Ok(()),
            }
        }
        // What functions there are is said by the template alone.
        Kind::Function => Ok(()),
        Kind::Queue => {
            let named = parts.sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await;
            let Ok(answer) = named else { return Ok(or_gone(named)?) };
            let url = answer.get("QueueUrl");
            Ok(or_gone(parts.sqs.handle("DeleteQueue", json!({ "QueueUrl": url })).await)?)
        }
        Kind::Table => match parts.database.delete_table(DeleteTableRequest { table_name: name.clone() }) {
            Ok(_) | Err(DynoxideError::ResourceNotFoundException(_)) => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}

/// A rule goes with all its targets.
async fn delete_rule(parts: &Parts, bus: &str, rule: &str) -> Result<Value, AwsError> {
    let of_rule = json!({ "Rule": rule, "EventBusName": bus });
    let answer = parts.events.handle("ListTargetsByRule", of_rule).await?;
    let targets = answer.get("Targets").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&Value> = targets.filter_map(|target| target.get("Id")).collect();
    if !ids.is_empty() {
        let body = json!({ "Rule": rule, "EventBusName": bus, "Ids": ids });
        parts.events.handle("RemoveTargets", body).await?;
    }
    parts.events.handle("DeleteRule", json!({ "Name": rule, "EventBusName": bus })).await
}

/// As in the cloud, a group goes with all its schedules, whoever set them.
async fn delete_group(parts: &Parts, group: &str) -> Result<Value, AwsError> {
    let answer = parts.scheduler.handle("ListSchedules", json!({ "ScheduleGroup": group })).await?;
    let some = answer.get("Schedules").and_then(Value::as_array).is_some_and(|schedules| !schedules.is_empty());
    if some {
        tracing::warn!(group, "the group goes with the schedules that are set in it");
    }
    parts.scheduler.handle("DeleteScheduleGroup", json!({ "Name": group })).await
}

fn or_gone(answer: Result<Value, AwsError>) -> Result<(), AwsError> {
    match answer {
        Err(error) if !matches!(error.code.as_str(), "ResourceNotFoundException" | "QueueDoesNotExist") => Err(error),
        _ => Ok(()),
    }
}
