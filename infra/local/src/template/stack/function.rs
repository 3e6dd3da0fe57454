//! Functions and the configuration of their asynchronous invokes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{Finding, TemplateError, fields::Fields};

use super::{Resource, Stack};

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of the binary, from the build metadata.
    pub binary: Option<String>,
    /// The handler.
    pub handler: Option<String>,
    /// The runtime.
    pub runtime: Option<String>,
    /// After so many seconds it is killed.
    pub timeout_seconds: u32,
    /// Memory size in megabytes.
    pub memory_megabytes: u32,
    /// Its own variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// How it shall log.
    pub logging: Logging,
    /// At most so many of it at once.
    pub reserved_concurrency: Option<u32>,
    /// Where an event goes that it failed on, without a word about the failure.
    pub dead_letter_arn: Option<String>,
    /// What becomes of the events that are handed to it.
    pub invokes: AsynchronousInvokes,
    /// Under which role it runs.
    pub role_arn: Option<String>,
    /// The policies, as in the template.
    pub policies: Option<Value>,
    /// Where it is declared.
    pub line: usize,
}

/// How a function shall log, in the words that it finds in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: String,
    /// The least level of its own lines; with a format of `Text` there is none.
    pub level: Option<String>,
}

impl Default for Logging {
    fn default() -> Self {
        Self { format: "Text".to_owned(), level: None }
    }
}

/// Retries, maximum age and destinations of asynchronous invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsynchronousInvokes {
    /// After the first failure it is tried so many times more.
    pub retries: u32,
    /// An event older than this is given up, in seconds.
    pub maximum_age_seconds: u32,
    /// Where the record of a failure goes.
    pub on_failure_arn: Option<String>,
    /// Where the record of a success goes.
    pub on_success_arn: Option<String>,
}

impl Default for AsynchronousInvokes {
    fn default() -> Self {
        Self { retries: 2, maximum_age_seconds: 21_600, on_failure_arn: None, on_success_arn: None }
    }
}

/// Nothing of these shows on this machine.
const WITHOUT_EFFECT: [&str; 8] =
    ["Architectures", "Code", "Description", "EphemeralStorage", "KmsKeyArn", "PackageType", "Tags", "TracingConfig"];

pub(super) fn read(
    resource: &Resource<'_>,
    policies: Option<Value>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Function, TemplateError> {
    let mut environment = BTreeMap::new();
    if let Some(mut part) = fields.part("Environment")? {
        let place = part.inner("Variables");
        if let Some(variables) = part.node("Variables") {
            for (key, value) in variables.as_map(&place)? {
                environment.insert(key.name.clone(), value.as_text(&format!("{place}.{}", key.name))?);
            }
        }
        part.finish(findings);
    }
    let logging = match fields.part("LoggingConfig")? {
        Some(part) => read_logging(part, findings)?,
        None => Logging::default(),
    };
    let mut dead_letter_arn = None;
    if let Some(mut part) = fields.part("DeadLetterConfig")? {
        dead_letter_arn = part.text("TargetArn")?;
        dead_letter_arn.iter().for_each(|arn| report_unsupported_destination(arn, &part, findings));
        part.finish(findings);
    }
    let reserved = fields.number("ReservedConcurrentExecutions", 0..=1_000_000)?;
    fields.without_effect(&WITHOUT_EFFECT);
    Ok(Function {
        id: resource.id(),
        name: resource.name(),
        arn: resource.arn(),
        binary: resource.declared.binary.clone(),
        handler: fields.text("Handler")?,
        runtime: fields.text("Runtime")?,
        timeout_seconds: fields.number_or("Timeout", 1..=900, 3)?,
        memory_megabytes: fields.number_or("MemorySize", 128..=32_768, 128)?,
        environment,
        logging,
        reserved_concurrency: reserved.and_then(|reserved| u32::try_from(reserved).ok()),
        dead_letter_arn,
        invokes: AsynchronousInvokes::default(),
        role_arn: fields.text("Role")?,
        policies,
        line: resource.declared.line,
    })
}

/// Only queues are supported as destinations.
pub(super) fn report_unsupported_destination(arn: &str, end: &Fields<'_>, findings: &mut Vec<Finding>) {
    if arn.split(':').nth(2) != Some("sqs") {
        findings.push(Finding::new(
            end.line,
            &end.place,
            format!("{arn} is not a queue, and other destinations are not supported here"),
        ));
    }
}

fn read_logging(mut part: Fields<'_>, findings: &mut Vec<Finding>) -> Result<Logging, TemplateError> {
    let format = part.word("LogFormat", &["Text", "JSON"])?.unwrap_or("Text").to_owned();
    let levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let level = part.word("ApplicationLogLevel", &levels)?.map(str::to_owned);
    // The service writes no lines of its own here, and all lines go to one place.
    part.without_effect(&["LogGroup", "SystemLogLevel"]);
    part.finish(findings);
    let level = (format == "JSON").then(|| level.unwrap_or_else(|| "INFO".to_owned()));
    Ok(Logging { format, level })
}

/// An `AWS::Lambda::EventInvokeConfig` resource.
pub(super) struct Invokes {
    line: usize,
    place: String,
    function: String,
    qualifier: String,
    settled: AsynchronousInvokes,
}

pub(super) fn read_invokes(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Invokes, TemplateError> {
    let usual = AsynchronousInvokes::default();
    let (mut on_failure_arn, mut on_success_arn) = (None, None);
    if let Some(mut part) = fields.part("DestinationConfig")? {
        for (name, arn) in [("OnFailure", &mut on_failure_arn), ("OnSuccess", &mut on_success_arn)] {
            if let Some(mut end) = part.part(name)? {
                let destination = end.need_text("Destination")?;
                match name {
                    "OnSuccess" => {
                        findings.push(Finding::new(
                            end.line,
                            &end.place,
                            "success destinations are not supported here".to_owned(),
                        ));
                    }
                    _ => report_unsupported_destination(&destination, &end, findings),
                }
                *arn = Some(destination);
                end.finish(findings);
            }
        }
        part.finish(findings);
    }
    Ok(Invokes {
        line: fields.line,
        place: fields.place.clone(),
        function: fields.need_text("FunctionName")?,
        qualifier: fields.need_text("Qualifier")?,
        settled: AsynchronousInvokes {
            retries: fields.number_or("MaximumRetryAttempts", 0..=2, usual.retries)?,
            maximum_age_seconds: fields.number_or(
                "MaximumEventAgeInSeconds",
                60..=21_600,
                usual.maximum_age_seconds,
            )?,
            on_failure_arn,
            on_success_arn,
        },
    })
}

/// Brings functions and the fate of their invokes together.
pub(super) fn attach(all: Vec<Invokes>, stack: &mut Stack) {
    for invokes in all {
        let named = |function: &&mut Function| function.name == invokes.function || function.arn == invokes.function;
        match stack.functions.iter_mut().find(named) {
            Some(function) if invokes.qualifier == "$LATEST" => function.invokes = invokes.settled,
            Some(_) => {
                let what = format!("versions and aliases such as {} are not supported here", invokes.qualifier);
                stack.findings.push(Finding::new(invokes.line, &invokes.place, what));
            }
            None => {
                let what = format!("there is no function {} in this template", invokes.function);
                stack.findings.push(Finding::new(invokes.line, &invokes.place, what));
            }
        }
    }
}
