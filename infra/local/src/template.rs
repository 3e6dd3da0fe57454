//! Reads CloudFormation and SAM templates into the stack that this machine can run. A template that AWS would refuse is
//! an error with its line; what AWS would accept and this machine does not support is a finding of the stack.

mod document;
mod error;
mod evaluate;
mod http_api;
mod naming;
mod nesting;
mod node;
mod readers;
mod resources;
mod serverless;
mod stack;
#[cfg(test)]
mod tests;
mod yaml;

pub use error::{Finding, TemplateError};
pub use naming::Settings;
pub use resources::{
    Archive, AsynchronousInvokes, Bus, BusLogging, Cors, Document, Function, HttpApi, HttpRoute, Input, JwtAuthorizer,
    LogLevel, Logging, Mapping, Output, Queue, RedrivePolicy, RetainPolicy, RetryPolicy, Rule, Schedule, ScheduleGroup,
    ScheduleTarget, Source, Stack, StartingPosition, Table, Target,
};

use error::ReadError;
use evaluate::Evaluator;
use nesting::Nesting;

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
    let nesting = Nesting::outermost(settings.file.as_deref(), read_within);
    let (stack, _) = read_within(text, settings, &nesting)?;
    Ok(stack)
}

/// Reads a template at its place among nested ones. Returns also the size of the values that were made so far.
fn read_within(text: &str, settings: &Settings, nesting: &Nesting) -> Result<(Stack, usize), ReadError> {
    let mut findings = Vec::new();
    let mut sections = document::divide(yaml::read(text)?, &mut findings)?;
    let resources = serverless::expand(std::mem::take(&mut sections.resources), &mut findings)?;
    let parameters = document::parameter_values(&sections.parameters, &settings.parameters, &mut findings)?;
    let mut evaluator = Evaluator::new(settings, &parameters, &sections, &resources, nesting);
    evaluator.all_conditions()?;
    let mut stack = stack::build(&mut evaluator, &resources, &sections.outputs)?;
    evaluator.refuse_cycles()?;
    findings.append(&mut evaluator.findings);
    findings.append(&mut stack.findings);
    findings.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    findings.dedup();
    Ok((Stack { findings, ..stack }, evaluator.made))
}
