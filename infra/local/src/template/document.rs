//! The sections of a template and its resources, before intrinsic functions are evaluated.

use super::{
    Finding, Kept, TemplateError,
    evaluate::may_stand_beside,
    naming::name_property,
    node::{Data, Entries, Node, take},
};

const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// A template, divided.
pub(super) struct Document {
    pub(super) parameters: Entries,
    pub(super) mappings: Entries,
    pub(super) conditions: Entries,
    pub(super) globals: Entries,
    pub(super) resources: Vec<Declared>,
    pub(super) outputs: Entries,
    /// Does SAM expand it?
    pub(super) serverless: bool,
}

/// A resource as the template declares it, or as SAM would add it.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) condition: Option<String>,
    /// Always a map.
    pub(super) properties: Node,
    pub(super) needs: Vec<(String, usize)>,
    pub(super) binary: Option<String>,
    /// What a function may do, in the words of SAM.
    pub(super) policies: Option<Node>,
    /// Does it outlive its place in the template?
    pub(super) kept: Kept,
}

impl Declared {
    /// A resource that this one brings with it: it is there under the same condition.
    pub(super) fn beside(&self, id: String, kind: &str, properties: Node) -> Self {
        Self {
            line: properties.line,
            id,
            kind: kind.to_owned(),
            condition: self.condition.clone(),
            properties,
            needs: Vec::new(),
            binary: None,
            policies: None,
            kept: Kept::default(),
        }
    }
}

pub(super) fn divide(root: Node, findings: &mut Vec<Finding>) -> Result<Document, TemplateError> {
    let mut sections = root.into_map("the template")?;
    let mut section = |name: &str, findings: &mut Vec<Finding>| match take(&mut sections, name) {
        None => Ok(Vec::new()),
        Some(node) => node.into_map(name).map(|entries| without_loops(entries, name, findings)),
    };
    let document = Document {
        parameters: section("Parameters", findings)?,
        mappings: section("Mappings", findings)?,
        conditions: section("Conditions", findings)?,
        globals: section("Globals", findings)?,
        outputs: section("Outputs", findings)?,
        resources: Vec::new(),
        serverless: false,
    };
    let found_before = findings.len();
    let declared = section("Resources", findings)?;
    // A template may be nothing but a loop.
    if declared.is_empty() && findings.len() == found_before {
        let place = "the template".to_owned();
        return Err(TemplateError::Missing { line: 1, place, property: "Resources".to_owned() });
    }
    let serverless = transforms(take(&mut sections, "Transform"), findings)?;
    for (key, _) in sections {
        if !matches!(key.name.as_str(), "AWSTemplateFormatVersion" | "Description" | "Metadata") {
            findings.push(Finding::new(key.line, "the template", format!("the section {} is not read", key.name)));
        }
    }
    let mut resources = Vec::new();
    for (key, node) in declared {
        let resource = resource(key.name, key.line, node, findings)?;
        if !serverless && resource.kind.starts_with("AWS::Serverless::") {
            let place = format!("the template of a {}", resource.kind);
            return Err(TemplateError::Missing {
                line: resource.line,
                place,
                property: format!("Transform: {SERVERLESS}"),
            });
        }
        resources.push(resource);
    }
    Ok(Document { resources, serverless, ..document })
}

// Macros and loops make entries that this reader does not make.
fn without_loops(entries: Entries, section: &str, findings: &mut Vec<Finding>) -> Entries {
    let (left_out, kept): (Entries, Entries) = entries.into_iter().partition(|(key, _)| may_stand_beside(&key.name));
    findings.extend(left_out.into_iter().map(|(key, _)| {
        Finding::new(key.line, section, format!("{} is not supported here, and nothing was put in", key.name))
    }));
    kept
}

fn transforms(node: Option<Node>, findings: &mut Vec<Finding>) -> Result<bool, TemplateError> {
    let names = match node {
        None => Vec::new(),
        Some(Node { data: Data::List(items), .. }) => items,
        Some(single) => vec![single],
    };
    let mut serverless = false;
    for node in names {
        // Spelled as a map it has parameters, and is no transform of AWS's own but a macro.
        let name = node.get("Name").unwrap_or(&node).as_text("Transform")?;
        match name.as_str() {
            SERVERLESS => serverless = true,
            // Its functions are played, and its loops are named one by one.
            "AWS::LanguageExtensions" => {}
            other => {
                findings.push(Finding::new(node.line, "the template", format!("the transform {other} is not known")))
            }
        }
    }
    Ok(serverless)
}

fn resource(id: String, line: usize, node: Node, findings: &mut Vec<Finding>) -> Result<Declared, TemplateError> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Node::text(line, id).wrong("a logical id", "letters and digits"));
    }
    let mut attributes = node.into_map(&id)?;
    let Some(kind) = take(&mut attributes, "Type") else {
        return Err(TemplateError::Missing { line, place: id, property: "Type".to_owned() });
    };
    let kind = kind.as_text(&format!("{id}.Type"))?;
    let properties = take(&mut attributes, "Properties").unwrap_or(Node { line, data: Data::Map(Vec::new()) });
    properties.as_map(&format!("{id}.Properties"))?;
    let condition =
        take(&mut attributes, "Condition").map(|name| name.as_text(&format!("{id}.Condition"))).transpose()?;
    let binary = take(&mut attributes, "Metadata")
        .and_then(|metadata| metadata.get("BuildProperties")?.get("Binary")?.spelled());
    let needs = match take(&mut attributes, "DependsOn") {
        None => Vec::new(),
        Some(Node { data: Data::List(items), .. }) => items,
        Some(single) => vec![single],
    };
    let place = format!("{id}.DependsOn");
    let needs = needs.into_iter().map(|need| Ok((need.as_text(&place)?, need.line))).collect::<Result<_, _>>()?;
    let kept = Kept {
        when_removed: is_kept(&mut attributes, &id, &kind, "DeletionPolicy", findings)?,
        when_replaced: is_kept(&mut attributes, &id, &kind, "UpdateReplacePolicy", findings)?,
    };
    for (key, _) in attributes {
        // Connectors only grant permissions, which are not checked here.
        if !matches!(key.name.as_str(), "UpdatePolicy" | "CreationPolicy" | "Connectors" | "IgnoreGlobals") {
            findings.push(Finding::new(key.line, &id, format!("the attribute {} is not known", key.name)));
        }
    }
    Ok(Declared { line, id, kind, condition, properties, needs, binary, policies: None, kept })
}

/// What this attribute says of the resource's end. Nothing that is played here can leave a snapshot.
fn is_kept(
    attributes: &mut Entries,
    id: &str,
    kind: &str,
    attribute: &str,
    findings: &mut Vec<Finding>,
) -> Result<bool, TemplateError> {
    let Some(node) = take(attributes, attribute) else { return Ok(false) };
    let place = format!("{id}.{attribute}");
    if node.is_intrinsic() {
        findings.push(Finding::new(
            node.line,
            &place,
            "an intrinsic is not worked out here: it is not kept".to_owned(),
        ));
        return Ok(false);
    }
    match (attribute, node.as_text(&place)?.as_str()) {
        (_, "Delete") => Ok(false),
        (_, "Snapshot") if name_property(kind).is_none() => Ok(false),
        (_, "Retain") | ("DeletionPolicy", "RetainExceptOnCreate") => Ok(true),
        ("DeletionPolicy", _) => Err(node.wrong(&place, "Delete, Retain or RetainExceptOnCreate")),
        _ => Err(node.wrong(&place, "Delete or Retain")),
    }
}
