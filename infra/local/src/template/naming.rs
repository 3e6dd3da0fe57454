//! The settings of a stack, and the physical name, the ARN, and the results of Ref and GetAtt of each resource. All follow
//! from region, account, stack and logical id, so that reading a template twice gives the same stack.

use std::{collections::BTreeMap, path::PathBuf};

/// The region, account and name of a stack, and the values of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the stack.
    pub stack_name: String,
    /// The region.
    pub region: String,
    /// The account id.
    pub account: String,
    /// The endpoint of the local cloud, with which the URLs of queues begin.
    pub endpoint: String,
    /// The given values of parameters. All others have their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The path of the template, to which the paths of nested templates are relative. Without it they are not read.
    pub file: Option<PathBuf>,
}

impl Settings {
    /// The settings of a stack with this name and endpoint, in `us-east-1` and the account `000000000000`.
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

    pub(super) fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    pub(super) fn url_suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// The label of every stream. A real one is the time at which the stream was switched on.
const STREAM_LABEL: &str = "1970-01-01T00:00:00.000";

/// The type of a nested stack.
pub(super) const NESTED: &str = "AWS::CloudFormation::Stack";

/// The type of an HTTP API.
pub(super) const API: &str = "AWS::Serverless::HttpApi";

/// The type of a route, of which the events of functions become one each.
pub(super) const ROUTE: &str = "AWS::ApiGatewayV2::Route";

/// The names of a resource.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) kind: String,
    pub(super) name: String,
    /// The given bus of a rule, group of a schedule, or path of a role or policy.
    pub(super) parent: Option<String>,
    pub(super) has_stream: bool,
}

/// The property that can name a resource of this type, and the maximum length of the name. `None` if the type is not
/// known here.
pub(super) fn name_property(kind: &str) -> Option<(Option<&'static str>, usize)> {
    Some(match kind {
        "AWS::Lambda::Function" => (Some("FunctionName"), 64),
        "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::EventInvokeConfig" | "AWS::Lambda::Permission" => (None, 128),
        "AWS::DynamoDB::Table" => (Some("TableName"), 255),
        "AWS::SQS::Queue" => (Some("QueueName"), 80),
        "AWS::SQS::QueuePolicy" => (None, 128),
        "AWS::Events::EventBus" => (Some("Name"), 256),
        "AWS::Events::Archive" => (Some("ArchiveName"), 48),
        "AWS::Events::Rule" | "AWS::Scheduler::Schedule" | "AWS::Scheduler::ScheduleGroup" => (Some("Name"), 64),
        "AWS::IAM::Role" => (Some("RoleName"), 64),
        "AWS::IAM::ManagedPolicy" => (Some("ManagedPolicyName"), 128),
        "AWS::CloudWatch::Alarm" => (Some("AlarmName"), 255),
        "AWS::CloudWatch::Dashboard" => (Some("DashboardName"), 255),
        "AWS::Logs::LogGroup" => (Some("LogGroupName"), 512),
        "AWS::Logs::DeliverySource" | "AWS::Logs::DeliveryDestination" => (Some("Name"), 60),
        "AWS::Logs::Delivery" => (None, 64),
        // Permissions are not checked here, and alarms do not notify.
        "AWS::Events::EventBusPolicy" => (Some("StatementId"), 64),
        "AWS::SNS::Topic" => (Some("TopicName"), 256),
        API | ROUTE => (None, 128),
        NESTED => (None, 128),
        _ => return None,
    })
}

/// The property of a resource of this type that names the bus, group or path in which it is.
pub(super) fn parent_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Events::Rule" => Some("EventBusName"),
        "AWS::Scheduler::Schedule" => Some("GroupName"),
        "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" => Some("Path"),
        _ => None,
    }
}

/// The generated name of a resource that the template does not name.
pub(super) fn generated(settings: &Settings, id: &str, limit: usize, ending: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut rest = fingerprint(&format!("{}/{}/{}/{id}", settings.region, settings.account, settings.stack_name));
    let suffix = std::iter::repeat_with(|| {
        let letter = usize::try_from(rest % 32).ok().and_then(|place| LETTERS.get(place)).unwrap_or(&b'A');
        rest /= 32;
        char::from(*letter)
    });
    let suffix: String = suffix.take(12).collect();
    let room = limit.saturating_sub(suffix.len() + ending.len() + 1);
    let readable: String = format!("{}-{id}", settings.stack_name).chars().take(room).collect();
    format!("{readable}-{suffix}{ending}")
}

/// The ARN of a stack.
pub(super) fn stack_id(settings: &Settings, name: &str) -> String {
    let (partition, Settings { region, account, .. }) = (settings.partition(), settings);
    format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{}", uuid(name))
}

