//! A deployment: logs what will change, changes it, logs that it is applied, and last deletes the resources that the
//! template no longer has. Every step is idempotent, so the next start completes one that was killed.

use std::collections::BTreeSet;

use dynoxide::{actions::delete_table::DeleteTableRequest, errors::DynoxideError};
use serde_json::{Value, json};

use super::{
    aws_resources::{
        apply, archive_key, describe, desired_archive, desired_queue, desired_rule, desired_schedule, queue_key,
        rule_key, schedule_key,
    },
    error::StartError,
    mappings,
    resource_state::{Key, Kind, Resource, ResourceState},
    store::Opened,
    tables,
};
use crate::{aws_error::AwsError, http::AwsServices, template::Stack};

/// The write-ahead log of the resource state.
const WAL_FILE: &str = "stack.journal";

/// A deployment that has created its tables.
pub(super) struct Deployment {
    state: ResourceState,
    tables: Vec<Resource>,
}

/// A resource could not be deleted.
#[derive(Debug, thiserror::Error)]
enum DeleteError {
    #[error(transparent)]
    Service(#[from] AwsError),
    #[error(transparent)]
    Tables(#[from] DynoxideError),
    #[error(transparent)]
    Store(#[from] StartError),
}

impl Deployment {
    /// Creates and updates the tables, before any service can use them.
    pub(super) fn start(stack: &Stack, store: &Opened) -> Result<Self, StartError> {
        tables::check(&store.database, &stack.tables)?;
        let mut state = ResourceState::open(store.path(WAL_FILE))?;
        let tables = desired_tables(stack);
        let unknown = tables.iter().map(|table| &table.key).filter(|key| !state.contains(key));
        let there = unknown.filter(|key| tables::is_there(&store.database, &key.name)).cloned().collect();
        state.start(&tables, &there)?;
        tables::apply(&store.database, &stack.tables, &state)?;
        Ok(Self { state, tables })
    }

    /// Creates and updates all other resources, and deletes those that the template no longer has.
    pub(super) async fn finish(self, stack: &Stack, services: &AwsServices, store: &Opened) -> Result<(), StartError> {
        let Self { mut state, tables } = self;
        let mut desired = desired_others(stack);
        let mut there = BTreeSet::new();
        for resource in &desired {
            if !state.contains(&resource.key) && describe(services, &resource.key).await.is_some() {
                there.insert(resource.key.clone());
            }
        }
        state.start(&desired, &there)?;
        apply(services, stack, &mut state).await?;
        mappings::reset_checkpoints(stack, store, &state)?;
        desired.extend(tables);
        state.mark_applied(&desired)?;
        delete_removed(services, store, &mut state, &desired).await
    }
}

/// The tables of the stack, which are created first.
fn desired_tables(stack: &Stack) -> Vec<Resource> {
    let tables = stack.tables.iter();
    tables.map(|table| resource(stack, &table.id, tables::key(table), tables::desired(table))).collect()
}

/// All other resources of the stack.
pub(super) fn desired_others(stack: &Stack) -> Vec<Resource> {
    let mut all = Vec::new();
    let mut add = |id: &str, key: Key, desired: Value| all.push(resource(stack, id, key, desired));
    stack.rules.iter().for_each(|rule| add(&rule.id, rule_key(rule), desired_rule(rule)));
    stack.archives.iter().for_each(|archive| add(&archive.id, archive_key(archive), desired_archive(archive)));
    stack.buses.iter().for_each(|bus| add(&bus.id, Key::new(Kind::Bus, "", &bus.name), Value::Null));
    stack.schedules.iter().for_each(|one| add(&one.id, schedule_key(one), desired_schedule(one)));
    stack
        .schedule_groups
        .iter()
        .for_each(|one| add(&one.id, Key::new(Kind::ScheduleGroup, "", &one.name), Value::Null));
    stack.mappings.iter().for_each(|one| add(&one.id, mappings::key(one), mappings::desired(one)));
    stack.functions.iter().for_each(|one| add(&one.id, Key::new(Kind::Function, "", &one.name), Value::Null));
    stack.queues.iter().for_each(|queue| add(&queue.id, queue_key(queue), desired_queue(queue)));
    all
}

fn resource(stack: &Stack, id: &str, key: Key, desired: Value) -> Resource {
    Resource { key, id: id.to_owned(), desired, kept: stack.retained.get(id).copied().unwrap_or_default() }
}

/// Deletes the resources that the template no longer declares. Resources that a policy retains, or that existed before
/// the stack, stay. A failed deletion is retried by the next start.
async fn delete_removed(
    services: &AwsServices,
    store: &Opened,
    state: &mut ResourceState,
    desired: &[Resource],
) -> Result<(), StartError> {
    for (removed, was_found) in state.removed(desired) {
        let Resource { key, id, kept, .. } = &removed;
        let (kind, name) = (key.kind, &key.name);
        let is_replaced = desired.iter().any(|desired| desired.id == *id && desired.key.kind == kind);
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
            (false, (_, false)) => match delete(services, store, &removed, desired).await {
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
async fn delete(
    services: &AwsServices,
    store: &Opened,
    removed: &Resource,
    desired: &[Resource],
) -> Result<(), DeleteError> {
    let AwsServices { sqs, events, scheduler, .. } = services;
    let Key { kind, parent, name } = &removed.key;
    let deleted = match kind {
        Kind::Rule => delete_rule(services, parent, name).await,
        Kind::Archive => events.handle("DeleteArchive", json!({ "ArchiveName": name })).await,
        Kind::Bus => events.handle("DeleteEventBus", json!({ "Name": name })).await,
        Kind::Schedule => scheduler.handle("DeleteSchedule", json!({ "Name": name, "GroupName": parent })).await,
        Kind::ScheduleGroup => delete_group(services, name).await,
        Kind::Queue => match sqs.handle("GetQueueUrl", json!({ "QueueName": name })).await {
            Ok(answer) => sqs.handle("DeleteQueue", json!({ "QueueUrl": answer.get("QueueUrl") })).await,
            Err(error) => Err(error),
        },
        Kind::Mapping => {
            let table = removed.desired.get("table").and_then(Value::as_str);
            let stays = |table: &str| desired.iter().any(|it| it.key.kind == Kind::Table && it.key.name == table);
            // A table that is created again continues its sequence numbers, so the checkpoint must stay.
            if table.is_none_or(stays) {
                store.remove(&mappings::checkpoint_file(name))?;
            }
            Ok(Value::Null)
        }
        // Functions exist in the template only.
        Kind::Function => Ok(Value::Null),
        Kind::Table => match services.database.delete_table(DeleteTableRequest { table_name: name.clone() }) {
            Ok(_) | Err(DynoxideError::ResourceNotFoundException(_)) => Ok(Value::Null),
            Err(error) => return Err(error.into()),
        },
    };
    match deleted {
        Err(error) if !matches!(error.code.as_str(), "ResourceNotFoundException" | "QueueDoesNotExist") => {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

/// Deletes a rule with all its targets.
async fn delete_rule(services: &AwsServices, bus: &str, rule: &str) -> Result<Value, AwsError> {
    let events = &services.events;
    let answer = events.handle("ListTargetsByRule", json!({ "Rule": rule, "EventBusName": bus })).await?;
    let targets = answer.get("Targets").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&Value> = targets.filter_map(|target| target.get("Id")).collect();
    if !ids.is_empty() {
        events.handle("RemoveTargets", json!({ "Rule": rule, "EventBusName": bus, "Ids": ids })).await?;
    }
    events.handle("DeleteRule", json!({ "Name": rule, "EventBusName": bus })).await
}

/// Deletes a schedule group with all its schedules, as AWS does.
async fn delete_group(services: &AwsServices, group: &str) -> Result<Value, AwsError> {
    let scheduler = &services.scheduler;
    let answer = scheduler.handle("ListSchedules", json!({ "ScheduleGroup": group })).await?;
    let has_schedules = answer.get("Schedules").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if has_schedules {
        tracing::warn!(group, "the group is deleted with the schedules in it");
    }
    scheduler.handle("DeleteScheduleGroup", json!({ "Name": group })).await
}
