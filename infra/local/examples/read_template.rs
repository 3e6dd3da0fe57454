//! Prints the stack that the template reader reads from a template, as JSON by logical id, with all defaults:
//! `read_template infra/template.yaml Stage=prod`. The template check compares it with the output of SAM's translator for the
//! same template. Unsupported properties are reported on the standard error.
#![expect(clippy::print_stdout, reason = "a command prints its result")]

use std::{collections::BTreeMap, error::Error, fs::read_to_string, path::PathBuf};

use causeway_local::template::{
    Function, Input, Mapping, Rule, Schedule, Settings, Source, Stack, StartingPosition, read,
};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: read_template FILE [Parameter=value …]")?;
    let mut settings = Settings::new("shop", "http://127.0.0.1:4100");
    settings.file = Some(PathBuf::from(&path));
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("a parameter is given as Name=value")?;
        settings.parameters.insert(name.to_owned(), value.to_owned());
    }
    let stack = read(&read_to_string(path)?, &settings)?;
    stack.findings.iter().for_each(|finding| eprintln!("{finding}"));
    println!("{:#}", Names::of(&stack).all(&stack)?);
    Ok(())
}

/// The logical ids of ARNs and names, as `Bus.Arn` or `Bus`.
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(stack: &Stack) -> Self {
        let mut names = BTreeMap::new();
        let mut add = |id: &str, name: &str, arn: &str| {
            names.insert(name.to_owned(), id.to_owned());
            names.insert(arn.to_owned(), format!("{id}.Arn"));
        };
        stack.functions.iter().for_each(|one| add(&one.id, &one.name, &one.arn));
        stack.tables.iter().for_each(|one| add(&one.id, &one.name, &one.arn));
        stack.queues.iter().for_each(|one| add(&one.id, &one.name, &one.arn));
        stack.buses.iter().for_each(|one| add(&one.id, &one.name, &one.arn));
        stack.schedule_groups.iter().for_each(|one| add(&one.id, &one.name, &one.arn));
        stack.documents.iter().for_each(|one| add(&one.id, &one.name, one.arn.as_deref().unwrap_or(&one.name)));
        names.extend(stack.queues.iter().map(|queue| (queue.url.clone(), queue.id.clone())));
        names.extend(
            stack.tables.iter().flat_map(|one| Some((one.stream_arn.clone()?, format!("{}.StreamArn", one.id)))),
        );
        Self(names)
    }

    fn name(&self, text: &str) -> String {
        self.0.get(text).cloned().unwrap_or_else(|| text.to_owned())
    }

    fn optional(&self, text: &Option<String>) -> Option<String> {
        text.as_ref().map(|text| self.name(text))
    }

    fn all(&self, stack: &Stack) -> serde_json::Result<Value> {
        let mut rules = Map::new();
        for rule in &stack.rules {
            rules.insert(rule.id.clone(), self.rule(rule)?);
        }
        let mut mappings = Map::new();
        for mapping in &stack.mappings {
            mappings.insert(mapping.id.clone(), self.mapping(mapping)?);
        }
        let mut archives = Map::new();
        for archive in &stack.archives {
            let pattern = archive.pattern.as_deref().map(serde_json::from_str::<Value>).transpose()?;
            let source = self.name(&archive.source_arn);
            let archived = json!({ "source": source, "pattern": pattern, "days": archive.retention_days });
            archives.insert(archive.id.clone(), archived);
        }
        let functions: Map<_, _> = stack.functions.iter().map(|one| (one.id.clone(), self.function(one))).collect();
        let schedules: Map<_, _> = stack.schedules.iter().map(|one| (one.id.clone(), self.schedule(one))).collect();
        let queues = stack.queues.iter().map(|one| {
            let redrive = one.redrive.as_ref();
            let queue = json!({
                "fifo": one.fifo, "visibility": one.visibility_seconds, "retention": one.retention_seconds,
                "delay": one.delay_seconds,
                "redrive": redrive.map(|to| json!([self.name(&to.dead_letter_arn), to.maximum_receives])),
            });
            (one.id.clone(), queue)
        });
        let tables = stack.tables.iter().map(|one| {
            let keys = |what: &str| one.create.get(what).cloned();
            let table = json!({
                "key": keys("KeySchema"), "indexes": keys("GlobalSecondaryIndexes"), "stream": one.stream_view,
                "expiry": one.expiry_attribute,
            });
            (one.id.clone(), table)
        });
        Ok(json!({
            "functions": functions, "rules": rules, "schedules": schedules, "mappings": mappings,
            "archives": archives, "queues": queues.collect::<Map<_, _>>(), "tables": tables.collect::<Map<_, _>>(),
            "buses": stack.buses.iter().map(|bus| (bus.id.clone(), json!({}))).collect::<Map<_, _>>(),
        }))
    }

    fn function(&self, function: &Function) -> Value {
        let invokes = &function.invokes;
        let environment = function.environment.iter().map(|(name, value)| (name.clone(), json!(self.name(value))));
        json!({
            "timeout": function.timeout_seconds, "memory": function.memory_megabytes, "runtime": function.runtime,
            "concurrency": function.reserved_concurrency, "environment": environment.collect::<Map<_, _>>(),
            "role": self.optional(&function.role_arn), "log": [function.logging.format, function.logging.level],
            "dead_letters": self.optional(&function.dead_letter_arn),
            "retries": invokes.retries, "age": invokes.maximum_age_seconds,
            "on_failure": self.optional(&invokes.on_failure_arn), "on_success": self.optional(&invokes.on_success_arn),
        })
    }

    fn rule(&self, rule: &Rule) -> serde_json::Result<Value> {
        let targets = rule.targets.iter().map(|target| {
            let input = match &target.input {
                Input::Event => Value::Null,
                Input::Constant(text) => json!({ "constant": text }),
                Input::Path(path) => json!({ "path": path }),
                Input::Transformed { paths, template } => json!({ "paths": paths, "template": template }),
            };
            json!({
                "arn": self.name(&target.arn), "input": input, "dead_letters": self.optional(&target.dead_letter_arn),
                "attempts": target.retries.attempts, "age": target.retries.maximum_age_seconds,
                "group": target.message_group,
            })
        });
        let pattern = rule.pattern.as_deref().map(serde_json::from_str::<Value>).transpose()?;
        Ok(json!({
            "bus": self.name(&rule.bus), "pattern": pattern, "schedule": rule.schedule, "enabled": rule.enabled,
            "targets": targets.collect::<Vec<_>>(),
        }))
    }

    fn schedule(&self, schedule: &Schedule) -> Value {
        let target = &schedule.target;
        json!({
            "expression": schedule.expression, "zone": schedule.zone, "enabled": schedule.enabled,
            "arn": self.name(&target.arn), "role": self.name(&target.role_arn), "input": target.input,
            "dead_letters": self.optional(&target.dead_letter_arn), "attempts": target.retries.attempts,
            "age": target.retries.maximum_age_seconds, "group": self.name(&schedule.group),
        })
    }

    fn mapping(&self, mapping: &Mapping) -> serde_json::Result<Value> {
        let (source, position) = match &mapping.source {
            Source::Stream { table } => {
                let oldest = mapping.starting_position == StartingPosition::Oldest;
                (format!("{}.StreamArn", self.name(table)), Some(if oldest { "TRIM_HORIZON" } else { "LATEST" }))
            }
            Source::Queue { queue } => (format!("{}.Arn", self.name(queue)), None),
        };
        let filters = mapping.filters.iter().map(|filter| serde_json::from_str::<Value>(filter));
        Ok(json!({
            "function": self.name(&mapping.function), "source": source, "position": position,
            "enabled": mapping.enabled, "batch": mapping.batch_size, "window": mapping.window_seconds,
            "bisect": mapping.bisect_on_error, "retries": mapping.retries, "age": mapping.maximum_age_seconds,
            "parallel": mapping.parallelization, "on_failure": self.optional(&mapping.on_failure_arn),
            "partial_answers": mapping.reports_failed_items, "concurrency": mapping.maximum_concurrency,
            "filters": filters.collect::<Result<Vec<_>, _>>()?,
        }))
    }
}