/// An identifier in the form of a UUID that follows from the text.
pub(super) fn uuid(text: &str) -> String {
    let (high, low) = (fingerprint(text), fingerprint(&format!("{text}/")));
    let digits = format!("{high:016x}{low:016x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

// FNV-1a over 64 bits: it must be evenly distributed, and the same in every release.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl Identity {
    /// The ARN, if resources of this type have one.
    pub(super) fn arn(&self, settings: &Settings) -> Option<String> {
        let Self { kind, name, parent, .. } = self;
        let (service, resource) = match (kind.as_str(), parent.as_deref()) {
            ("AWS::Lambda::Function", _) => ("lambda", format!("function:{name}")),
            ("AWS::DynamoDB::Table", _) => ("dynamodb", format!("table/{name}")),
            ("AWS::SQS::Queue", _) => ("sqs", name.clone()),
            ("AWS::Events::EventBus", _) => ("events", format!("event-bus/{name}")),
            ("AWS::Events::Archive", _) => ("events", format!("archive/{name}")),
            ("AWS::Events::Rule", Some(bus)) if bus_name(bus) != "default" => {
                ("events", format!("rule/{}/{name}", bus_name(bus)))
            }
            ("AWS::Events::Rule", _) => ("events", format!("rule/{name}")),
            ("AWS::Scheduler::ScheduleGroup", _) => ("scheduler", format!("schedule-group/{name}")),
            ("AWS::Scheduler::Schedule", group) => {
                ("scheduler", format!("schedule/{}/{name}", group.unwrap_or("default")))
            }
            ("AWS::CloudWatch::Alarm", _) => ("cloudwatch", format!("alarm:{name}")),
            ("AWS::Logs::DeliverySource", _) => ("logs", format!("delivery-source:{name}")),
            ("AWS::Logs::DeliveryDestination", _) => ("logs", format!("delivery-destination:{name}")),
            ("AWS::Logs::Delivery", _) => ("logs", format!("delivery:{name}")),
            ("AWS::Logs::LogGroup", _) => ("logs", format!("log-group:{name}:*")),
            ("AWS::SNS::Topic", _) => ("sns", name.clone()),
            ("AWS::IAM::Role", path) => return Some(global(settings, "role", path, name)),
            ("AWS::IAM::ManagedPolicy", path) => return Some(global(settings, "policy", path, name)),
            _ => return None,
        };
        let Settings { region, account, .. } = settings;
        Some(format!("arn:{}:{service}:{region}:{account}:{resource}", settings.partition()))
    }

    /// The result of Ref.
    pub(super) fn reference(&self, settings: &Settings) -> String {
        match (self.kind.as_str(), self.parent.as_deref()) {
            ("AWS::SQS::Queue", _) => self.url(settings),
            ("AWS::Events::Rule", Some(bus)) if bus_name(bus) != "default" => {
                format!("{}|{}", bus_name(bus), self.name)
            }
            (NESTED, _) => stack_id(settings, &self.name),
            (API, _) => api_id(&self.name),
            ("AWS::IAM::ManagedPolicy" | "AWS::SNS::Topic", _) => self.arn(settings).unwrap_or_default(),
            _ => self.name.clone(),
        }
    }

    /// The result of GetAtt, if there is such an attribute.
    pub(super) fn attribute(&self, settings: &Settings, attribute: &str) -> Option<String> {
        match (self.kind.as_str(), attribute) {
            ("AWS::IAM::ManagedPolicy", "PolicyArn") => self.arn(settings),
            ("AWS::IAM::ManagedPolicy", _) => None,
            (API, "ApiId") => Some(api_id(&self.name)),
            (API, "ApiEndpoint") => {
                let endpoint = settings.endpoint.trim_end_matches('/');
                Some(format!("{endpoint}/_aws/execute-api/{}", api_id(&self.name)))
            }
            (_, "Arn") => self.arn(settings),
            ("AWS::DynamoDB::Table", "StreamArn") if self.has_stream => self.stream_arn(settings),
            ("AWS::SNS::Topic", "TopicArn") => self.arn(settings),
            ("AWS::SQS::Queue", "QueueName") | ("AWS::Events::EventBus", "Name") => Some(self.name.clone()),
            ("AWS::Events::Archive", "ArchiveName") => Some(self.name.clone()),
            ("AWS::SQS::Queue", "QueueUrl") => Some(self.url(settings)),
            ("AWS::Lambda::EventSourceMapping", "Id") => Some(self.name.clone()),
            ("AWS::IAM::Role", "RoleId") => Some(generated(settings, &self.name, 21, "").replace('-', "")),
            _ => None,
        }
    }

    pub(super) fn stream_arn(&self, settings: &Settings) -> Option<String> {
        Some(format!("{}/stream/{STREAM_LABEL}", self.arn(settings)?))
    }

    pub(super) fn url(&self, settings: &Settings) -> String {
        format!("{}/{}/{}", settings.endpoint.trim_end_matches('/'), settings.account, self.name)
    }
}

/// The id of an HTTP API: ten letters and digits.
fn api_id(name: &str) -> String {
    uuid(name).replace('-', "").chars().take(10).collect()
}

/// The name of a bus, which may be given as its ARN.
pub(super) fn bus_name(bus: &str) -> &str {
    bus.split_once(":event-bus/").map_or(bus, |(_, name)| name)
}

fn global(settings: &Settings, what: &str, path: Option<&str>, name: &str) -> String {
    format!("arn:{}:iam::{}:{what}{}{name}", settings.partition(), settings.account, path.unwrap_or("/"))
}
