//! A stack and its resources, typed and with their physical names.

mod http_api;

pub use http_api::{Cors, HttpApi, HttpRoute, JwtAuthorizer};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::Finding;

/// All resources of a template, with those of nested stacks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// All functions.
    pub functions: Vec<Function>,
    /// All rules, with those of the events of serverless functions.
    pub rules: Vec<Rule>,
    /// All schedules of EventBridge Scheduler.
    pub schedules: Vec<Schedule>,
    /// All event source mappings, with those of the events of serverless functions.
    pub mappings: Vec<Mapping>,
    /// All tables.
    pub tables: Vec<Table>,
    /// All queues.
    pub queues: Vec<Queue>,
    /// All event buses except the default one.
    pub buses: Vec<Bus>,
    /// All archives of event buses.
    pub archives: Vec<Archive>,
    /// All schedule groups except the default one.
    pub schedule_groups: Vec<ScheduleGroup>,
    /// All HTTP APIs.
    pub apis: Vec<HttpApi>,
    /// Roles, policies, permissions, alarms and other resources that are kept as data.
    pub documents: Vec<Document>,
    /// The outputs.
    pub outputs: Vec<Output>,
    /// The resources with a `DeletionPolicy` or `UpdateReplacePolicy` that retains them, by logical id.
    pub retained: BTreeMap<String, RetainPolicy>,
    /// What the template has and this machine does not support, in the order of the lines.
    pub findings: Vec<Finding>,
}

/// Whether a resource is retained when the template no longer has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetainPolicy {
    /// `DeletionPolicy`: it is retained when it is removed from the template.
    pub when_removed: bool,
    /// `UpdateReplacePolicy`: it is retained when another resource replaces it.
    pub when_replaced: bool,
}

/// A Lambda function.
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
    /// Seconds after which an invocation is killed.
    pub timeout_seconds: u32,
    /// Memory size in megabytes.
    pub memory_megabytes: u32,
    /// The environment variables of the template.
    pub environment: BTreeMap<String, String>,
    /// The format and level of its log.
    pub logging: Logging,
    /// The maximum number of concurrent invocations.
    pub reserved_concurrency: Option<u32>,
    /// The ARN of its dead-letter queue, which gets the event of a failed asynchronous invoke.
    pub dead_letter_arn: Option<String>,
    /// The configuration of its asynchronous invokes.
    pub invokes: AsynchronousInvokes,
    /// The ARN of its execution role.
    pub role_arn: Option<String>,
    /// The policies, as in the template.
    pub policies: Option<Value>,
    /// The line of its declaration.
    pub line: usize,
}

/// The format and level of a function's log, as in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: String,
    /// The lowest level of its own lines. The format `Text` has none.
    pub level: Option<String>,
}

impl Default for Logging {
    fn default() -> Self {
        Self { format: "Text".to_owned(), level: None }
    }
}

/// RetryPolicy, maximum age and destinations of asynchronous invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsynchronousInvokes {
    /// Number of retries after the first failure.
    pub retries: u32,
    /// Age in seconds after which an event is not retried.
    pub maximum_age_seconds: u32,
    /// The ARN of the on-failure destination.
    pub on_failure_arn: Option<String>,
    /// The ARN of the on-success destination.
    pub on_success_arn: Option<String>,
}

impl Default for AsynchronousInvokes {
    fn default() -> Self {
        Self { retries: 2, maximum_age_seconds: 21_600, on_failure_arn: None, on_success_arn: None }
    }
}

/// An event source mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its logical id.
    pub id: String,
    /// Its UUID.
    pub uuid: String,
    /// The name or the ARN of the function.
    pub function: String,
    /// The event source.
    pub source: Source,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The maximum number of records in a batch.
    pub batch_size: u32,
    /// Seconds for which it waits for a full batch.
    pub window_seconds: u32,
    /// With a stream: the first record that it reads.
    pub starting_position: StartingPosition,
    /// With a stream: whether a failed batch is split in two.
    pub bisect_on_error: bool,
    /// With a stream: the number of retries. Without one it retries until the record expires.
    pub retries: Option<u32>,
    /// With a stream: age in seconds after which a record is discarded.
    pub maximum_age_seconds: Option<u32>,
    /// With a stream: the number of concurrent batches of one shard.
    pub parallelization: u32,
    /// With a stream: the ARN of the on-failure destination.
    pub on_failure_arn: Option<String>,
    /// Whether the function reports batch item failures.
    pub reports_failed_items: bool,
    /// Event patterns of which one must match a record. Without patterns all records pass.
    pub filters: Vec<String>,
    /// With a queue: the maximum number of concurrent invocations.
    pub maximum_concurrency: Option<u32>,
    /// The line of its declaration.
    pub line: usize,
}

/// The event source of a mapping.
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

/// The position at which a mapping starts to read a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// `TRIM_HORIZON`: the oldest record.
    Oldest,
    /// `LATEST`: records that are written after the mapping has started.
    Latest,
}

/// An event bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bus {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its log configuration.
    pub logging: BusLogging,
}

