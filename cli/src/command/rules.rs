//! `causeway rules`: the rules of the buses with their targets, by message, and the schedules below.

use std::{collections::BTreeMap, io};

use aws_sdk_eventbridge::{
    Client,
    types::{Rule, RuleState, Target},
};
use causeway_local::pattern::{Event, Pattern};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    command_status::CommandStatus,
    connection::{Connection, GlobalArgs},
    display_name::display_name,
    error_hint::sdk_error,
    nearest::nearest,
    output::Output,
    samples::{self, did_you_mean},
};

/// The options of `rules`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway rules\n  causeway rules OrderPlaced\n  causeway rules --bus causeway --json\n  \
                        causeway rules --profile prod\n\nThe exit code is 3 if no rule matches."
)]
pub struct Rules {
    /// Only rules that match this message
    pub message: Option<String>,
    /// Only rules of this bus [without it: all buses]
    #[arg(long, value_name = "NAME")]
    pub bus: Option<String>,
}

/// Prints the rules.
pub async fn run(args: &Rules, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let client = Client::new(&connection.sdk);
    let mut all = Vec::new();
    for bus in buses(&client, &connection, args.bus.as_deref()).await? {
        for rule in rules(&client, &connection, &bus).await? {
            let name = rule.name().unwrap_or_default();
            let targets = targets(&client, &connection, &bus, name).await?;
            all.extend(RuleTarget::all(&bus, &rule, &targets));
        }
    }
    let matching: Vec<&RuleTarget> = match &args.message {
        Some(message) => all.iter().filter(|target| target.matches(message)).collect(),
        None => all.iter().collect(),
    };
    show(&matching, args.message.as_deref(), &connection.stack, output)?;
    if !matching.is_empty() {
        return Ok(CommandStatus::Done);
    }
    output.say(no_rules(args, &all))?;
    Ok(CommandStatus::NotFound)
}

fn no_rules(args: &Rules, all: &[RuleTarget]) -> String {
    let bus = args.bus.as_ref().map_or("any bus".to_owned(), |bus| format!("the bus {bus}"));
    let Some(message) = &args.message else {
        return format!("there are no rules on {bus}");
    };
    let matching = all.iter().flat_map(RuleTarget::messages).map(str::to_owned);
    let known: Vec<String> = matching.chain(samples::names().map(str::to_owned)).collect();
    let is_known = samples::is_known(message);
    let near = if is_known { Vec::new() } else { nearest(message, known.iter().map(String::as_str)) };
    format!("no rule on {bus} matches {message}{}", did_you_mean(&near))
}

async fn buses(client: &Client, connection: &Connection, bus: Option<&str>) -> anyhow::Result<Vec<String>> {
    if let Some(bus) = bus {
        return Ok(vec![bus.to_owned()]);
    }
    let buses = all_pages(async |token| {
        let page = client.list_event_buses().set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        Ok((page.event_buses.unwrap_or_default(), page.next_token))
    });
    Ok(buses.await?.into_iter().filter_map(|bus| bus.name).collect())
}

async fn rules(client: &Client, connection: &Connection, bus: &str) -> anyhow::Result<Vec<Rule>> {
    all_pages(async |token| {
        let page = client.list_rules().event_bus_name(bus).set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        Ok((page.rules.unwrap_or_default(), page.next_token))
    })
    .await
}

async fn targets(client: &Client, connection: &Connection, bus: &str, rule: &str) -> anyhow::Result<Vec<Target>> {
    all_pages(async |token| {
        let page = client.list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(token).send().await;
        let page = page.map_err(|error| sdk_error(connection, error))?;
        Ok((page.targets.unwrap_or_default(), page.next_token))
    })
    .await
}

