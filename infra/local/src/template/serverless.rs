//! The serverless transform: functions, their events and simple tables become plain resources with the logical ids of
//! SAM. Properties that are passed through are checked by the reader of the plain resource.

use serde_json::{Value, json};

use super::{
    document::Declared,
    error::{Finding, ReadError},
    http_api,
    naming::{NESTED, ROUTE},
    node::{Data, Entries, Key, Node, Properties, pass, put, take},
};

/// Properties of a function about its role or its code, which change nothing when it runs here.
const BUILD_PROPERTIES: &str = "AssumeRolePolicyDocument CodeUri ImageUri InlineCode PermissionsBoundary PropagateTags \
    RolePath";

/// Properties of a function that SAM turns into versions, aliases and URLs, which are not supported here. They are no
/// dependency of the function.
const OTHER_RESOURCES: &str = "AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256 \
    DeploymentPreference FunctionUrlConfig ProvisionedConcurrencyConfig SnapStart VersionDescription";

/// Properties of a `ScheduleV2` event that are passed through.
const SCHEDULE_PROPERTIES: [&str; 7] =
    ["Description", "EndDate", "GroupName", "KmsKeyArn", "ScheduleExpressionTimezone", "StartDate", "State"];

/// The maximum length of a target's id, in characters.
const LONGEST_TARGET_ID: usize = 64;

/// All resources in plain form. Those that SAM adds follow the one that they come from.
pub(super) fn expand(declared: Vec<Declared>, findings: &mut Vec<Finding>) -> Result<Vec<Declared>, ReadError> {
    let mut expansion = Expansion { plain: Vec::new(), findings };
    for resource in declared {
        match resource.kind.as_str() {
            "AWS::Serverless::Function" => expansion.function(resource)?,
            "AWS::Serverless::SimpleTable" => expansion.plain.push(simple_table(resource)?),
            "AWS::Serverless::Application" => expansion.plain.push(application(resource)?),
            _ => expansion.plain.push(resource),
        }
    }
    let mut plain = expansion.plain;
    plain.extend(http_api::implicit_api(&plain));
    let mut seen = std::collections::HashSet::new();
    match plain.iter().find(|resource| !seen.insert(resource.id.as_str())) {
        Some(second) => Err(ReadError::Twice { line: second.line, key: second.id.clone() }),
        None => Ok(plain),
    }
}

/// An application with a path is a nested stack. One of the public repository is not on this machine.
fn application(mut resource: Declared) -> Result<Declared, ReadError> {
    let location = resource.properties.get("Location");
    if location.is_none_or(|location| matches!(location.data, Data::Map(_)) && !location.is_intrinsic()) {
        return Ok(resource);
    }
    let mut properties = emptied(&mut resource)?;
    let mut plain = Entries::new();
    pass(&mut properties.entries, "Location", &mut plain, "TemplateURL");
    plain.append(&mut properties.entries);
    resource.kind = NESTED.to_owned();
    resource.properties = Node::map(resource.line, plain);
    Ok(resource)
}

fn simple_table(mut resource: Declared) -> Result<Declared, ReadError> {
    let line = resource.line;
    let mut properties = emptied(&mut resource)?.entries;
    let place = format!("{}.PrimaryKey", resource.id);
    let (name, kind) = match take(&mut properties, "PrimaryKey") {
        None => (Node::text(line, "id"), "S"),
        Some(key) => {
            let missing = |property: &str| ReadError::missing(key.line, &place, property);
            let kind = key.get("Type").ok_or_else(|| missing("Type"))?;
            let kind = match kind.as_text(&place)?.as_str() {
                "String" => "S",
                "Number" => "N",
                "Binary" => "B",
                _ => return Err(kind.wrong(&place, "of the type String, Number or Binary")),
            };
            (key.get("Name").cloned().ok_or_else(|| missing("Name"))?, kind)
        }
    };
    let with_name = |other: &str, value: &str| {
        let mut entries = Entries::new();
        put(&mut entries, "AttributeName", name.clone());
        put(&mut entries, other, Node::text(line, value));
        Node::list(line, vec![Node::map(line, entries)])
    };
    put(&mut properties, "AttributeDefinitions", with_name("AttributeType", kind));
    put(&mut properties, "KeySchema", with_name("KeyType", "HASH"));
    if !properties.iter().any(|(key, _)| key.name == "ProvisionedThroughput") {
        put(&mut properties, "BillingMode", Node::text(line, "PAY_PER_REQUEST"));
    }
    resource.kind = "AWS::DynamoDB::Table".to_owned();
    resource.properties = Node::map(line, properties);
    Ok(resource)
}

