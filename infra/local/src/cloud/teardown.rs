//! Deletes the resources that the template no longer has, as the last step of a deployment. Resources that a policy
//! retains, or that existed before the stack, stay. A failed deletion is retried by the next start.

use dynoxide::{actions::delete_table::DeleteTableRequest, errors::DynoxideError};
use serde_json::{Value, json};

use super::{
    CloudError, Parts, mappings,
    resource_state::{Key, Kind, Resource, ResourceState},
    store::Opened,
};
use crate::aws_error::AwsError;

/// A resource could not be deleted.
#[derive(Debug, thiserror::Error)]
enum DeleteError {
    #[error(transparent)]
    Service(#[from] AwsError),
    #[error(transparent)]
    Tables(#[from] DynoxideError),
    #[error(transparent)]
    Store(#[from] CloudError),
}

/// Deletes the resources that the template no longer declares.
pub(super) async fn delete_removed(
    parts: &Parts,
    store: &Opened,
    state: &mut ResourceState,
    wanted: &[Resource],
) -> Result<(), CloudError> {
    for (gone, was_found) in state.removed(wanted) {
        let Resource { key, id, kept, .. } = &gone;
        let (kind, name) = (key.kind, &key.name);
        let is_replaced = wanted.iter().any(|wanted| wanted.id == *id && wanted.key.kind == kind);
        let policy = if is_replaced {
            ("UpdateReplacePolicy", kept.when_replaced)
        } else {
            ("DeletionPolicy", kept.when_removed)
        };
        match (was_found, policy) {
            (true, _) => tracing::info!(?kind, name, id, "kept: it existed before the stack"),
            (false, (policy, true)) => {
                tracing::info!(?kind, name, id, policy, "kept by its policy, though the template no longer has it")
            }
            (false, (_, false)) => match delete(parts, store, &gone, wanted).await {
                Ok(()) => tracing::info!(?kind, name, id, "deleted: the template no longer has it"),
                Err(error) => {
                    tracing::warn!(?kind, name, id, %error, "not deleted; the next start tries again");
                    continue;
                }
            },
        }
        state.forget(key)?;
    }
    Ok(())
}

/// Deletes a resource. One that is missing counts as deleted.
async fn delete(parts: &Parts, store: &Opened, gone: &Resource, wanted: &[Resource]) -> Result<(), DeleteError> {
    let Key { kind, parent, name } = &gone.key;
    match kind {
        Kind::Rule => Ok(ignore_missing(delete_rule(parts, parent, name).await)?),
        Kind::Archive => {
            Ok(ignore_missing(parts.events.handle("DeleteArchive", json!({ "ArchiveName": name })).await)?)
        }
        Kind::Bus => Ok(ignore_missing(parts.events.handle("DeleteEventBus", json!({ "Name": name })).await)?),
        Kind::Schedule => {
            let named = json!({ "Name": name, "GroupName": parent });
            Ok(ignore_missing(parts.scheduler.handle("DeleteSchedule", named).await)?)
        }
        Kind::ScheduleGroup => Ok(ignore_missing(delete_group(parts, name).await)?),
        Kind::Mapping => {
            let table = gone.desired.get("table").and_then(Value::as_str);
            let stays = |table: &str| wanted.iter().any(|it| it.key.kind == Kind::Table && it.key.name == table);
            // A table that is created again continues its sequence numbers, so the checkpoint must stay.
            match table.is_none_or(stays) {
                true => Ok(store.remove(&mappings::checkpoint_file(name))?),
                false => Ok(()),
            }
        }
        // Functions exist in the template only.
        Kind::Function => Ok(()),
        Kind::Queue => {
            let named = parts.sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await;
            let Ok(answer) = named else { return Ok(ignore_missing(named)?) };
            let url = answer.get("QueueUrl");
            Ok(ignore_missing(parts.sqs.handle("DeleteQueue", json!({ "QueueUrl": url })).await)?)
        }
        Kind::Table => match parts.database.delete_table(DeleteTableRequest { table_name: name.clone() }) {
            Ok(_) | Err(DynoxideError::ResourceNotFoundException(_)) => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}

/// Deletes a rule with all its targets.
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

/// Deletes a schedule group with all its schedules, as AWS does.
async fn delete_group(parts: &Parts, group: &str) -> Result<Value, AwsError> {
    let answer = parts.scheduler.handle("ListSchedules", json!({ "ScheduleGroup": group })).await?;
    let some = answer.get("Schedules").and_then(Value::as_array).is_some_and(|schedules| !schedules.is_empty());
    if some {
        tracing::warn!(group, "the group is deleted with the schedules in it");
    }
    parts.scheduler.handle("DeleteScheduleGroup", json!({ "Name": group })).await
}

fn ignore_missing(answer: Result<Value, AwsError>) -> Result<(), AwsError> {
    match answer {
        Err(error) if !matches!(error.code.as_str(), "ResourceNotFoundException" | "QueueDoesNotExist") => Err(error),
        _ => Ok(()),
    }
}
