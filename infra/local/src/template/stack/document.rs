//! What needs little or no reading: buses, groups of schedules, outputs, and the resources
//! that are kept as data because nothing on this machine asks them for permission.

use serde_json::Value;

use crate::template::Finding;
use crate::template::TemplateError;
use crate::template::evaluate::Evaluator;
use crate::template::fields::Fields;
use crate::template::node::Key;
use crate::template::node::Node;

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

/// A value that the stack says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it is declared.
    pub line: usize,
}

/// What a bus logs at which level is checked and no more: the feed tells everything of every bus.
pub(super) fn bus(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Bus, TemplateError> {
    fields.without_effect(&["DeadLetterConfig", "Description", "KmsKeyIdentifier", "Tags"]);
    if let Some(mut logging) = fields.part("LogConfig")? {
        logging.word("Level", &["OFF", "ERROR", "INFO", "TRACE"])?;
        logging.word("IncludeDetail", &["NONE", "FULL"])?;
        logging.finish(findings);
    }
    Ok(Bus { id: resource.id(), name: resource.name(), arn: resource.arn() })
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
