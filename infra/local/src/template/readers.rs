//! Reads each resource from its plain CloudFormation form.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    document::Declared,
    error::ReadError,
    naming::{Identity, Settings, bus_name},
    node::{Fields, Node},
    resources::{
        Archive, AsynchronousInvokes, Bus, BusLogging, Document, Function, Input, LogLevel, Logging, Mapping, Queue,
        RedrivePolicy, RetryPolicy, Rule, Schedule, ScheduleGroup, ScheduleTarget, Source, StartingPosition, Table,
        Target,
    },
};
use crate::{
    pattern::Pattern,
    schedule::{Expression, Schedule as Timetable},
};

/// A resource whose properties are evaluated.
pub(super) struct Resource<'r> {
    pub(super) declared: &'r Declared,
    pub(super) identity: Identity,
    pub(super) settings: &'r Settings,
}

type Read<T> = Result<T, ReadError>;

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

    fn pattern(&self, fields: &mut Fields<'_>) -> Read<Option<String>> {
        let pattern = fields.json_text("EventPattern");
        if let (Some(pattern), Some(node)) = (&pattern, fields.node("EventPattern")) {
            let invalid = |source| ReadError::Pattern { line: node.line, resource: self.id(), source };
            Pattern::parse(pattern).map_err(invalid)?;
        }
        Ok(pattern)
    }

    pub(super) fn bus(&self, fields: &mut Fields<'_>) -> Read<Bus> {
        const LEVELS: [LogLevel; 4] = [LogLevel::Off, LogLevel::Error, LogLevel::Info, LogLevel::Trace];
        fields.without_effect(&["DeadLetterConfig", "Description", "KmsKeyIdentifier", "Tags"]);
        let logging = fields.within("LogConfig", |part| {
            let level = part.word("Level", &LEVELS.map(LogLevel::as_str))?;
            Ok(BusLogging {
                level: LEVELS.into_iter().find(|one| Some(one.as_str()) == level).unwrap_or_default(),
                with_detail: part.word("IncludeDetail", &["NONE", "FULL"])? == Some("FULL"),
            })
        })?;
        Ok(Bus { id: self.id(), name: self.name(), arn: self.arn(), logging: logging.unwrap_or_default() })
    }

    pub(super) fn archive(&self, fields: &mut Fields<'_>) -> Read<Archive> {
        fields.without_effect(&["KmsKeyIdentifier"]);
        Ok(Archive {
            id: self.id(),
            name: self.name(),
            source_arn: fields.need_text("SourceArn")?,
            pattern: self.pattern(fields)?,
            retention_days: fields.number_or("RetentionDays", 0..=i64::from(u32::MAX), 0)?,
            description: fields.text("Description")?,
            line: self.declared.line,
        })
    }

    pub(super) fn rule(&self, fields: &mut Fields<'_>) -> Read<Rule> {
        fields.without_effect(&["Description", "RoleArn", "Tags"]);
        let bus = fields.text("EventBusName")?;
        let bus = bus.as_deref().map_or("default", bus_name).to_owned();
        let pattern = self.pattern(fields)?;
        let schedule = fields.text("ScheduleExpression")?;
        if let (Some(schedule), Some(node)) = (&schedule, fields.node("ScheduleExpression")) {
            let invalid = |source| ReadError::Schedule { line: node.line, resource: self.id(), source };
            Expression::for_rule(schedule).map_err(invalid)?;
            if bus != "default" {
                return Err(node.wrong(&fields.inner("ScheduleExpression"), "left to rules of the default bus"));
            }
        }
        if pattern.is_none() && schedule.is_none() {
            return Err(fields.missing("EventPattern or ScheduleExpression"));
        }
        Ok(Rule {
            id: self.id(),
            name: self.name(),
            arn: self.arn(),
            bus,
            pattern,
            schedule,
            enabled: fields.word("State", &["ENABLED", "DISABLED"])? != Some("DISABLED"),
            targets: fields.each("Targets", |target| rule_target(target, self.settings))?,
            line: self.declared.line,
        })
    }

    pub(super) fn schedule_group(&self, fields: &mut Fields<'_>) -> ScheduleGroup {
        fields.without_effect(&["Tags"]);
        ScheduleGroup { id: self.id(), name: self.name(), arn: self.arn() }
    }

    pub(super) fn schedule(&self, fields: &mut Fields<'_>) -> Read<Schedule> {
        fields.without_effect(&["Description", "KmsKeyArn"]);
        let expression = fields.need_text("ScheduleExpression")?;
        let line = fields.need("ScheduleExpression")?.line;
        let zone = fields.text("ScheduleExpressionTimezone")?;
        let invalid = |source| ReadError::Schedule { line, resource: self.id(), source };
        Timetable::for_scheduler(&expression, zone.as_deref(), Timestamp::UNIX_EPOCH, None).map_err(invalid)?;
        let window = fields.within("FlexibleTimeWindow", |window| {
            let is_flexible = window.word("Mode", &["OFF", "FLEXIBLE"])? == Some("FLEXIBLE");
            let minutes = window.number("MaximumWindowInMinutes", 1..=1_440)?;
            Ok(minutes.filter(|_| is_flexible).and_then(|minutes| u32::try_from(minutes).ok()))
        })?;
        let flexible_minutes = window.ok_or_else(|| fields.missing("FlexibleTimeWindow"))?;
        let state = fields.word("State", &["ENABLED", "DISABLED"])?;
        let after = fields.word("ActionAfterCompletion", &["NONE", "DELETE"])?;
        let target = fields.within("Target", |target| schedule_target(target, self.settings))?;
        let time = "a time such as 2026-11-21T10:30:00Z";
        Ok(Schedule {
            id: self.id(),
            name: self.name(),
            arn: self.arn(),
            group: fields.text("GroupName")?.unwrap_or_else(|| "default".to_owned()),
            expression,
            zone,
            begins: fields.parsed("StartDate", time, |text| text.parse().ok())?,
            ends: fields.parsed("EndDate", time, |text| text.parse().ok())?,
            enabled: state != Some("DISABLED"),
            flexible_minutes,
            deleted_when_done: after == Some("DELETE"),
            target: target.ok_or_else(|| fields.missing("Target"))?,
            line: self.declared.line,
        })
    }

    pub(super) fn function(&self, policies: Option<Value>, fields: &mut Fields<'_>) -> Read<Function> {
        fields.without_effect(&["Architectures", "Code", "Description", "EphemeralStorage", "KmsKeyArn"]);
        fields.without_effect(&["PackageType", "Tags", "TracingConfig"]);
        let reserved = fields.number("ReservedConcurrentExecutions", 0..=1_000_000)?;
        let dead_letter_arn = fields.within("DeadLetterConfig", |part| {
            let arn = part.text("TargetArn")?;
            arn.iter().for_each(|arn| report_unsupported_destination(arn, part));
            Ok(arn)
        })?;
        Ok(Function {
            id: self.id(),
            name: self.name(),
            arn: self.arn(),
            binary: self.declared.binary.clone(),
            handler: fields.text("Handler")?,
            runtime: fields.text("Runtime")?,
            timeout_seconds: fields.number_or("Timeout", 1..=900, 3)?,
            memory_megabytes: fields.number_or("MemorySize", 128..=32_768, 128)?,
            environment: fields.within("Environment", |part| part.texts("Variables"))?.unwrap_or_default(),
            logging: fields.within("LoggingConfig", logging)?.unwrap_or_default(),
            reserved_concurrency: reserved.and_then(|reserved| u32::try_from(reserved).ok()),
            dead_letter_arn: dead_letter_arn.flatten(),
            invokes: AsynchronousInvokes::default(),
            role_arn: fields.text("Role")?,
            policies,
            line: self.declared.line,
        })
    }

    /// An event source mapping; none if its source is not supported.
    pub(super) fn mapping(&self, fields: &mut Fields<'_>) -> Read<Option<Mapping>> {
        let place = fields.inner("EventSourceArn");
        let Some(arn) = fields.node("EventSourceArn") else {
            fields.report(fields.line, "a mapping without EventSourceArn is not supported here");
            return Ok(None);
        };
        let Some(source) = event_source(&arn.as_text(&place)?) else {
            fields.report(arn.line, "only streams of tables and queues are event sources here");
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
                let node = Node::text(fields.line, too_young.to_string());
                let wanted = "-1, or a whole number from 60 to 604800";
                return Err(node.wrong(&fields.inner("MaximumRecordAgeInSeconds"), wanted));
            }
            other => other.and_then(|age| u32::try_from(age).ok()),
        };
        let retries = fields.number("MaximumRetryAttempts", -1..=10_000)?;
        let reports = fields.list("FunctionResponseTypes")?;
        let is_other = |one: &&Node| one.spelled().as_deref() != Some("ReportBatchItemFailures");
        if let Some(other) = reports.iter().find(is_other) {
            return Err(other.wrong(&fields.inner("FunctionResponseTypes"), "ReportBatchItemFailures"));
        }
        let filters = fields
            .within("FilterCriteria", |criteria| criteria.each("Filters", |filter| Ok(filter.json_text("Pattern"))))?;
        let concurrency = fields.within("ScalingConfig", |scaling| scaling.number("MaximumConcurrency", 2..=1_000))?;
        Ok(Some(Mapping {
            id: self.id(),
            uuid: self.name(),
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
            on_failure_arn: fields.within("DestinationConfig", on_failure)?.flatten(),
            reports_failed_items: !reports.is_empty(),
            filters: filters.into_iter().flatten().flatten().collect(),
            maximum_concurrency: concurrency.flatten().and_then(|most| u32::try_from(most).ok()),
            line: self.declared.line,
        }))
    }

    /// A queue, with the default attributes of SQS.
    pub(super) fn queue(&self, fields: &mut Fields<'_>) -> Read<Queue> {
        // The owner of a dead-letter queue and encryption are not checked here.
        fields.without_effect(&["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "RedriveAllowPolicy"]);
        fields.without_effect(&["SqsManagedSseEnabled", "Tags"]);
        let fifo = fields.truth("FifoQueue")?.unwrap_or(false);
        let name = self.name();
        if fifo != name.ends_with(".fifo") {
            let wanted = if fifo { "a name that ends in .fifo" } else { "a name that does not end in .fifo" };
            return Err(Node::text(fields.line, name).wrong(&fields.inner("QueueName"), wanted));
        }
        Ok(Queue {
            id: self.id(),
            arn: self.arn(),
            url: self.identity.url(self.settings),
            name,
            fifo,
            deduplicates_by_content: fields.truth("ContentBasedDeduplication")?.unwrap_or(false),
            visibility_seconds: fields.number_or("VisibilityTimeout", 0..=43_200, 30)?,
            retention_seconds: fields.number_or("MessageRetentionPeriod", 60..=1_209_600, 345_600)?,
            delay_seconds: fields.number_or("DelaySeconds", 0..=900, 0)?,
            wait_seconds: fields.number_or("ReceiveMessageWaitTimeSeconds", 0..=20, 0)?,
            maximum_message_bytes: fields.number_or("MaximumMessageSize", 1_024..=1_048_576, 1_048_576)?,
            redrive: fields.within("RedrivePolicy", |policy| {
                let dead_letter_arn = policy.need_text("deadLetterTargetArn")?;
                policy.need("maxReceiveCount")?;
                Ok(RedrivePolicy {
                    dead_letter_arn,
                    maximum_receives: policy.number_or("maxReceiveCount", 1..=1_000, 1)?,
                })
            })?,
            line: self.declared.line,
        })
    }

    /// A table, as its `CreateTable` request.
    pub(super) fn table(&self, fields: &mut Fields<'_>) -> Read<Table> {
        fields.without_effect(&["ContributorInsightsSpecification", "DeletionProtectionEnabled", "SSESpecification"]);
        fields.without_effect(&["TableClass", "Tags"]);
        fields.word("BillingMode", &["PAY_PER_REQUEST", "PROVISIONED"])?;
        if let Some(limit) = fields.node("ProvisionedThroughput") {
            fields.report(limit.line, "throughput is not limited here");
        }
        let mut create = Map::new();
        create.insert("TableName".to_owned(), Value::String(self.name()));
        create.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
        for name in ["KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            let items = fields.list(name)?;
            if !items.is_empty() {
                create.insert(name.to_owned(), items.iter().map(|item| unlimited(item.to_json())).collect());
            } else if !name.ends_with("Indexes") {
                return Err(fields.missing(name));
            }
        }
        let stream_view = fields.within("StreamSpecification", |stream| {
            let views = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"];
            stream.word("StreamViewType", &views)?.ok_or_else(|| stream.missing("StreamViewType"))
        })?;
        if let Some(view) = stream_view {
            create.insert("StreamSpecification".to_owned(), json!({"StreamEnabled": true, "StreamViewType": view}));
        }
        let expiry_attribute = fields.within("TimeToLiveSpecification", |expiry| {
            let attribute = expiry.text("AttributeName")?;
            match expiry.truth("Enabled")?.ok_or_else(|| expiry.missing("Enabled"))? {
                true => attribute.ok_or_else(|| expiry.missing("AttributeName")).map(Some),
                false => Ok(None),
            }
        })?;
        let is_recoverable = fields.within("PointInTimeRecoverySpecification", |recovery| {
            recovery.without_effect(&["RecoveryPeriodInDays"]);
            recovery.truth("PointInTimeRecoveryEnabled")
        })?;
        Ok(Table {
            id: self.id(),
            name: self.name(),
            arn: self.arn(),
            stream_arn: stream_view.and_then(|_| self.identity.stream_arn(self.settings)),
            stream_view: stream_view.map(str::to_owned),
            create: Value::Object(create),
            expiry_attribute: expiry_attribute.flatten(),
            is_recoverable: is_recoverable.flatten().unwrap_or(false),
            line: self.declared.line,
        })
    }

    pub(super) fn document(&self, properties: &Node) -> Document {
        Document {
            id: self.id(),
            kind: self.declared.kind.clone(),
            name: self.name(),
            arn: self.identity.arn(self.settings),
            properties: properties.to_json(),
            line: self.declared.line,
        }
    }
}

/// An `AWS::Lambda::EventInvokeConfig` resource.
pub(super) struct InvokeConfig {
    pub(super) line: usize,
    pub(super) place: String,
    pub(super) function: String,
    pub(super) qualifier: String,
    pub(super) invokes: AsynchronousInvokes,
}

pub(super) fn invoke_config(fields: &mut Fields<'_>) -> Read<InvokeConfig> {
    let default = AsynchronousInvokes::default();
    let destinations = fields.within("DestinationConfig", |part| {
        let on_success = part.within("OnSuccess", |end| {
            end.report(end.line, "success destinations are not supported here");
            end.need_text("Destination")
        })?;
        Ok((on_failure(part)?, on_success))
    })?;
    let (on_failure_arn, on_success_arn) = destinations.unwrap_or_default();
    Ok(InvokeConfig {
        line: fields.line,
        place: fields.place.clone(),
        function: fields.need_text("FunctionName")?,
        qualifier: fields.need_text("Qualifier")?,
        invokes: AsynchronousInvokes {
            retries: fields.number_or("MaximumRetryAttempts", 0..=2, default.retries)?,
            maximum_age_seconds: fields.number_or(
                "MaximumEventAgeInSeconds",
                60..=21_600,
                default.maximum_age_seconds,
            )?,
            on_failure_arn,
            on_success_arn,
        },
    })
}

/// The ARN of the on-failure destination.
fn on_failure(destinations: &mut Fields<'_>) -> Read<Option<String>> {
    destinations.within("OnFailure", |end| {
        let arn = end.need_text("Destination")?;
        report_unsupported_destination(&arn, end);
        Ok(arn)
    })
}

/// Only queues are supported as destinations.
fn report_unsupported_destination(arn: &str, end: &mut Fields<'_>) {
    if arn.split(':').nth(2) != Some("sqs") {
        end.report(end.line, format!("{arn} is not a queue, and other destinations are not supported here"));
    }
}

fn logging(part: &mut Fields<'_>) -> Read<Logging> {
    let format = part.word("LogFormat", &["Text", "JSON"])?.unwrap_or("Text").to_owned();
    let level = part.word("ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])?;
    // The service writes no lines of its own here, and all lines go to one place.
    part.without_effect(&["LogGroup", "SystemLogLevel"]);
    let level = (format == "JSON").then(|| level.unwrap_or("INFO").to_owned());
    Ok(Logging { format, level })
}

fn event_source(arn: &str) -> Option<Source> {
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

fn rule_target(fields: &mut Fields<'_>, settings: &Settings) -> Read<Target> {
    fields.without_effect(&["RoleArn"]);
    let (id, arn) = (fields.need_text("Id")?, fields.need_text("Arn")?);
    report_unsupported_target(&arn, settings, fields);
    let input = target_input(fields)?;
    let (dead_letter_arn, retries, message_group) = delivery(fields)?;
    Ok(Target { id, arn, input, dead_letter_arn, retries, message_group })
}

fn schedule_target(fields: &mut Fields<'_>, settings: &Settings) -> Read<ScheduleTarget> {
    let arn = fields.need_text("Arn")?;
    report_unsupported_target(&arn, settings, fields);
    let event = fields
        .within("EventBridgeParameters", |part| Ok((part.need_text("Source")?, part.need_text("DetailType")?)))?;
    if event.is_none() && arn.contains(":event-bus/") {
        return Err(fields.missing("EventBridgeParameters"));
    }
    let (role_arn, input) = (fields.need_text("RoleArn")?, fields.text("Input")?);
    let (dead_letter_arn, retries, message_group) = delivery(fields)?;
    Ok(ScheduleTarget { arn, role_arn, input, dead_letter_arn, retries, event, message_group })
}

/// The dead-letter queue, the retry policy and the message group of a target.
fn delivery(fields: &mut Fields<'_>) -> Read<(Option<String>, RetryPolicy, Option<String>)> {
    let dead_letter_arn = fields.within("DeadLetterConfig", |part| part.text("Arn"))?;
    let retries = fields.within("RetryPolicy", |part| {
        let RetryPolicy { attempts, maximum_age_seconds: age } = RetryPolicy::default();
        Ok(RetryPolicy {
            attempts: part.number_or("MaximumRetryAttempts", 0..=185, attempts)?,
            maximum_age_seconds: part.number_or("MaximumEventAgeInSeconds", 60..=86_400, age)?,
        })
    })?;
    let message_group = fields.within("SqsParameters", |part| part.text("MessageGroupId"))?;
    Ok((dead_letter_arn.flatten(), retries.unwrap_or_default(), message_group.flatten()))
}

fn target_input(fields: &mut Fields<'_>) -> Read<Input> {
    let transformer = fields.within("InputTransformer", |transformer| {
        let paths = transformer.texts("InputPathsMap")?;
        Ok(Input::Transformed { paths, template: transformer.need_text("InputTemplate")? })
    })?;
    match (fields.text("Input")?, fields.text("InputPath")?, transformer) {
        (None, None, None) => Ok(Input::Event),
        (Some(constant), None, None) => Ok(Input::Constant(constant)),
        (None, Some(path), None) => Ok(Input::Path(path)),
        (None, None, Some(transformed)) => Ok(transformed),
        _ => Err(fields.missing("a single one of Input, InputPath and InputTransformer")),
    }
}

/// Functions, queues, and buses of the same account and region are supported as targets.
fn report_unsupported_target(arn: &str, settings: &Settings, fields: &mut Fields<'_>) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let is_supported = match parts.as_slice() {
        [_, _, "lambda" | "sqs", ..] => true,
        [_, _, "events", region, account, bus] => {
            *region == settings.region && *account == settings.account && bus.starts_with("event-bus/")
        }
        _ => false,
    };
    if !is_supported {
        let what = "is no function, queue or bus of this account, and other targets are not supported here";
        fields.report(fields.line, format!("{arn} {what}"));
    }
}

// A table without limits takes no index with one.
fn unlimited(mut item: Value) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.remove("ProvisionedThroughput");
    }
    item
}
