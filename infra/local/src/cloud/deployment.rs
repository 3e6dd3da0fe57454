//! A deployment: logs what will change, changes it, logs that it is applied, and last deletes the resources that the
//! template no longer has. Every step is idempotent, so the next start completes one that was killed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    CloudError, Parts, archives, mappings, queues,
    resource_state::{Key, Kind, Resource, ResourceState},
    rules, schedules,
    store::Opened,
    tables, teardown,
};
use crate::template::Stack;

/// The write-ahead log of what the stack state.
const WAL_FILE: &str = "stack.journal";

/// A deployment that has created its tables.
pub(super) struct Deployment {
    state: ResourceState,
    tables: Vec<Resource>,
}

impl Deployment {
    /// Makes the tables, which are there before anything can ask for them.
    pub(super) fn start(stack: &Stack, store: &Opened) -> Result<Self, CloudError> {
        tables::check(&store.database, &stack.tables)?;
        let mut state = ResourceState::open(store.path(WAL_FILE))?;
        let tables = desired_tables(stack);
        let unknown = tables.iter().map(|table| &table.key).filter(|key| !state.contains(key));
        let there = unknown.filter(|key| tables::is_there(&store.database, &key.name)).cloned().collect();
        state.start(&tables, &there)?;
        tables::make(&store.database, &stack.tables, &state)?;
        Ok(Self { state, tables })
    }

    /// Creates all other resources, and deletes those that the template no longer has.
    pub(super) async fn finish(self, stack: &Stack, parts: &Parts, store: &Opened) -> Result<(), CloudError> {
        let Self { mut state, tables } = self;
        let mut wanted = desired_others(stack);
        let mut there = BTreeSet::new();
        for resource in &wanted {
            if !state.contains(&resource.key) && is_there(parts, &resource.key).await {
                there.insert(resource.key.clone());
            }
        }
        state.start(&wanted, &there)?;
        queues::make(&parts.sqs, &stack.queues, &state).await?;
        rules::make(&parts.events, stack, &state).await?;
        archives::make(&parts.events, &stack.archives, &state).await?;
        schedules::make(&parts.scheduler, stack, &mut state).await?;
        mappings::reset_checkpoints(stack, store, &state)?;
        wanted.extend(tables);
        state.mark_applied(&wanted)?;
        teardown::delete_removed(parts, store, &mut state, &wanted).await
    }
}

async fn is_there(parts: &Parts, Key { kind, parent, name }: &Key) -> bool {
    match kind {
        Kind::Rule => rules::is_there(&parts.events, parent, name).await,
        Kind::Archive => archives::is_there(&parts.events, name).await,
        Kind::Bus => rules::is_bus_there(&parts.events, name).await,
        Kind::Schedule => schedules::is_there(&parts.scheduler, parent, name).await,
        Kind::ScheduleGroup => schedules::is_group_there(&parts.scheduler, name).await,
        Kind::Queue => queues::is_there(&parts.sqs, name).await,
        // Tables are created before the services start; the others exist in the template only.
        Kind::Table | Kind::Mapping | Kind::Function => false,
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
    for rule in &stack.rules {
        add(&rule.id, rules::key(rule), rules::desired(rule));
    }
    for archive in &stack.archives {
        add(&archive.id, archives::key(archive), archives::desired(archive));
    }
    for bus in &stack.buses {
        add(&bus.id, Key::new(Kind::Bus, "", &bus.name), Value::Null);
    }
    for schedule in &stack.schedules {
        add(&schedule.id, schedules::key(schedule), schedules::desired(schedule));
    }
    for group in &stack.schedule_groups {
        add(&group.id, Key::new(Kind::ScheduleGroup, "", &group.name), Value::Null);
    }
    for mapping in &stack.mappings {
        add(&mapping.id, mappings::key(mapping), mappings::desired(mapping));
    }
    for function in &stack.functions {
        add(&function.id, Key::new(Kind::Function, "", &function.name), Value::Null);
    }
    for queue in &stack.queues {
        add(&queue.id, queues::key(queue), queues::desired(queue));
    }
    all
}

fn resource(stack: &Stack, id: &str, key: Key, desired: Value) -> Resource {
    Resource { key, id: id.to_owned(), desired, kept: stack.retained.get(id).copied().unwrap_or_default() }
}
