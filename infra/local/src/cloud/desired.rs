//! Everything that a stack is made of, as the folder remembers it from one start to the next.

use serde_json::Value;

use super::{
    archives, mappings, queues,
    resource_state::{Key, Kind, Resource},
    rules, schedules, tables,
};
use crate::template::Stack;

/// The tables, which are there before all else.
pub(super) fn tables(stack: &Stack) -> Vec<Resource> {
    let tables = stack.tables.iter();
    tables.map(|table| resource(stack, &table.id, tables::key(table), tables::declared(table))).collect()
}

/// All the rest.
pub(super) fn others(stack: &Stack) -> Vec<Resource> {
    let mut all = Vec::new();
    let mut add = |id: &str, key: Key, declared: Value| all.push(resource(stack, id, key, declared));
    for rule in &stack.rules {
        add(&rule.id, rules::key(rule), rules::declared(rule));
    }
    for archive in &stack.archives {
        add(&archive.id, archives::key(archive), archives::declared(archive));
    }
    for bus in &stack.buses {
        add(&bus.id, key(Kind::Bus, "", &bus.name), Value::Null);
    }
    for schedule in &stack.schedules {
        add(&schedule.id, schedules::key(schedule), schedules::declared(schedule));
    }
    for group in &stack.schedule_groups {
        add(&group.id, key(Kind::ScheduleGroup, "", &group.name), Value::Null);
    }
    for mapping in &stack.mappings {
        add(&mapping.id, mappings::key(mapping), mappings::declared(mapping));
    }
    for function in &stack.functions {
        add(&function.id, key(Kind::Function, "", &function.name), Value::Null);
    }
    for queue in &stack.queues {
        add(&queue.id, queues::key(queue), queues::declared(queue));
    }
    all
}

/// The key of a resource.
pub(super) fn key(kind: Kind, within: &str, name: &str) -> Key {
    Key { kind, within: within.to_owned(), name: name.to_owned() }
}

fn resource(stack: &Stack, id: &str, key: Key, declared: Value) -> Resource {
    Resource { key, id: id.to_owned(), declared, kept: stack.kept.get(id).copied().unwrap_or_default() }
}