/// The items of all pages. The SDK has no paginators for EventBridge.
async fn all_pages<T>(
    page: impl AsyncFn(Option<String>) -> anyhow::Result<(Vec<T>, Option<String>)>,
) -> anyhow::Result<Vec<T>> {
    let (mut items, mut token) = (Vec::new(), None);
    loop {
        let (more, next) = page(token).await?;
        items.extend(more);
        token = next;
        if token.is_none() {
            return Ok(items);
        }
    }
}

/// A rule with one of its targets, or without any.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleTarget {
    bus: String,
    rule: String,
    enabled: bool,
    /// The conditions of the pattern on `detail-type`: names, or operators as JSON.
    messages: Vec<Value>,
    sources: Vec<Value>,
    /// All other conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    /// None if the rule has no target.
    target: Option<String>,
    dead_letters: Option<String>,
    retries: Option<i32>,
    maximum_age_seconds: Option<i32>,
}

impl RuleTarget {
    /// The rule with each of its targets, or once without a target.
    fn all(bus: &str, rule: &Rule, targets: &[Target]) -> Vec<RuleTarget> {
        let pattern: Value = rule.event_pattern().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let conditions = |field: &str| pattern.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        let rest = pattern.as_object().map(|fields| {
            let rest = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "source" | "detail-type"));
            rest.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
        });
        let alone = RuleTarget {
            bus: bus.to_owned(),
            rule: rule.name().unwrap_or_default().to_owned(),
            enabled: rule.state() != Some(&RuleState::Disabled),
            messages: conditions("detail-type"),
            sources: conditions("source"),
            condition: rest.filter(|rest| !rest.is_empty()).map(Value::Object),
            schedule: rule.schedule_expression().map(str::to_owned),
            target: None,
            dead_letters: None,
            retries: None,
            maximum_age_seconds: None,
        };
        let with = |target: &Target| RuleTarget {
            target: Some(target.arn().to_owned()),
            dead_letters: target.dead_letter_config().and_then(|config| config.arn()).map(str::to_owned),
            retries: target.retry_policy().and_then(|policy| policy.maximum_retry_attempts()),
            maximum_age_seconds: target.retry_policy().and_then(|policy| policy.maximum_event_age_in_seconds()),
            ..alone.clone()
        };
        match targets {
            [] => vec![alone],
            targets => targets.iter().map(with).collect(),
        }
    }

    /// Whether the condition on the name matches this message.
    fn matches(&self, message: &str) -> bool {
        if self.schedule.is_some() && self.messages.is_empty() {
            return false;
        }
        if self.messages.is_empty() {
            return true;
        }
        let pattern = Pattern::parse(&json!({ "detail-type": self.messages }).to_string());
        let event = Event::parse(&json!({ "detail-type": message }).to_string());
        matches!((pattern, event), (Ok(pattern), Ok(event)) if pattern.matches(&event))
    }

    fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(Value::as_str)
    }
}

/// The heading of rules without a condition on the name.
const ANY: &str = "any message";

/// Prints one rule and target per line: as JSON, or as text under the messages that they match.
fn show(targets: &[&RuleTarget], message: Option<&str>, stack: &str, output: &mut Output<'_>) -> io::Result<()> {
    if output.is_json() {
        return targets.iter().try_for_each(|target| output.show("", target));
    }
    let mut groups: BTreeMap<String, Vec<&RuleTarget>> = BTreeMap::new();
    let mut schedules = Vec::new();
    for target in targets {
        match &target.schedule {
            Some(schedule) => schedules.push((schedule.as_str(), *target)),
            None => headings(target, message).into_iter().for_each(|heading| {
                groups.entry(heading).or_default().push(target);
            }),
        }
    }
    let width = targets.iter().map(|target| who(target, stack).chars().count()).max().unwrap_or_default();
    for (heading, group) in groups {
        output.say(heading)?;
        group.into_iter().try_for_each(|target| output.say(line(target, width, stack)))?;
    }
    if !schedules.is_empty() {
        output.say("by schedule")?;
    }
    for (schedule, target) in schedules {
        output.say(format_args!("{}  {schedule}", line(target, width, stack)))?;
    }
    Ok(())
}