/// An event of a function, and the logical id that it has as a resource.
struct Event<'d> {
    function: &'d Declared,
    id: String,
    line: usize,
}

impl Event<'_> {
    fn function_arn(&self) -> Node {
        Node::attribute(self.line, &self.function.id, "Arn")
    }
}

/// The resources so far.
struct Expansion<'f> {
    plain: Vec<Declared>,
    findings: &'f mut Vec<Finding>,
}

impl Expansion<'_> {
    /// Adds a function, its role, the configuration of its asynchronous invokes, and the resources of its events.
    fn function(&mut self, mut function: Declared) -> Result<(), ReadError> {
        let line = function.line;
        let mut properties = emptied(&mut function)?;
        for name in BUILD_PROPERTIES.split(' ') {
            properties.take(name);
        }
        for name in OTHER_RESOURCES.split(' ') {
            if let Some((key, _)) = properties.entries.iter().find(|(key, _)| key.name == name) {
                self.findings.push(Finding::new(key.line, &function.id, format!("{name} is not supported here")));
                properties.take(name);
            }
        }
        let (events, invokes) = (properties.take("Events"), properties.take("EventInvokeConfig"));
        function.policies = properties.take("Policies");
        if let Some(queue) = properties.take("DeadLetterQueue") {
            let queue = dead_letter_queue(&function.id, queue)?;
            put(&mut properties.entries, "DeadLetterConfig", queue);
        }
        if let Some(mode) = properties.take("Tracing") {
            put(&mut properties.entries, "TracingConfig", within("Mode", mode));
        }
        if !properties.entries.iter().any(|(key, _)| key.name == "Role") {
            let id = format!("{}Role", function.id);
            put(&mut properties.entries, "Role", Node::attribute(line, &id, "Arn"));
            let role = json!({ "AssumeRolePolicyDocument": assume_role("lambda.amazonaws.com") });
            self.add(&function, id, "AWS::IAM::Role", Node::from_json(line, role));
        }
        let position = self.plain.len();
        if let Some(invokes) = invokes {
            self.invoke_config(&function, invokes)?;
        }
        if let Some(events) = events {
            for (name, event) in events.into_map(&format!("{}.Events", function.id))? {
                self.event(&function, &name.name, event)?;
            }
        }
        function.kind = "AWS::Lambda::Function".to_owned();
        function.properties = Node::map(line, properties.entries);
        self.plain.insert(position, function);
        Ok(())
    }

    fn add(&mut self, function: &Declared, id: String, kind: &str, properties: Node) {
        self.plain.push(function.beside(id, kind, properties));
    }

    fn event(&mut self, function: &Declared, name: &str, node: Node) -> Result<(), ReadError> {
        let (line, place) = (node.line, format!("{}.Events.{name}", function.id));
        let mut parts = Properties::of(node, place.clone())?;
        let kind = parts.need_text("Type")?;
        let properties = parts.take("Properties").unwrap_or(Node::map(line, Entries::new()));
        parts.finish(self.findings);
        // Errors name the line of the event.
        let properties = Properties { line, ..Properties::of(properties, place)? };
        let event = Event { function, id: format!("{}{name}", function.id), line };
        match kind.as_str() {
            "EventBridgeRule" | "CloudWatchEvent" => self.pattern_event(&event, properties),
            "Schedule" => self.rate_event(&event, properties),
            "ScheduleV2" => self.schedule_event(&event, properties),
            "DynamoDB" => self.mapping_event(&event, "Stream", properties),
            "SQS" => self.mapping_event(&event, "Queue", properties),
            "HttpApi" => self.api_event(&event, properties),
            _ => {
                let what = format!("events of type {kind} are not supported here");
                self.findings.push(Finding::new(line, &properties.place, what));
                Ok(())
            }
        }
    }

    fn pattern_event(&mut self, event: &Event<'_>, mut parts: Properties) -> Result<(), ReadError> {
        let (mut rule, mut target) = (Entries::new(), Entries::new());
        parts.pass(&["EventBusName"], &mut rule);
        pass(&mut parts.entries, "Pattern", &mut rule, "EventPattern");
        pass(&mut parts.entries, "RuleName", &mut rule, "Name");
        let id = parts.take("Target").and_then(|target| target.get("Id").cloned());
        parts.pass(&["InputPath", "InputTransformer"], &mut target);
        self.rule(event, parts, rule, target, id)
    }

    fn rate_event(&mut self, event: &Event<'_>, mut parts: Properties) -> Result<(), ReadError> {
        let mut rule = Entries::new();
        put(&mut rule, "ScheduleExpression", parts.need("Schedule")?);
        parts.pass(&["Name", "Description"], &mut rule);
        self.rule(event, parts, rule, Entries::new(), None)
    }

    /// Adds a rule with the function as its target, the permission to invoke it, and a dead-letter queue if one is
    /// requested.
    fn rule(
        &mut self,
        event: &Event<'_>,
        mut parts: Properties,
        mut rule: Entries,
        mut target: Entries,
        target_id: Option<Node>,
    ) -> Result<(), ReadError> {
        let line = event.line;
        match (parts.take("State"), parts.take("Enabled")) {
            (Some(state), Some(_)) => return Err(state.wrong(&parts.place, "given State or Enabled and not both")),
            (Some(state), None) => put(&mut rule, "State", state),
            (None, Some(Node { line, data: Data::Bool(enabled) })) => {
                put(&mut rule, "State", Node::text(line, if enabled { "ENABLED" } else { "DISABLED" }));
            }
            (None, Some(other)) => return Err(other.wrong(&format!("{}.Enabled", parts.place), "true or false")),
            (None, None) => {}
        }
        put(&mut target, "Arn", event.function_arn());
        put(&mut target, "Id", target_id.unwrap_or_else(|| Node::text(line, own_target_id(&event.id))));
        self.delivery(event, &mut parts, &mut target, true)?;
        parts.finish(self.findings);
        put(&mut rule, "Targets", Node::list(line, vec![Node::map(line, target)]));
        self.add(event.function, event.id.clone(), "AWS::Events::Rule", Node::map(line, rule));
        let permission = json!({
            "Action": "lambda:InvokeFunction",
            "FunctionName": { "Ref": event.function.id },
            "Principal": "events.amazonaws.com",
            "SourceArn": { "Fn::GetAtt": [event.id, "Arn"] },
        });
        let (id, permission) = (format!("{}Permission", event.id), Node::from_json(line, permission));
        self.add(event.function, id, "AWS::Lambda::Permission", permission);
        Ok(())
    }

    /// Adds a schedule of EventBridge Scheduler, with the role under which it invokes the function.
    fn schedule_event(&mut self, event: &Event<'_>, mut parts: Properties) -> Result<(), ReadError> {
        let line = event.line;
        let mut schedule = Entries::new();
        put(&mut schedule, "ScheduleExpression", parts.need("ScheduleExpression")?);
        parts.pass(&SCHEDULE_PROPERTIES, &mut schedule);
        let omit = parts.take("OmitName").is_some_and(|omit| matches!(omit.data, Data::Bool(true)));
        match (parts.take("Name"), omit) {
            (Some(name), true) => {
                return Err(name.wrong(&format!("{}.Name", parts.place), "left out, as OmitName says"));
            }
            (Some(name), false) => put(&mut schedule, "Name", name),
            (None, false) => put(&mut schedule, "Name", Node::text(line, event.id.clone())),
            (None, true) => {}
        }
        let window = parts.take("FlexibleTimeWindow");
        let window = window.unwrap_or_else(|| Node::from_json(line, json!({ "Mode": "OFF" })));
        put(&mut schedule, "FlexibleTimeWindow", window);
        let mut target = Entries::new();
        put(&mut target, "Arn", event.function_arn());
        self.delivery(event, &mut parts, &mut target, false)?;
        parts.take("PermissionsBoundary");
        match parts.take("RoleArn") {
            Some(role) => put(&mut target, "RoleArn", role),
            None => {
                let id = format!("{}Role", event.id);
                put(&mut target, "RoleArn", Node::attribute(line, &id, "Arn"));
                let invoke = json!({
                    "Effect": "Allow", "Action": "lambda:InvokeFunction",
                    "Resource": { "Fn::GetAtt": [event.function.id, "Arn"] },
                });
                let role = json!({
                    "AssumeRolePolicyDocument": assume_role("scheduler.amazonaws.com"),
                    "Policies": [{ "PolicyName": "InvokeFunction", "PolicyDocument": policy(invoke) }],
                });
                self.add(event.function, id, "AWS::IAM::Role", Node::from_json(line, role));
            }
        }
        parts.finish(self.findings);
        put(&mut schedule, "Target", Node::map(line, target));
        self.add(event.function, event.id.clone(), "AWS::Scheduler::Schedule", Node::map(line, schedule));
        Ok(())
    }

    /// Adds an event source mapping of a stream or a queue.
    fn mapping_event(&mut self, event: &Event<'_>, name: &str, mut parts: Properties) -> Result<(), ReadError> {
        let source = parts.need(name)?;
        put(&mut parts.entries, "EventSourceArn", source);
        put(&mut parts.entries, "FunctionName", reference(event.line, &event.function.id));
        let destination = parts.entries.iter_mut().find(|(key, _)| key.name == "DestinationConfig");
        if let Some((_, Node { data: Data::Map(ends), .. })) = destination {
            for (_, end) in ends {
                if let Data::Map(parts) = &mut end.data {
                    // The type shapes the role and is no property of the mapping.
                    take(parts, "Type");
                }
            }
        }
        let properties = Node::map(event.line, parts.entries);
        self.add(event.function, event.id.clone(), "AWS::Lambda::EventSourceMapping", properties);
        Ok(())
    }

    /// Adds a route of an HTTP API.
    fn api_event(&mut self, event: &Event<'_>, parts: Properties) -> Result<(), ReadError> {
        let (route, permission) = http_api::route_of_event(event.function, parts)?;
        self.add(event.function, event.id.clone(), ROUTE, Node::map(event.line, route.entries));
        self.add(event.function, format!("{}Permission", event.id), "AWS::Lambda::Permission", permission);
        Ok(())
    }

    /// Moves input, retry policy and dead-letter queue of an event to its target.
    fn delivery(
        &mut self,
        event: &Event<'_>,
        parts: &mut Properties,
        target: &mut Entries,
        is_rule: bool,
    ) -> Result<(), ReadError> {
        parts.pass(&["Input", "RetryPolicy"], target);
        if let Some(config) = parts.take("DeadLetterConfig") {
            let config = Properties::of(config, format!("{}.DeadLetterConfig", parts.place))?;
            let arn = self.dead_letter_arn(event, config, is_rule)?;
            put(target, "DeadLetterConfig", Node { line: event.line, ..within("Arn", arn) });
        }
        Ok(())
    }

    /// The ARN of the given queue, or of one that is added. Rules also need the permission to send to it.
    fn dead_letter_arn(&mut self, event: &Event<'_>, mut config: Properties, is_rule: bool) -> Result<Node, ReadError> {
        let (line, given) = (config.line, Node::map(config.line, Entries::new()));
        match (config.take("Arn"), config.take("Type")) {
            (Some(arn), None) => return Ok(arn),
            (None, Some(kind)) if kind.as_text(&config.place)? == "SQS" => {}
            (None, Some(kind)) => return Err(kind.wrong(&config.place, "of the type SQS")),
            (Some(_), Some(_)) => return Err(given.wrong(&config.place, "given Arn or Type and not both")),
            (None, None) => return Err(ReadError::missing(line, &config.place, "Arn or Type")),
        }
        let id = match config.take("QueueLogicalId") {
            None => format!("{}Queue", event.id),
            Some(id) => id.as_text(&config.place)?,
        };
        if is_rule {
            let statement = json!({
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": { "Fn::GetAtt": [id, "Arn"] },
                "Condition": { "ArnEquals": { "aws:SourceArn": { "Fn::GetAtt": [event.id, "Arn"] } } },
            });
            let properties = json!({ "PolicyDocument": policy(statement), "Queues": [{ "Ref": id }] });
            let policy_id = format!("{}QueuePolicy", event.id);
            self.add(event.function, policy_id, "AWS::SQS::QueuePolicy", Node::from_json(line, properties));
        }
        self.add(event.function, id.clone(), "AWS::SQS::Queue", Node::map(line, Entries::new()));
        Ok(Node::attribute(line, &id, "Arn"))
    }

    /// Adds the configuration of asynchronous invokes: retries, maximum age and destinations.
    fn invoke_config(&mut self, function: &Declared, invokes: Node) -> Result<(), ReadError> {
        let id = format!("{}EventInvokeConfig", function.id);
        let mut parts = Properties::of(invokes, format!("{}.EventInvokeConfig", function.id))?;
        let line = parts.line;
        let mut properties = Entries::new();
        put(&mut properties, "FunctionName", reference(line, &function.id));
        put(&mut properties, "Qualifier", Node::text(line, "$LATEST"));
        parts.pass(&["MaximumRetryAttempts", "MaximumEventAgeInSeconds"], &mut properties);
        if let Some(destinations) = parts.take("DestinationConfig") {
            let place = format!("{}.DestinationConfig", parts.place);
            let mut named = Entries::new();
            for (key, destination) in destinations.into_map(&place)? {
                if !matches!(key.name.as_str(), "OnFailure" | "OnSuccess") {
                    self.findings.push(Finding::new(key.line, &place, format!("{} is not known", key.name)));
                    continue;
                }
                let destination = Properties::of(destination, format!("{place}.{}", key.name))?;
                let arn = self.destination_arn(function, destination, format!("{id}{}", key.name))?;
                put(&mut named, &key.name, Node { line: key.line, ..within("Destination", arn) });
            }
            put(&mut properties, "DestinationConfig", Node::map(line, named));
        }
        parts.finish(self.findings);
        self.add(function, id, "AWS::Lambda::EventInvokeConfig", Node::map(line, properties));
        Ok(())
    }

    /// The ARN of a destination. A queue or topic without one is added under this id.
    fn destination_arn(
        &mut self,
        function: &Declared,
        mut destination: Properties,
        id: String,
    ) -> Result<Node, ReadError> {
        let kind = destination.need("Type")?;
        let (id, resource, attribute) = match kind.as_text(&destination.place)?.as_str() {
            "SQS" => (format!("{id}Queue"), "AWS::SQS::Queue", "Arn"),
            "SNS" => (format!("{id}Topic"), "AWS::SNS::Topic", "TopicArn"),
            "EventBridge" | "Lambda" | "S3Bucket" => return destination.need("Destination"),
            _ => {
                return Err(kind.wrong(&destination.place, "of the type SQS, SNS, EventBridge, Lambda or S3Bucket"));
            }
        };
        let own = Node::attribute(destination.line, &id, attribute);
        let arn = match destination.take("Destination") {
            None => own,
            Some(named) if may_be_no_value(&named) => with_default(named, &own),
            Some(named) => return Ok(named),
        };
        self.add(function, id, resource, Node::map(destination.line, Entries::new()));
        Ok(arn)
    }
}