/// The log configuration of an event bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BusLogging {
    /// The log level.
    pub level: LogLevel,
    /// Whether the records include the event detail.
    pub with_detail: bool,
}

/// The log level of a bus. Each level includes the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    #[default]
    Off,
    /// Failed deliveries.
    Error,
    /// Received events, matched rules and completed deliveries.
    Info,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// The name in CloudFormation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Error => "ERROR",
            Self::Info => "INFO",
            Self::Trace => "TRACE",
        }
    }
}

/// A schedule group of EventBridge Scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleGroup {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A resource that is kept as data, because nothing of it runs here.
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
    /// Its properties without intrinsics.
    pub properties: Value,
    /// The line of its declaration.
    pub line: usize,
}

/// An output of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: String,
    /// The description.
    pub description: Option<String>,
    /// The line of its declaration.
    pub line: usize,
}

/// An archive of an event bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ARN of the bus.
    pub source_arn: String,
    /// The event pattern as valid JSON. Without one it archives all events.
    pub pattern: Option<String>,
    /// Number of days for which it keeps events; 0 is forever.
    pub retention_days: u32,
    /// The description.
    pub description: Option<String>,
    /// The line of its declaration.
    pub line: usize,
}

/// An EventBridge rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of its event bus.
    pub bus: String,
    /// The event pattern as valid JSON.
    pub pattern: Option<String>,
    /// The valid schedule expression.
    pub schedule: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The targets.
    pub targets: Vec<Target>,
    /// The line of its declaration.
    pub line: usize,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id in the rule.
    pub id: String,
    /// The ARN of the target.
    pub arn: String,
    /// The input.
    pub input: Input,
    /// The ARN of its dead-letter queue.
    pub dead_letter_arn: Option<String>,
    /// The retry policy of the delivery.
    pub retries: RetryPolicy,
    /// With a FIFO queue: the message group.
    pub message_group: Option<String>,
}

/// The input of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The whole event.
    Event,
    /// A constant JSON text.
    Constant(String),
    /// The part of the event at this path.
    Path(String),
    /// The text of an input transformer.
    Transformed {
        /// The variables with the JSON paths of their values.
        paths: BTreeMap<String, String>,
        /// The text with the variables.
        template: String,
    },
}

/// The retry policy of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The number of retries.
    pub attempts: u32,
    /// Age in seconds after which an event is not retried.
    pub maximum_age_seconds: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 185, maximum_age_seconds: 86_400 }
    }
}

/// A schedule of EventBridge Scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The name of its schedule group.
    pub group: String,
    /// The valid schedule expression.
    pub expression: String,
    /// The time zone of its cron or one-time expression.
    pub zone: Option<String>,
    /// The start date.
    pub begins: Option<Timestamp>,
    /// The end date.
    pub ends: Option<Timestamp>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The flexible time window in minutes.
    pub flexible_minutes: Option<u32>,
    /// Whether it is deleted after completion.
    pub deleted_when_done: bool,
    /// The target.
    pub target: ScheduleTarget,
    /// The line of its declaration.
    pub line: usize,
}

/// The target of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// The ARN of the target.
    pub arn: String,
    /// The execution role.
    pub role_arn: String,
    /// The input.
    pub input: Option<String>,
    /// The ARN of its dead-letter queue.
    pub dead_letter_arn: Option<String>,
    /// The retry policy of the delivery.
    pub retries: RetryPolicy,
    /// With an event bus: the source and the detail type of the event.
    pub event: Option<(String, String)>,
    /// With a FIFO queue: the message group.
    pub message_group: Option<String>,
}

/// An SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its URL on this machine.
    pub url: String,
    /// Whether it is a FIFO queue.
    pub fifo: bool,
    /// With a FIFO queue: whether deduplication is by content.
    pub deduplicates_by_content: bool,
    /// The visibility timeout in seconds.
    pub visibility_seconds: u32,
    /// The retention period in seconds.
    pub retention_seconds: u32,
    /// The delay of a new message in seconds.
    pub delay_seconds: u32,
    /// The wait time of a receive in seconds.
    pub wait_seconds: u32,
    /// The maximum size of a message in bytes.
    pub maximum_message_bytes: u32,
    /// The redrive policy.
    pub redrive: Option<RedrivePolicy>,
    /// The line of its declaration.
    pub line: usize,
}

/// The redrive policy of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedrivePolicy {
    /// The ARN of the dead-letter queue.
    pub dead_letter_arn: String,
    /// The number of receives after which a message is dead-lettered.
    pub maximum_receives: u32,
}

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its logical id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its stream, if it has one.
    pub stream_arn: Option<String>,
    /// The stream view type, if it has a stream.
    pub stream_view: Option<String>,
    /// The `CreateTable` request. Its throughput is never limited.
    pub create: Value,
    /// The TTL attribute.
    pub expiry_attribute: Option<String>,
    /// Whether point-in-time recovery is enabled. It changes nothing on this machine, but it is billed.
    pub is_recoverable: bool,
    /// The line of its declaration.
    pub line: usize,
}