fn headings(target: &RuleTarget, message: Option<&str>) -> Vec<String> {
    let conditions = target.messages.iter().filter(|condition| match (message, condition.as_str()) {
        (Some(message), Some(name)) => name == message,
        _ => true,
    });
    let headings: Vec<String> = conditions.map(spelled).collect();
    if headings.is_empty() { vec![ANY.to_owned()] } else { headings }
}

/// A name as it is, an operator as JSON.
fn spelled(condition: &Value) -> String {
    condition.as_str().map_or_else(|| condition.to_string(), str::to_owned)
}

fn line(target: &RuleTarget, width: usize, stack: &str) -> String {
    let mut notes = Vec::new();
    if !target.enabled {
        notes.push("DISABLED".to_owned());
    }
    if !target.sources.is_empty() {
        notes.push(format!("from {}", target.sources.iter().map(spelled).collect::<Vec<_>>().join(" or ")));
    }
    if let Some(condition) = &target.condition {
        notes.push(format!("where {condition}"));
    }
    notes.extend(target.retries.map(|retries| format!("{retries} retries")));
    match (&target.dead_letters, &target.target) {
        (Some(queue), _) => notes.push(format!("then {}", name(queue, stack))),
        (None, Some(_)) => notes.push("no dead-letter queue".to_owned()),
        (None, None) => {}
    }
    notes.push(format!("rule {} on {}", display_name(&target.rule, stack), target.bus));
    let who = who(target, stack);
    format!("  {who:<width$}  {}", notes.join(", "))
}

fn who(target: &RuleTarget, stack: &str) -> String {
    match &target.target {
        Some(arn) => format!("→ {}", name(arn, stack)),
        None => "→ nothing: the rule has no target".to_owned(),
    }
}

/// The name in an ARN, with its service unless that is Lambda.
fn name(arn: &str, stack: &str) -> String {
    let last = display_name(arn, stack);
    match arn.split(':').nth(2).unwrap_or_default() {
        "lambda" => last.to_owned(),
        "sqs" => format!("queue {last}"),
        "events" => format!("bus {last}"),
        kind => format!("{kind} {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, targets: &[Target]) -> Vec<RuleTarget> {
        RuleTarget::all("causeway", &Rule::builder().name("r").event_pattern(pattern).build(), targets)
    }

    fn target(arn: &str) -> Target {
        Target::builder().id("one").arn(arn).build().expect("a target")
    }

    #[test]
    fn a_rule_matches_names_by_any_operator_of_its_pattern() {
        let matches = |pattern: &str, message: &str| rule(pattern, &[]).iter().any(|target| target.matches(message));
        assert!(matches(r#"{"detail-type": ["OrderPlaced"]}"#, "OrderPlaced"));
        assert!(!matches(r#"{"detail-type": ["OrderPlaced"]}"#, "OrderCancelled"));
        assert!(matches(r#"{"detail-type": [{"prefix": "Order"}]}"#, "OrderCancelled"));
        assert!(matches(r#"{"source": ["causeway.order"]}"#, "Anything"));
    }

    #[test]
    fn each_target_is_listed_and_so_is_a_rule_without_targets() {
        let pattern = r#"{"source": ["s"], "detail-type": ["A"], "detail": {"x": [1]}}"#;
        assert_eq!(rule(pattern, &[]).len(), 1);
        let both = rule(pattern, &[target("arn:aws:lambda:r:1:function:f"), target("arn:aws:sqs:r:1:q")]);
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].condition, Some(json!({ "detail": { "x": [1] } })));
        assert_eq!(both[1].target.as_deref(), Some("arn:aws:sqs:r:1:q"));
    }

    #[test]
    fn a_schedule_matches_no_message() {
        let rule = Rule::builder().name("daily").schedule_expression("rate(1 day)").build();
        assert!(!RuleTarget::all("default", &rule, &[])[0].matches("OrderPlaced"));
    }
}
