//! The listeners as a table by message, and the schedules below it.

use std::{collections::BTreeMap, io};

use serde_json::Value;

use super::target::Listener;
use crate::{display_name::display_name, output::Output};

/// The heading of those that take any message.
const ANY: &str = "any message";

/// Shows them: to machines one a line, to people by message.
pub(super) fn show(
    listeners: &[&Listener],
    message: Option<&str>,
    stack: &str,
    output: &mut Output<'_>,
) -> io::Result<()> {
    if output.is_json() {
        return listeners.iter().try_for_each(|listener| output.show("", listener));
    }
    let mut groups: BTreeMap<String, Vec<&Listener>> = BTreeMap::new();
    let mut schedules = Vec::new();
    for listener in listeners {
        match &listener.schedule {
            Some(schedule) => schedules.push((schedule.as_str(), *listener)),
            None => headings(listener, message).into_iter().for_each(|heading| {
                groups.entry(heading).or_default().push(listener);
            }),
        }
    }
    let width = listeners.iter().map(|listener| who(listener, stack).chars().count()).max().unwrap_or_default();
    for (heading, group) in groups {
        output.say(heading)?;
        group.into_iter().try_for_each(|listener| output.say(line(listener, width, stack)))?;
    }
    if !schedules.is_empty() {
        output.say("by the clock")?;
    }
    for (schedule, listener) in schedules {
        output.say(format_args!("{}  {schedule}", line(listener, width, stack)))?;
    }
    Ok(())
}

fn headings(listener: &Listener, message: Option<&str>) -> Vec<String> {
    let wanted = listener.messages.iter().filter(|wanted| match (message, wanted.as_str()) {
        (Some(message), Some(name)) => name == message,
        _ => true,
    });
    let headings: Vec<String> = wanted.map(spelled).collect();
    if headings.is_empty() { vec![ANY.to_owned()] } else { headings }
}

/// A name as it is, an operator as JSON.
fn spelled(wanted: &Value) -> String {
    wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned)
}

fn line(listener: &Listener, width: usize, stack: &str) -> String {
    let mut notes = Vec::new();
    if !listener.enabled {
        notes.push("DISABLED".to_owned());
    }
    if !listener.sources.is_empty() {
        notes.push(format!("from {}", listener.sources.iter().map(spelled).collect::<Vec<_>>().join(" or ")));
    }
    if let Some(condition) = &listener.condition {
        notes.push(format!("where {condition}"));
    }
    notes.extend(listener.retries.map(|retries| format!("{retries} retries")));
    match (&listener.dead_letters, &listener.target) {
        (Some(queue), _) => notes.push(format!("then {}", name(queue, stack))),
        (None, Some(_)) => notes.push("no dead-letter queue".to_owned()),
        (None, None) => {}
    }
    notes.push(format!("rule {} on {}", display_name(&listener.rule, stack), listener.bus));
    let who = who(listener, stack);
    format!("  {who:<width$}  {}", notes.join(", "))
}

fn who(listener: &Listener, stack: &str) -> String {
    match &listener.target {
        Some(arn) => format!("→ {}", name(arn, stack)),
        None => "→ nobody: the rule has no target".to_owned(),
    }
}

/// What an ARN names, and of which kind unless that is a function.
fn name(arn: &str, stack: &str) -> String {
    let last = display_name(arn, stack);
    match arn.split(':').nth(2).unwrap_or_default() {
        "lambda" => last.to_owned(),
        "sqs" => format!("queue {last}"),
        "events" => format!("bus {last}"),
        kind => format!("{kind} {last}"),
    }
}
