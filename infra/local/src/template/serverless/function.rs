//! Expands a serverless function as SAM does: the plain function, its role, the configuration of its asynchronous invokes,
//! and the resources of its events.

use crate::template::{
    Finding, TemplateError,
    document::Declared,
    node::{Data, Entries, Node, take},
};

use super::{emptied, events, invocation, mapping, missing, put, scheduler};

/// Says how the role or the code come about; nothing of it shows when the function runs here.
const OF_THE_BUILD: [&str; 7] = [
    "AssumeRolePolicyDocument",
    "CodeUri",
    "ImageUri",
    "InlineCode",
    "PermissionsBoundary",
    "PropagateTags",
    "RolePath",
];

/// What becomes of versions and aliases, which this machine does not have, and what a function is reached by over
/// HTTP. SAM makes resources of their own from it, so what it names is no need of the function.
const OF_OTHER_RESOURCES: [&str; 8] = [
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "DeploymentPreference",
    "FunctionUrlConfig",
    "ProvisionedConcurrencyConfig",
    "SnapStart",
    "VersionDescription",
];

pub(super) fn expand(
    mut function: Declared,
    plain: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let line = function.line;
    let mut properties = emptied(&mut function)?;
    for name in OF_THE_BUILD {
        take(&mut properties, name);
    }
    for name in OF_OTHER_RESOURCES {
        if let Some((key, _)) = properties.iter().find(|(key, _)| key.name == name) {
            findings.push(Finding::new(key.line, &function.id, format!("{name} is not supported here")));
            take(&mut properties, name);
        }
    }
    let happenings = take(&mut properties, "Events");
    let invokes = take(&mut properties, "EventInvokeConfig");
    function.policies = take(&mut properties, "Policies");
    if let Some(queue) = take(&mut properties, "DeadLetterQueue") {
        put(&mut properties, "DeadLetterConfig", invocation::dead_letter_queue(&function.id, queue)?);
    }
    if let Some(mode) = take(&mut properties, "Tracing") {
        put(&mut properties, "TracingConfig", Node::map(mode.line, [("Mode", mode)]));
    }
    if !properties.iter().any(|(key, _)| key.name == "Role") {
        let id = format!("{}Role", function.id);
        put(&mut properties, "Role", Node::attribute(line, &id, "Arn"));
        plain.push(role(&function, id));
    }
    let mut beside = Vec::new();
    if let Some(invokes) = invokes {
        invocation::expand(&function, invokes, &mut beside, findings)?;
    }
    if let Some(happenings) = happenings {
        for (name, happening) in happenings.into_map(&format!("{}.Events", function.id))? {
            event(&function, &name.name, happening, &mut beside, findings)?;
        }
    }
    function.kind = "AWS::Lambda::Function".to_owned();
    function.properties = Node { line, data: Data::Map(properties) };
    plain.push(function);
    plain.append(&mut beside);
    Ok(())
}

fn role(function: &Declared, id: String) -> Declared {
    let line = function.line;
    let statement = Node::map(
        line,
        [
            ("Effect", Node::text(line, "Allow")),
            ("Principal", Node::map(line, [("Service", Node::text(line, "lambda.amazonaws.com"))])),
            ("Action", Node::text(line, "sts:AssumeRole")),
        ],
    );
    let statements = Node::list(line, vec![statement]);
    let document = Node::map(line, [("Version", Node::text(line, "2012-10-17")), ("Statement", statements)]);
    function.beside(id, "AWS::IAM::Role", Node::map(line, [("AssumeRolePolicyDocument", document)]))
}

fn event(
    function: &Declared,
    name: &str,
    happening: Node,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let (line, place) = (happening.line, format!("{}.Events.{name}", function.id));
    let mut parts = happening.into_map(&place)?;
    let kind = take(&mut parts, "Type").ok_or_else(|| missing(line, &place, "Type"))?.as_text(&place)?;
    let properties = match take(&mut parts, "Properties") {
        None => Entries::new(),
        Some(properties) => properties.into_map(&place)?,
    };
    for (key, _) in parts {
        findings.push(Finding::new(key.line, &place, format!("{} is not known", key.name)));
    }
    let source = Source { function, id: format!("{}{name}", function.id), place, line };
    match kind.as_str() {
        "EventBridgeRule" | "CloudWatchEvent" => events::on_pattern(&source, properties, beside, findings),
        "Schedule" => events::on_schedule(&source, properties, beside, findings),
        "ScheduleV2" => scheduler::expand(&source, properties, beside, findings),
        "DynamoDB" => mapping::expand(&source, "Stream", properties, beside),
        "SQS" => mapping::expand(&source, "Queue", properties, beside),
        _ => {
            findings.push(Finding::new(line, &source.place, format!("events of type {kind} are not supported here")));
            Ok(())
        }
    }
}

/// An event of a function, and the logical id that it has as a resource.
pub(super) struct Source<'d> {
    pub(super) function: &'d Declared,
    pub(super) id: String,
    pub(super) place: String,
    pub(super) line: usize,
}

impl Source<'_> {
    pub(super) fn function_arn(&self) -> Node {
        Node::attribute(self.line, &self.function.id, "Arn")
    }
}
