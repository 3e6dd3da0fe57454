//! Rules: their pattern or schedule, and their targets.

use std::collections::BTreeMap;

use crate::{
    pattern::Pattern,
    schedule::Expression,
    template::{Finding, Settings, TemplateError, fields::Fields, naming::bus_name, node::Node},
};

use super::Resource;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of the bus that it listens to.
    pub bus: String,
    /// What it wants of an event, as JSON that has been checked.
    pub pattern: Option<String>,
    /// When it fires, as an expression that has been checked.
    pub schedule: Option<String>,
    /// Is it switched on?
    pub enabled: bool,
    /// The targets.
    pub targets: Vec<Target>,
    /// Where it is declared.
    pub line: usize,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id within the rule.
    pub id: String,
    /// The given value.
    pub arn: String,
    /// The input.
    pub input: Input,
    /// Where events go that could not be delivered.
    pub dead_letter_arn: Option<String>,
    /// How long delivery is tried.
    pub retries: Retries,
    /// With a FIFO queue: the group of its messages.
    pub message_group: Option<String>,
}

/// The input of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The event.
    Event,
    /// Always the same.
    Constant(String),
    /// The part of the event at this path.
    Path(String),
    /// A text made from parts of the event.
    Transformed {
        /// Names and the paths of their values.
        paths: BTreeMap<String, String>,
        /// The text with the names in it.
        template: String,
    },
}

/// How long delivery is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// So many times after the first.
    pub attempts: u32,
    /// An event older than this is given up, in seconds.
    pub maximum_age_seconds: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 185, maximum_age_seconds: 86_400 }
    }
}

pub(super) fn read(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Rule, TemplateError> {
    fields.without_effect(&["Description", "RoleArn", "Tags"]);
    let bus = fields.text("EventBusName")?;
    let bus = bus.as_deref().map_or("default", bus_name).to_owned();
    let pattern = fields.json_text("EventPattern");
    if let (Some(pattern), Some(node)) = (&pattern, fields.node("EventPattern")) {
        let refused = |source| TemplateError::Pattern { line: node.line, resource: resource.id(), source };
        Pattern::parse(pattern).map_err(refused)?;
    }
    let schedule = fields.text("ScheduleExpression")?;
    if let (Some(schedule), Some(node)) = (&schedule, fields.node("ScheduleExpression")) {
        let refused = |source| TemplateError::Schedule { line: node.line, resource: resource.id(), source };
        Expression::for_rule(schedule).map_err(refused)?;
        if bus != "default" {
            return Err(node.wrong(&fields.inner("ScheduleExpression"), "left to rules of the default bus"));
        }
    }
    if pattern.is_none() && schedule.is_none() {
        return Err(fields.missing("EventPattern or ScheduleExpression"));
    }
    let state = fields.word("State", &["ENABLED", "DISABLED"])?;
    let place = fields.inner("Targets");
    let targets = fields
        .list("Targets")?
        .iter()
        .map(|node| target(node, &place, resource.settings, findings))
        .collect::<Result<_, _>>()?;
    Ok(Rule {
        id: resource.id(),
        name: resource.name(),
        arn: resource.arn(),
        bus,
        pattern,
        schedule,
        enabled: state != Some("DISABLED"),
        targets,
        line: resource.declared.line,
    })
}

fn target(node: &Node, place: &str, settings: &Settings, findings: &mut Vec<Finding>) -> Result<Target, TemplateError> {
    let mut fields = Fields::of(node, place)?;
    fields.without_effect(&["RoleArn"]);
    let (id, arn) = (fields.need_text("Id")?, fields.need_text("Arn")?);
    report_unsupported_target(&arn, settings, node.line, place, findings);
    let target = Target {
        id,
        arn,
        input: input(&mut fields, findings)?,
        dead_letter_arn: dead_letters(&mut fields, findings)?,
        retries: retries(&mut fields, findings)?,
        message_group: message_group(&mut fields, findings)?,
    };
    fields.finish(findings);
    Ok(target)
}

fn input(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Input, TemplateError> {
    let constant = fields.text("Input")?;
    let path = fields.text("InputPath")?;
    match (constant, path, fields.part("InputTransformer")?) {
        (None, None, None) => Ok(Input::Event),
        (Some(constant), None, None) => Ok(Input::Constant(constant)),
        (None, Some(path), None) => Ok(Input::Path(path)),
        (None, None, Some(mut transformer)) => {
            let place = transformer.inner("InputPathsMap");
            let mut paths = BTreeMap::new();
            if let Some(node) = transformer.node("InputPathsMap") {
                for (key, path) in node.as_map(&place)? {
                    paths.insert(key.name.clone(), path.as_text(&place)?);
                }
            }
            let template = transformer.need_text("InputTemplate")?;
            transformer.finish(findings);
            Ok(Input::Transformed { paths, template })
        }
        _ => Err(fields.missing("a single one of Input, InputPath and InputTransformer")),
    }
}

/// Functions, queues, and buses of the same account and region are the targets that this machine has.
pub(super) fn report_unsupported_target(
    arn: &str,
    settings: &Settings,
    line: usize,
    place: &str,
    findings: &mut Vec<Finding>,
) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_supported = match parts.as_slice() {
        [_, _, "lambda" | "sqs", ..] => true,
        [_, _, "events", region, account, bus] => {
            *region == settings.region && *account == settings.account && bus.starts_with("event-bus/")
        }
        _ => false,
    };
    if !is_supported {
        let what =
            format!("{arn} is no function, queue or bus of this account, and other targets are not supported here");
        findings.push(Finding::new(line, place, what));
    }
}

pub(super) fn dead_letters(
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<String>, TemplateError> {
    let Some(mut part) = fields.part("DeadLetterConfig")? else { return Ok(None) };
    let arn = part.text("Arn")?;
    part.finish(findings);
    Ok(arn)
}

pub(super) fn retries(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Retries, TemplateError> {
    let usual = Retries::default();
    let Some(mut part) = fields.part("RetryPolicy")? else { return Ok(usual) };
    let attempts = part.number_or("MaximumRetryAttempts", 0..=185, usual.attempts)?;
    let maximum_age_seconds = part.number_or("MaximumEventAgeInSeconds", 60..=86_400, usual.maximum_age_seconds)?;
    part.finish(findings);
    Ok(Retries { attempts, maximum_age_seconds })
}

pub(super) fn message_group(
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<String>, TemplateError> {
    let Some(mut part) = fields.part("SqsParameters")? else { return Ok(None) };
    let group = part.text("MessageGroupId")?;
    part.finish(findings);
    Ok(group)
}
