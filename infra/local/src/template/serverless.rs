//! The serverless transform: functions and simple tables become plain resources with the logical ids of SAM. Properties
//! that are passed through are checked by the reader of the plain resource.

mod events;
mod function;
mod invocation;
mod mapping;
mod scheduler;

use super::{
    Finding, TemplateError,
    document::Declared,
    naming::NESTED,
    node::{Data, Entries, Key, Node, take},
};

/// All resources in plain form, those of SAM in place of what they came from.
pub(super) fn expand(declared: Vec<Declared>, findings: &mut Vec<Finding>) -> Result<Vec<Declared>, TemplateError> {
    let mut plain: Vec<Declared> = Vec::new();
    for resource in declared {
        match resource.kind.as_str() {
            "AWS::Serverless::Function" => function::expand(resource, &mut plain, findings)?,
            "AWS::Serverless::SimpleTable" => plain.push(simple_table(resource)?),
            "AWS::Serverless::Application" => plain.push(application(resource)?),
            _ => plain.push(resource),
        }
    }
    let mut seen = std::collections::HashSet::new();
    match plain.iter().find(|resource| !seen.insert(resource.id.as_str())) {
        Some(second) => Err(TemplateError::Twice { line: second.line, key: second.id.clone() }),
        None => Ok(plain),
    }
}

/// An application whose place is a path is a nested stack; one of the public repository is not on this machine.
fn application(mut resource: Declared) -> Result<Declared, TemplateError> {
    let location = resource.properties.get("Location");
    if location.is_none_or(|location| matches!(location.data, Data::Map(_)) && !location.is_intrinsic()) {
        return Ok(resource);
    }
    let mut properties = emptied(&mut resource)?;
    let mut plain = Entries::new();
    pass(&mut properties, "Location", &mut plain, "TemplateURL");
    plain.append(&mut properties);
    resource.kind = NESTED.to_owned();
    resource.properties = Node { line: resource.line, data: Data::Map(plain) };
    Ok(resource)
}

fn simple_table(mut resource: Declared) -> Result<Declared, TemplateError> {
    let line = resource.line;
    let mut properties = emptied(&mut resource)?;
    let place = format!("{}.PrimaryKey", resource.id);
    let (name, kind) = match take(&mut properties, "PrimaryKey") {
        None => (Node::text(line, "id"), "S"),
        Some(key) => {
            let missing = |property: &str| missing(key.line, &place, property);
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
    let definition = Node::map(line, [("AttributeName", name.clone()), ("AttributeType", Node::text(line, kind))]);
    let key = Node::map(line, [("AttributeName", name), ("KeyType", Node::text(line, "HASH"))]);
    put(&mut properties, "AttributeDefinitions", Node::list(line, vec![definition]));
    put(&mut properties, "KeySchema", Node::list(line, vec![key]));
    if !properties.iter().any(|(key, _)| key.name == "ProvisionedThroughput") {
        put(&mut properties, "BillingMode", Node::text(line, "PAY_PER_REQUEST"));
    }
    resource.kind = "AWS::DynamoDB::Table".to_owned();
    resource.properties = Node { line, data: Data::Map(properties) };
    Ok(resource)
}

// The properties of a resource, taken out of it.
fn emptied(resource: &mut Declared) -> Result<Entries, TemplateError> {
    let empty = Node { line: resource.line, data: Data::Map(Vec::new()) };
    std::mem::replace(&mut resource.properties, empty).into_map(&resource.id)
}

fn put(entries: &mut Entries, name: &str, value: Node) {
    entries.push((Key { line: value.line, name: name.to_owned() }, value));
}

// Moves an entry, under another name where the plain resource has another one.
fn pass(from: &mut Entries, name: &str, to: &mut Entries, new_name: &str) {
    if let Some(value) = take(from, name) {
        put(to, new_name, value);
    }
}

fn missing(line: usize, place: &str, property: &str) -> TemplateError {
    TemplateError::Missing { line, place: place.to_owned(), property: property.to_owned() }
}
