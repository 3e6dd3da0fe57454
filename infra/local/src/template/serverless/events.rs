//! Events of a function of type EventBridgeRule and Schedule. Each becomes a rule with the function as its target, the
//! permission to invoke it, and a dead-letter queue if one is requested.

use crate::template::{
    Finding, TemplateError,
    node::{Data, Entries, Node, take},
};

use super::{function::Source, missing, pass, put};
use crate::template::document::Declared;

/// A target's id has at most this many characters.
const LONGEST_TARGET_ID: usize = 64;

pub(super) fn on_pattern(
    source: &Source<'_>,
    mut parts: Entries,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let mut rule = Entries::new();
    pass(&mut parts, "EventBusName", &mut rule, "EventBusName");
    pass(&mut parts, "Pattern", &mut rule, "EventPattern");
    pass(&mut parts, "RuleName", &mut rule, "Name");
    let id = take(&mut parts, "Target").and_then(|target| target.get("Id").cloned());
    let mut target = Entries::new();
    pass(&mut parts, "InputPath", &mut target, "InputPath");
    pass(&mut parts, "InputTransformer", &mut target, "InputTransformer");
    expand(source, parts, rule, target, id, beside, findings)
}

pub(super) fn on_schedule(
    source: &Source<'_>,
    mut parts: Entries,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let mut rule = Entries::new();
    let expression = take(&mut parts, "Schedule").ok_or_else(|| missing(source.line, &source.place, "Schedule"))?;
    put(&mut rule, "ScheduleExpression", expression);
    pass(&mut parts, "Name", &mut rule, "Name");
    pass(&mut parts, "Description", &mut rule, "Description");
    expand(source, parts, rule, Entries::new(), None, beside, findings)
}

fn expand(
    source: &Source<'_>,
    mut parts: Entries,
    mut rule: Entries,
    mut target: Entries,
    target_id: Option<Node>,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let line = source.line;
    match (take(&mut parts, "State"), take(&mut parts, "Enabled")) {
        (Some(state), Some(_)) => return Err(state.wrong(&source.place, "given State or Enabled and not both")),
        (Some(state), None) => put(&mut rule, "State", state),
        (None, Some(Node { line, data: Data::Bool(enabled) })) => {
            put(&mut rule, "State", Node::text(line, if enabled { "ENABLED" } else { "DISABLED" }));
        }
        (None, Some(other)) => return Err(other.wrong(&format!("{}.Enabled", source.place), "true or false")),
        (None, None) => {}
    }
    put(&mut target, "Arn", source.function_arn());
    put(&mut target, "Id", target_id.unwrap_or_else(|| Node::text(line, own_target_id(&source.id))));
    pass(&mut parts, "Input", &mut target, "Input");
    pass(&mut parts, "RetryPolicy", &mut target, "RetryPolicy");
    if let Some(letters) = take(&mut parts, "DeadLetterConfig") {
        let arn = dead_letters(source, letters, true, beside)?;
        put(&mut target, "DeadLetterConfig", Node::map(line, [("Arn", arn)]));
    }
    for (key, _) in parts {
        findings.push(Finding::new(key.line, &source.place, format!("{} is not known", key.name)));
    }
    let targets = vec![Node { line, data: Data::Map(target) }];
    put(&mut rule, "Targets", Node::list(line, targets));
    let rule = Node { line, data: Data::Map(rule) };
    beside.push(source.function.beside(source.id.clone(), "AWS::Events::Rule", rule));
    let permission = Node::map(
        line,
        [
            ("Action", Node::text(line, "lambda:InvokeFunction")),
            ("FunctionName", Node::reference(line, &source.function.id)),
            ("Principal", Node::text(line, "events.amazonaws.com")),
            ("SourceArn", Node::attribute(line, &source.id, "Arn")),
        ],
    );
    let id = format!("{}Permission", source.id);
    beside.push(source.function.beside(id, "AWS::Lambda::Permission", permission));
    Ok(())
}

fn own_target_id(rule: &str) -> String {
    const SUFFIX: &str = "LambdaTarget";
    let kept: String = rule.chars().take(LONGEST_TARGET_ID - SUFFIX.len()).collect();
    format!("{kept}{SUFFIX}")
}

/// The queue that is named, or the one that SAM makes; rules also need to be let in.
pub(super) fn dead_letters(
    source: &Source<'_>,
    letters: Node,
    of_rule: bool,
    beside: &mut Vec<Declared>,
) -> Result<Node, TemplateError> {
    let (line, place) = (letters.line, format!("{}.DeadLetterConfig", source.place));
    let mut parts = letters.clone().into_map(&place)?;
    match (take(&mut parts, "Arn"), take(&mut parts, "Type")) {
        (Some(arn), None) => return Ok(arn),
        (None, Some(kind)) if kind.as_text(&place)? == "SQS" => {}
        (None, Some(kind)) => return Err(kind.wrong(&place, "of the type SQS")),
        (Some(_), Some(_)) => return Err(letters.wrong(&place, "given Arn or Type and not both")),
        (None, None) => return Err(missing(line, &place, "Arn or Type")),
    }
    let id = match take(&mut parts, "QueueLogicalId") {
        None => format!("{}Queue", source.id),
        Some(id) => id.as_text(&place)?,
    };
    let arn = Node::attribute(line, &id, "Arn");
    if of_rule {
        let condition = Node::map(line, [("aws:SourceArn", Node::attribute(line, &source.id, "Arn"))]);
        let statement = Node::map(
            line,
            [
                ("Effect", Node::text(line, "Allow")),
                ("Principal", Node::map(line, [("Service", Node::text(line, "events.amazonaws.com"))])),
                ("Action", Node::text(line, "sqs:SendMessage")),
                ("Resource", arn.clone()),
                ("Condition", Node::map(line, [("ArnEquals", condition)])),
            ],
        );
        let document = [("Version", Node::text(line, "2012-10-17")), ("Statement", Node::list(line, vec![statement]))];
        let queues = Node::list(line, vec![Node::reference(line, &id)]);
        let policy = Node::map(line, [("PolicyDocument", Node::map(line, document)), ("Queues", queues)]);
        beside.push(source.function.beside(format!("{}QueuePolicy", source.id), "AWS::SQS::QueuePolicy", policy));
    }
    beside.push(source.function.beside(id, "AWS::SQS::Queue", Node { line, data: Data::Map(Entries::new()) }));
    Ok(arn)
}
