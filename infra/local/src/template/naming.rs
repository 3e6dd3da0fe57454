//! The physical name and the ARN of a resource, and the results of Ref and GetAtt. All follow from region, account, stack
//! and logical id, so that reading a stack twice gives the same stack.

use super::Settings;

/// The label of every stream. A real one is the time at which the stream was switched on.
const STREAM_LABEL: &str = "1970-01-01T00:00:00.000";

/// The type of a stack within a stack.
pub(super) const NESTED: &str = "AWS::CloudFormation::Stack";

/// A resource whose name is settled.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) kind: String,
    pub(super) name: String,
    /// The bus of a rule, the group of a schedule, the path of a role or policy, as far as it is given.
    pub(super) within: Option<String>,
    pub(super) has_stream: bool,
}

/// The property that can name a resource of this type, and the longest name it may have.
/// Nothing if the type is not known here.
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
        NESTED => (None, 128),
        _ => return None,
    })
}

/// The property in which a resource of this type says what it lies in.
pub(super) fn within_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Events::Rule" => Some("EventBusName"),
        "AWS::Scheduler::Schedule" => Some("GroupName"),
        "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" => Some("Path"),
        _ => None,
    }
}

/// The name that a resource gets when the template gives it none.
pub(super) fn generated(settings: &Settings, id: &str, limit: usize, ending: &str) -> String {
    const LETTERS: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V',
        'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let mut rest = fingerprint(&format!("{}/{}/{}/{id}", settings.region, settings.account, settings.stack_name));
    let suffix = std::iter::repeat_with(|| {
        let letter = usize::try_from(rest % 32).ok().and_then(|place| LETTERS.get(place)).unwrap_or(&'A');
        rest /= 32;
        *letter
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

// FNV-1a over 64 bits: it only has to spread, and to stay the same from release to release.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

impl Identity {
    /// The ARN, if resources of this type have one.
    pub(super) fn arn(&self, settings: &Settings) -> Option<String> {
        let Self { kind, name, within, .. } = self;
        let (service, resource) = match (kind.as_str(), within.as_deref()) {
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

    /// What Ref gives.
    pub(super) fn reference(&self, settings: &Settings) -> String {
        match (self.kind.as_str(), self.within.as_deref()) {
            ("AWS::SQS::Queue", _) => self.url(settings),
            ("AWS::Events::Rule", Some(bus)) if bus_name(bus) != "default" => {
                format!("{}|{}", bus_name(bus), self.name)
            }
            (NESTED, _) => stack_id(settings, &self.name),
            ("AWS::IAM::ManagedPolicy" | "AWS::SNS::Topic", _) => self.arn(settings).unwrap_or_default(),
            _ => self.name.clone(),
        }
    }

    /// What GetAtt gives, if there is such an attribute.
    pub(super) fn attribute(&self, settings: &Settings, attribute: &str) -> Option<String> {
        match (self.kind.as_str(), attribute) {
            ("AWS::IAM::ManagedPolicy", "PolicyArn") => self.arn(settings),
            ("AWS::IAM::ManagedPolicy", _) => None,
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

/// The name of a bus, which may be given as its ARN.
pub(super) fn bus_name(bus: &str) -> &str {
    bus.split_once(":event-bus/").map_or(bus, |(_, name)| name)
}

fn global(settings: &Settings, what: &str, path: Option<&str>, name: &str) -> String {
    format!("arn:{}:iam::{}:{what}{}{name}", settings.partition(), settings.account, path.unwrap_or("/"))
}