/// `{Type, TargetArn}` without the type, which only shapes the role.
fn dead_letter_queue(id: &str, queue: Node) -> Result<Node, ReadError> {
    let mut parts = Properties::of(queue, format!("{id}.DeadLetterQueue"))?;
    let kind = parts.need("Type")?;
    if !matches!(kind.as_text(&parts.place)?.as_str(), "SQS" | "SNS") {
        return Err(kind.wrong(&parts.place, "of the type SQS or SNS"));
    }
    Ok(Node { line: parts.line, ..within("TargetArn", parts.need("TargetArn")?) })
}

fn own_target_id(rule: &str) -> String {
    const SUFFIX: &str = "LambdaTarget";
    let kept: String = rule.chars().take(LONGEST_TARGET_ID - SUFFIX.len()).collect();
    format!("{kept}{SUFFIX}")
}

/// Whether this is `Fn::If` with `AWS::NoValue` on one side.
fn may_be_no_value(node: &Node) -> bool {
    match node.single() {
        Some((key, Node { data: Data::List(parts), .. })) if key.name == "Fn::If" => {
            parts.iter().skip(1).any(|part| is_no_value(part) || may_be_no_value(part))
        }
        _ => false,
    }
}

fn is_no_value(node: &Node) -> bool {
    node.get("Ref").and_then(Node::spelled).as_deref() == Some("AWS::NoValue")
}

/// The node with this value in place of `AWS::NoValue`.
fn with_default(node: Node, own: &Node) -> Node {
    if is_no_value(&node) {
        return own.clone();
    }
    let line = node.line;
    match node.data {
        Data::List(parts) => Node::list(line, parts.into_iter().map(|part| with_default(part, own)).collect()),
        Data::Map(entries) => {
            Node::map(line, entries.into_iter().map(|(key, value)| (key, with_default(value, own))).collect())
        }
        data => Node { line, data },
    }
}

/// The policy that lets a service assume a role.
fn assume_role(service: &str) -> Value {
    policy(json!({ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }))
}

/// A policy document of one statement.
fn policy(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn reference(line: usize, id: &str) -> Node {
    Node::from_json(line, json!({ "Ref": id }))
}

/// A map of one entry.
fn within(name: &str, value: Node) -> Node {
    Node::map(value.line, vec![(Key { line: value.line, name: name.to_owned() }, value)])
}

// The properties of a resource, taken out of it.
fn emptied(resource: &mut Declared) -> Result<Properties, ReadError> {
    let empty = Node::map(resource.line, Vec::new());
    Properties::of(std::mem::replace(&mut resource.properties, empty), resource.id.clone())
}
