//! A stack: all resources of a template, typed and with their physical names. They are read from their plain
//! CloudFormation form, one module for each family.

mod archive;
mod document;
mod function;
mod mapping;
mod nested;
mod queue;
mod rule;
mod scheduled;
mod table;

pub use archive::Archive;
pub use document::{Bus, BusLogging, Document, LogLevel, Output, ScheduleGroup};
pub use function::{AsynchronousInvokes, Function, Logging};
pub use mapping::{Mapping, Source, StartingPosition};
pub use queue::{Queue, Redrive};
pub use rule::{Input, Retries, Rule, Target};
pub use scheduled::{Scheduled, ScheduledTarget};
pub use table::Table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Finding, Settings, TemplateError,
    document::Declared,
    evaluate::Evaluator,
    fields::Fields,
    naming::{Identity, NESTED, name_property},
    node::Entries,
};

/// Everything that a template makes on this machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// All functions.
    pub functions: Vec<Function>,
    /// All rules, those of functions' events as well.
    pub rules: Vec<Rule>,
    /// All schedules of EventBridge Scheduler.
    pub schedules: Vec<Scheduled>,
    /// All event source mappings, those of functions' events as well.
    pub mappings: Vec<Mapping>,
    /// All tables.
    pub tables: Vec<Table>,
    /// All queues.
    pub queues: Vec<Queue>,
    /// All buses but the default one.
    pub buses: Vec<Bus>,
    /// All archives of buses.
    pub archives: Vec<Archive>,
    /// All groups of schedules but the default one.
    pub schedule_groups: Vec<ScheduleGroup>,
    /// Roles, policies, permissions and whatever else is known and only kept.
    pub documents: Vec<Document>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// What outlives its place in the template, by logical id.
    pub kept: BTreeMap<String, Kept>,
    /// What the template has and this machine does not support, in the order of the lines.
    pub findings: Vec<Finding>,
}

/// Whether a resource outlives its place in the template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// It is kept when the template does not have it any more.
    pub when_removed: bool,
    /// It is kept when another takes its place.
    pub when_replaced: bool,
}

/// A resource with its properties worked out.
struct Resource<'r> {
    declared: &'r Declared,
    identity: Identity,
    settings: &'r Settings,
}

impl Resource<'_> {
    fn id(&self) -> String {
        self.declared.id.clone()
    }

    fn name(&self) -> String {
        self.identity.name.clone()
    }

    fn arn(&self) -> String {
        self.identity.arn(self.settings).unwrap_or_default()
    }
}

/// Reads all resources and outputs.
pub(super) fn build<'t>(
    evaluator: &mut Evaluator<'t>,
    resources: &'t [Declared],
    outputs: &'t Entries,
) -> Result<Stack, TemplateError> {
    let mut stack = Stack::default();
    let mut invokes = Vec::new();
    for declared in resources {
        let mark = evaluator.mark();
        if let Err(error) = read(evaluator, declared, &mut stack, &mut invokes) {
            stack.findings.push(evaluator.pass_over(&mark, &declared.id, declared.line, error)?);
        }
    }
    function::attach(invokes, &mut stack);
    for (key, output) in outputs {
        let mark = evaluator.mark();
        match document::output(evaluator, key, output, &mut stack.findings) {
            Ok(output) => stack.outputs.extend(output),
            Err(error) => {
                let place = format!("Outputs.{}", key.name);
                stack.findings.push(evaluator.pass_over(&mark, &place, key.line, error)?);
            }
        }
    }
    Ok(stack)
}

/// Reads one resource.
fn read<'t>(
    evaluator: &mut Evaluator<'t>,
    declared: &'t Declared,
    stack: &mut Stack,
    invokes: &mut Vec<function::Invokes>,
) -> Result<(), TemplateError> {
    if !evaluator.is_there(declared)? {
        return Ok(());
    }
    let properties = evaluator.of_resource(declared, &declared.properties)?;
    let policies = match &declared.policies {
        None => None,
        Some(policies) => Some(evaluator.of_resource(declared, policies)?.to_json()),
    };
    if declared.kept != Kept::default() {
        stack.kept.insert(declared.id.clone(), declared.kept);
    }
    let (_, identity) = evaluator.identity(declared.line, "resource", &declared.id)?;
    let resource = Resource { declared, identity, settings: evaluator.settings };
    let mut fields = Fields::of(&properties, &declared.id)?;
    if let Some((Some(name), _)) = name_property(&declared.kind) {
        fields.without_effect(&[name]);
    }
    let findings = &mut stack.findings;
    match declared.kind.as_str() {
        "AWS::Lambda::Function" => {
            stack.functions.push(function::read(&resource, policies, &mut fields, findings)?);
        }
        "AWS::Lambda::EventInvokeConfig" => invokes.push(function::read_invokes(&mut fields, findings)?),
        "AWS::Lambda::EventSourceMapping" => stack.mappings.extend(mapping::read(&resource, &mut fields, findings)?),
        "AWS::Events::Rule" => stack.rules.push(rule::read(&resource, &mut fields, findings)?),
        "AWS::Scheduler::Schedule" => stack.schedules.push(scheduled::read(&resource, &mut fields, findings)?),
        "AWS::DynamoDB::Table" => stack.tables.push(table::read(&resource, &mut fields, findings)?),
        "AWS::SQS::Queue" => stack.queues.push(queue::read(&resource, &mut fields)?),
        "AWS::Events::EventBus" => stack.buses.push(document::bus(&resource, &mut fields, findings)?),
        "AWS::Events::Archive" => stack.archives.push(archive::read(&resource, &mut fields)?),
        NESTED => match evaluator.nested(declared)? {
            Some(inner) => nested::take_in(stack, declared, inner, &mut fields),
            None => {
                let what = format!("resources of type {NESTED} are not supported here unless their template is a file");
                stack.findings.push(Finding::new(declared.line, &declared.id, what));
                return Ok(());
            }
        },
        "AWS::Scheduler::ScheduleGroup" => stack.schedule_groups.push(document::group(&resource, &mut fields)),
        kind if name_property(kind).is_some() => {
            stack.documents.push(document::kept(&resource, &properties));
            return Ok(());
        }
        kind => {
            let what = format!("resources of type {kind} are not supported here");
            stack.findings.push(Finding::new(declared.line, &declared.id, what));
            return Ok(());
        }
    }
    fields.finish(&mut stack.findings);
    Ok(())
}
