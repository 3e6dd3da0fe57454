//! The configuration of asynchronous invokes: retries, maximum age and destinations. SAM creates a destination queue that
//! is requested without a name.

use crate::template::{
    Finding, TemplateError,
    document::Declared,
    node::{Data, Entries, Node, take},
};

use super::{missing, pass, put};

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
                    let made = format!("{id}{}", key.name);
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
    let (made, property, resource, made_arn) = match kind.as_text(place)?.as_str() {
        "SQS" => (format!("{made}Queue"), "Destination", "AWS::SQS::Queue", "Arn"),
        "SNS" => (format!("{made}Topic"), "Destination", "AWS::SNS::Topic", "TopicArn"),
        "EventBridge" | "Lambda" | "S3Bucket" => {
            return take(&mut parts, "Destination").ok_or_else(|| missing(line, place, "Destination"));
        }
        _ => return Err(kind.wrong(place, "of the type SQS, SNS, EventBridge, Lambda or S3Bucket")),
    };
    let own = Node::attribute(line, &made, made_arn);
    let arn = match take(&mut parts, property) {
        None => own,
        Some(named) if is_perhaps_nothing(&named) => with_otherwise(named, &own),
        Some(named) => return Ok(named),
    };
    beside.push(function.beside(made, resource, Node { line, data: Data::Map(Entries::new()) }));
    Ok(arn)
}

/// Is this a choice of which one end is no value?
fn is_perhaps_nothing(node: &Node) -> bool {
    match node.single() {
        Some((key, Node { data: Data::List(parts), .. })) if key.name == "Fn::If" => {
            parts.iter().skip(1).any(|part| is_nothing(part) || is_perhaps_nothing(part))
        }
        _ => false,
    }
}

fn is_nothing(node: &Node) -> bool {
    node.get("Ref").and_then(Node::spelled).as_deref() == Some("AWS::NoValue")
}

/// The choice with something in place of no value.
fn with_otherwise(node: Node, own: &Node) -> Node {
    let line = node.line;
    match node.data {
        _ if is_nothing(&Node { line, data: node.data.clone() }) => own.clone(),
        Data::List(parts) => Node::list(line, parts.into_iter().map(|part| with_otherwise(part, own)).collect()),
        Data::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, with_otherwise(value, own)));
            Node { line, data: Data::Map(entries.collect()) }
        }
        data => Node { line, data },
    }
}
