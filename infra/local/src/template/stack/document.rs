//! Buses, schedule groups, outputs, and the resources that are kept as data because permissions are not checked here.

use serde_json::Value;

use crate::template::{
    Finding, TemplateError,
    evaluate::Evaluator,
    fields::Fields,
    node::{Key, Node},
};

use super::Resource;

/// A bus of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What it logs.
    pub logging: BusLogging,
}

/// What a bus logs of the events that it takes and hands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusLogging {
    /// As far as this.
    pub level: LogLevel,
    /// With the events' details?
    pub with_detail: bool,
}

/// How much is logged; each level has what the one before it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    #[default]
    Off,
    /// What went wrong.
    Error,
    /// The larger steps.
    Info,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// As CloudFormation spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Error => "ERROR",
            Self::Info => "INFO",
            Self::Trace => "TRACE",
        }
    }
}

/// A group of schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleGroup {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A resource that is kept as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its logical id.
    pub id: String,
    /// Its type in CloudFormation.
    pub kind: String,
    /// Its physical name.
    pub name: String,
    /// Its ARN, if it has one.
    pub arn: Option<String>,
    /// Its properties, worked out.
    pub properties: Value,
    /// Where it is declared.
    pub line: usize,
}

/// An output of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it is declared.
    pub line: usize,
}

pub(super) fn bus(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Bus, TemplateError> {
    fields.without_effect(&["DeadLetterConfig", "Description", "KmsKeyIdentifier", "Tags"]);
    let mut logging = BusLogging::default();
    if let Some(mut part) = fields.part("LogConfig")? {
        const LEVELS: [LogLevel; 4] = [LogLevel::Off, LogLevel::Error, LogLevel::Info, LogLevel::Trace];
        let word = part.word("Level", &LEVELS.map(LogLevel::word))?;
        logging.level = LEVELS.into_iter().find(|level| Some(level.word()) == word).unwrap_or_default();
        logging.with_detail = part.word("IncludeDetail", &["NONE", "FULL"])? == Some("FULL");
        part.finish(findings);
    }
    Ok(Bus { id: resource.id(), name: resource.name(), arn: resource.arn(), logging })
}

pub(super) fn group(resource: &Resource<'_>, fields: &mut Fields<'_>) -> ScheduleGroup {
    fields.without_effect(&["Tags"]);
    ScheduleGroup { id: resource.id(), name: resource.name(), arn: resource.arn() }
}

pub(super) fn kept(resource: &Resource<'_>, properties: &Node) -> Document {
    Document {
        id: resource.id(),
        kind: resource.declared.kind.clone(),
        name: resource.name(),
        arn: resource.identity.arn(resource.settings),
        properties: properties.to_json(),
        line: resource.declared.line,
    }
}

pub(super) fn output<'t>(
    evaluator: &mut Evaluator<'t>,
    key: &'t Key,
    output: &'t Node,
    findings: &mut Vec<Finding>,
) -> Result<Option<Output>, TemplateError> {
    let place = format!("Outputs.{}", key.name);
    let mut fields = Fields::of(output, &place)?;
    let condition = fields.text("Condition")?;
    let value = fields.need("Value")?;
    let description = fields.text("Description")?;
    if let Some(export) = fields.node("Export") {
        findings.push(Finding::new(export.line, &place, "there are no other stacks to export to".to_owned()));
    }
    fields.finish(findings);
    let is_there = condition.map(|name| evaluator.condition(&name, output.line)).transpose()?;
    if is_there == Some(false) {
        return Ok(None);
    }
    let value = evaluator.value(value)?.and_then(|value| value.spelled());
    let value = value.ok_or_else(|| output.wrong(&format!("{place}.Value"), "text"))?;
    Ok(Some(Output { name: key.name.clone(), value, description, line: key.line }))
}
