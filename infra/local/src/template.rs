//! Templates of CloudFormation and SAM, read into the stack that they make on this machine.
//! A template that AWS would refuse is refused, with the line; what AWS would take and this
//! machine does not play is named in the stack's findings, and nothing is guessed.

mod anchors;
mod cycles;
mod document;
mod error;
mod evaluate;
mod fields;
mod globals;
mod naming;
mod nesting;
mod node;
mod parameters;
mod serverless;
mod stack;
#[cfg(test)]
mod tests;
mod yaml;

pub use error::TemplateError;
pub use stack::{
    Archive, AsynchronousInvokes, Bus, BusLogging, Document, Function, Input, Kept, LogLevel, Logging, Mapping, Output,
    Queue, Redrive, Retries, Rule, ScheduleGroup, Scheduled, ScheduledTarget, Source, Stack, StartingPosition, Table,
    Target,
};

use std::{collections::BTreeMap, fmt, path::PathBuf};

use evaluate::Evaluator;
use nesting::Nesting;

/// The environment of a stack, and the values of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the stack.
    pub stack_name: String,
    /// The region.
    pub region: String,
    /// The account id.
    pub account: String,
    /// Where this machine answers; the URLs of queues begin with it.
    pub endpoint: String,
    /// Values of parameters; the others have their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Where the template stands. Templates that it nests are looked for from there; without it there are none.
    pub file: Option<PathBuf>,
}

impl Settings {
    /// A stack of this name at this endpoint, in `us-east-1` and an account of zeros.
    pub fn new(stack_name: &str, endpoint: &str) -> Self {
        Self {
            stack_name: stack_name.to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            endpoint: endpoint.to_owned(),
            parameters: BTreeMap::new(),
            file: None,
        }
    }

    fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn url_suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// Something in the template that this machine does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The nested template in which it stands, as seen from the outermost one; nothing for that one itself.
    pub file: Option<String>,
    /// The property.
    pub line: usize,
    /// The resource or the section that it belongs to.
    pub resource: String,
    /// The given value.
    pub what: String,
}

impl Finding {
    fn new(line: usize, resource: &str, what: String) -> Self {
        Self { file: None, line, resource: resource.to_owned(), what }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{file}, ")?;
        }
        write!(formatter, "line {}: {}: {}", self.line, self.resource, self.what)
    }
}

/// Reads a template.
///
/// ```
/// use causeway_local::template::{Settings, read};
///
/// let text = "
/// Resources:
///   Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${AWS::StackName}-letters' } }
/// ";
/// let stack = read(text, &Settings::new("shop", "http://127.0.0.1:4100"))?;
/// assert_eq!(stack.queues[0].url, "http://127.0.0.1:4100/000000000000/shop-letters");
/// # Ok::<(), causeway_local::template::TemplateError>(())
/// ```
pub fn read(text: &str, settings: &Settings) -> Result<Stack, TemplateError> {
    read_within(text, settings, &Nesting::outermost(settings.file.as_deref())).map(|(stack, _)| stack)
}

/// Reads a template at its place among those that nest each other, and says how much has been made by then.
fn read_within(text: &str, settings: &Settings, nesting: &Nesting) -> Result<(Stack, usize), TemplateError> {
    let mut findings = Vec::new();
    let mut document = document::divide(yaml::read(text)?, &mut findings)?;
    let mut declared = std::mem::take(&mut document.resources);
    globals::merge(std::mem::take(&mut document.globals), &mut declared, &mut findings)?;
    let resources = serverless::expand(declared, &mut findings)?;
    let parameters = parameters::settle(&document.parameters, &settings.parameters, &mut findings)?;
    let mut evaluator = Evaluator::new(settings, &parameters, &document, &resources, nesting);
    evaluator.all_conditions()?;
    let mut stack = stack::build(&mut evaluator, &resources, &document.outputs)?;
    cycles::refuse(&evaluator.uses)?;
    findings.append(&mut evaluator.findings);
    findings.append(&mut stack.findings);
    findings.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    findings.dedup();
    Ok((Stack { findings, ..stack }, evaluator.made))
}
