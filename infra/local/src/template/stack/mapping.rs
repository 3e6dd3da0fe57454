//! Event source mappings.

use crate::template::{Finding, TemplateError, fields::Fields, node::Node};

use super::{Resource, function::report_unsupported_destination};

/// A function's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its logical id.
    pub id: String,
    /// Its own identifier.
    pub uuid: String,
    /// The name or the ARN of the function that is fed.
    pub function: String,
    /// What feeds it.
    pub source: Source,
    /// Does it run?
    pub enabled: bool,
    /// At most so many records at once.
    pub batch_size: u32,
    /// So many seconds it waits for a batch to become full.
    pub window_seconds: u32,
    /// With a stream: where it begins.
    pub starting_position: StartingPosition,
    /// With a stream: is a failed batch halved?
    pub bisect_on_error: bool,
    /// With a stream: so many retries; without a number as long as the record lives.
    pub retries: Option<u32>,
    /// With a stream: records older than so many seconds are given up, if there is a number.
    pub maximum_age_seconds: Option<u32>,
    /// With a stream: so many batches of one shard at once.
    pub parallelization: u32,
    /// With a stream: where the record of a failure goes.
    pub on_failure_arn: Option<String>,
    /// Whether the function reports batch item failures.
    pub reports_failed_items: bool,
    /// Patterns of which one must match a record; none lets all pass.
    pub filters: Vec<String>,
    /// With a queue: at most so many functions at once.
    pub maximum_concurrency: Option<u32>,
    /// Where it is declared.
    pub line: usize,
}

/// What feeds a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The stream of the table with this name.
    Stream {
        /// The table's name.
        table: String,
    },
    /// The queue with this name.
    Queue {
        /// The queue's name.
        queue: String,
    },
}

/// Where a stream is begun to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// With the oldest record there is.
    Oldest,
    /// With what comes from now on.
    Latest,
}

pub(super) fn read(
    resource: &Resource<'_>,
    fields: &mut Fields<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Option<Mapping>, TemplateError> {
    let arn_place = fields.inner("EventSourceArn");
    let Some(arn) = fields.node("EventSourceArn") else {
        let what = "a mapping without EventSourceArn is not supported here".to_owned();
        findings.push(Finding::new(fields.line, &fields.place, what));
        return Ok(None);
    };
    let Some(source) = source(&arn.as_text(&arn_place)?) else {
        let what = "only streams of tables and queues feed functions here".to_owned();
        findings.push(Finding::new(arn.line, &arn_place, what));
        return Ok(None);
    };
    let is_stream = matches!(source, Source::Stream { .. });
    let position = fields.word("StartingPosition", &["TRIM_HORIZON", "LATEST"])?;
    if is_stream && position.is_none() {
        return Err(fields.missing("StartingPosition"));
    }
    let most = if matches!(&source, Source::Queue { queue } if queue.ends_with(".fifo")) { 10 } else { 10_000 };
    let batch_size = fields.number_or("BatchSize", 1..=most, if is_stream { 100 } else { 10 })?;
    let window_seconds = fields.number_or("MaximumBatchingWindowInSeconds", 0..=300, 0)?;
    if !is_stream && batch_size > 10 && window_seconds == 0 {
        return Err(fields.missing("MaximumBatchingWindowInSeconds, which a batch of more than 10 messages needs"));
    }
    let maximum_age = match fields.number("MaximumRecordAgeInSeconds", -1..=604_800)? {
        Some(too_young @ 0..60) => {
            let place = fields.inner("MaximumRecordAgeInSeconds");
            let wanted = "-1, or a whole number from 60 to 604800".to_owned();
            return Err(TemplateError::Shape { line: fields.line, place, wanted, found: too_young.to_string() });
        }
        other => other.and_then(|age| u32::try_from(age).ok()),
    };
    let retries = fields.number("MaximumRetryAttempts", -1..=10_000)?;
    let reports = fields.list("FunctionResponseTypes")?;
    let is_other = |one: &&Node| one.spelled().as_deref() != Some("ReportBatchItemFailures");
    if let Some(other) = reports.iter().find(is_other) {
        return Err(other.wrong(&fields.inner("FunctionResponseTypes"), "ReportBatchItemFailures"));
    }
    Ok(Some(Mapping {
        id: resource.id(),
        uuid: resource.name(),
        function: fields.need_text("FunctionName")?,
        source,
        enabled: fields.truth("Enabled")?.unwrap_or(true),
        batch_size,
        window_seconds,
        starting_position: match position {
            Some("LATEST") => StartingPosition::Latest,
            _ => StartingPosition::Oldest,
        },
        bisect_on_error: fields.truth("BisectBatchOnFunctionError")?.unwrap_or(false),
        retries: retries.and_then(|retries| u32::try_from(retries).ok()),
        maximum_age_seconds: maximum_age,
        parallelization: fields.number_or("ParallelizationFactor", 1..=10, 1)?,
        on_failure_arn: on_failure(fields, findings)?,
        reports_failed_items: !reports.is_empty(),
        filters: filters(fields, findings)?,
        maximum_concurrency: maximum_concurrency(fields, findings)?,
        line: resource.declared.line,
    }))
}

fn source(arn: &str) -> Option<Source> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, "sqs", _, _, queue] => Some(Source::Queue { queue: (*queue).to_owned() }),
        [_, _, "dynamodb", _, _, stream] => {
            let (table, _) = stream.strip_prefix("table/")?.split_once("/stream/")?;
            Some(Source::Stream { table: table.to_owned() })
        }
        _ => None,
    }
}

fn on_failure(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Option<String>, TemplateError> {
    let Some(mut ends) = fields.part("DestinationConfig")? else { return Ok(None) };
    let mut arn = None;
    if let Some(mut end) = ends.part("OnFailure")? {
        let destination = end.need_text("Destination")?;
        report_unsupported_destination(&destination, &end, findings);
        arn = Some(destination);
        end.finish(findings);
    }
    ends.finish(findings);
    Ok(arn)
}

fn filters(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Vec<String>, TemplateError> {
    let Some(mut criteria) = fields.part("FilterCriteria")? else { return Ok(Vec::new()) };
    let place = criteria.inner("Filters");
    let mut filters = Vec::new();
    for filter in criteria.list("Filters")? {
        let mut filter = Fields::of(filter, &place)?;
        filters.extend(filter.json_text("Pattern"));
        filter.finish(findings);
    }
    criteria.finish(findings);
    Ok(filters)
}

fn maximum_concurrency(fields: &mut Fields<'_>, findings: &mut Vec<Finding>) -> Result<Option<u32>, TemplateError> {
    let Some(mut scaling) = fields.part("ScalingConfig")? else { return Ok(None) };
    let maximum = scaling.number("MaximumConcurrency", 2..=1_000)?;
    scaling.finish(findings);
    Ok(maximum.and_then(|maximum| u32::try_from(maximum).ok()))
}
