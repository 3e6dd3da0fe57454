//! Where asynchronous invokes of a function end: how often and how long they are tried, and
//! who is told in the end. A queue that is wanted and not named, SAM makes.

use crate::template::Finding;
use crate::template::TemplateError;
use crate::template::document::Declared;
use crate::template::node::Data;
use crate::template::node::Entries;
use crate::template::node::Node;
use crate::template::node::take;

use super::missing;
use super::pass;
use super::put;

/// `{Type, TargetArn}` without the type, which only shapes the role.
pub(super) fn dead_letter_queue(id: &str, queue: Node) -> Result<Node, TemplateError> {
    let (line, place) = (queue.line, format!("{id}.DeadLetterQueue"));
    let mut parts = queue.into_map(&place)?;
    let kind = take(&mut parts, "Type").ok_or_else(|| missing(line, &place, "Type"))?;
    if !matches!(kind.as_text(&place)?.as_str(), "SQS" | "SNS") {
        return Err(kind.wrong(&place, "of the type SQS or SNS"));
    }
    let target = take(&mut parts, "TargetArn").ok_or_else(|| missing(line, &place, "TargetArn"))?;
    Ok(Node::map(line, [("TargetArn", target)]))
}

pub(super) fn expand(
    function: &Declared,
    invokes: Node,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let (line, place) = (invokes.line, format!("{}.EventInvokeConfig", function.id));
    let id = format!("{}EventInvokeConfig", function.id);
    let mut parts = invokes.into_map(&place)?;
    let mut properties = Entries::new();
    put(&mut properties, "FunctionName", Node::reference(line, &function.id));
    put(&mut properties, "Qualifier", Node::text(line, "$LATEST"));
    pass(&mut parts, "MaximumRetryAttempts", &mut properties, "MaximumRetryAttempts");
    pass(&mut parts, "MaximumEventAgeInSeconds", &mut properties, "MaximumEventAgeInSeconds");
    if let Some(destinations) = take(&mut parts, "DestinationConfig") {
        let (line, place) = (destinations.line, format!("{place}.DestinationConfig"));
        let mut named = Entries::new();
        for (key, destination) in destinations.into_map(&place)? {
            match key.name.as_str() {
                "OnFailure" | "OnSuccess" => {
                    let made = format!("{id}{}Queue", key.name);
                    let arn = arn(function, destination, &format!("{place}.{}", key.name), made, beside)?;
                    put(&mut named, &key.name, Node::map(key.line, [("Destination", arn)]));
                }
                _ => findings.push(Finding::new(key.line, &place, format!("{} is not known", key.name))),
            }
        }
        put(&mut properties, "DestinationConfig", Node { line, data: Data::Map(named) });
    }
    for (key, _) in parts {
        findings.push(Finding::new(key.line, &place, format!("{} is not known", key.name)));
    }
    let properties = Node { line, data: Data::Map(properties) };
    beside.push(function.beside(id, "AWS::Lambda::EventInvokeConfig", properties));
    Ok(())
}

fn arn(
    function: &Declared,
    destination: Node,
    place: &str,
    made: String,
    beside: &mut Vec<Declared>,
) -> Result<Node, TemplateError> {
    let line = destination.line;
    let mut parts = destination.into_map(place)?;
    let kind = take(&mut parts, "Type").ok_or_else(|| missing(line, place, "Type"))?;
    match (kind.as_text(place)?.as_str(), take(&mut parts, "Destination")) {
        ("SQS" | "SNS" | "EventBridge" | "Lambda" | "S3Bucket", Some(arn)) => Ok(arn),
        ("SQS", None) => {
            let arn = Node::attribute(line, &made, "Arn");
            let properties = Node { line, data: Data::Map(Entries::new()) };
            beside.push(function.beside(made, "AWS::SQS::Queue", properties));
            Ok(arn)
        }
        ("SNS" | "EventBridge" | "Lambda" | "S3Bucket", None) => Err(missing(line, place, "Destination")),
        _ => Err(kind.wrong(place, "of the type SQS, SNS, EventBridge, Lambda or S3Bucket")),
    }
}
