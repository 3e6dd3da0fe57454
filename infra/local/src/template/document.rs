//! The sections of a template, before intrinsic functions are evaluated: its resources, with the Globals section merged
//! into them, and its parameters with their values.

use std::collections::BTreeMap;

use serde_json::Number;

use super::{
    error::{Finding, ReadError},
    naming::{API, name_property},
    node::{Data, Entries, Key, Node, is_macro, take},
    resources::RetainPolicy,
};

const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// The properties of a function that cannot be global.
const NEVER_GLOBAL: [&str; 4] = ["Events", "FunctionName", "Policies", "Role"];

/// The attributes of a parameter, separated by spaces.
const PARAMETER_ATTRIBUTES: &str = "AllowedPattern AllowedValues ConstraintDescription Default Description MaxLength \
    MaxValue MinLength MinValue NoEcho Type";

/// The sections of a template.
pub(super) struct Sections {
    pub(super) parameters: Entries,
    pub(super) mappings: Entries,
    pub(super) conditions: Entries,
    pub(super) resources: Vec<Declared>,
    pub(super) outputs: Entries,
    /// Whether SAM expands it.
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
    /// The resources that it depends on, with the line of each.
    pub(super) depends_on: Vec<(String, usize)>,
    pub(super) binary: Option<String>,
    /// The SAM policies of a function.
    pub(super) policies: Option<Node>,
    pub(super) retained: RetainPolicy,
}

impl Declared {
    /// A resource that this one adds, under the same condition.
    pub(super) fn beside(&self, id: String, kind: &str, properties: Node) -> Self {
        Self {
            line: properties.line,
            id,
            kind: kind.to_owned(),
            condition: self.condition.clone(),
            properties,
            depends_on: Vec::new(),
            binary: None,
            policies: None,
            retained: RetainPolicy::default(),
        }
    }
}

/// Divides a template into its sections.
pub(super) fn divide(root: Node, findings: &mut Vec<Finding>) -> Result<Sections, ReadError> {
    let mut sections = root.into_map("the template")?;
    let mut section = |name: &str, findings: &mut Vec<Finding>| match take(&mut sections, name) {
        None => Ok(Vec::new()),
        Some(node) => node.into_map(name).map(|entries| without_macros(entries, name, findings)),
    };
    let (parameters, mappings) = (section("Parameters", findings)?, section("Mappings", findings)?);
    let (conditions, globals) = (section("Conditions", findings)?, section("Globals", findings)?);
    let outputs = section("Outputs", findings)?;
    let found_before = findings.len();
    let declared = section("Resources", findings)?;
    // All resources of a template may be made by a loop.
    if declared.is_empty() && findings.len() == found_before {
        return Err(ReadError::missing(1, "the template", "Resources"));
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
            return Err(ReadError::missing(resource.line, &place, &format!("Transform: {SERVERLESS}")));
        }
        resources.push(resource);
    }
    merge_globals(globals, &mut resources, findings)?;
    Ok(Sections { parameters, mappings, conditions, resources, outputs, serverless })
}

// Macros and loops make entries that this reader does not make.
fn without_macros(entries: Entries, section: &str, findings: &mut Vec<Finding>) -> Entries {
    let (left_out, kept): (Entries, Entries) = entries.into_iter().partition(|(key, _)| is_macro(&key.name));
    findings.extend(left_out.into_iter().map(|(key, _)| {
        Finding::new(key.line, section, format!("{} is not supported here, and nothing was put in", key.name))
    }));
    kept
}

fn transforms(node: Option<Node>, findings: &mut Vec<Finding>) -> Result<bool, ReadError> {
    let mut serverless = false;
    for node in node.map(Node::into_items).unwrap_or_default() {
        // A map has parameters, and is a macro and not a transform of AWS.
        let name = node.get("Name").unwrap_or(&node).as_text("Transform")?;
        match name.as_str() {
            SERVERLESS => serverless = true,
            // Its functions are supported, and each of its loops is a finding.
            "AWS::LanguageExtensions" => {}
            other => {
                findings.push(Finding::new(node.line, "the template", format!("the transform {other} is not known")))
            }
        }
    }
    Ok(serverless)
}

fn resource(id: String, line: usize, node: Node, findings: &mut Vec<Finding>) -> Result<Declared, ReadError> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Node::text(line, id).wrong("a logical id", "letters and digits"));
    }
    let mut attributes = node.into_map(&id)?;
    let kind = take(&mut attributes, "Type").ok_or_else(|| ReadError::missing(line, &id, "Type"))?;
    let kind = kind.as_text(&format!("{id}.Type"))?;
    let properties = take(&mut attributes, "Properties").unwrap_or(Node::map(line, Vec::new()));
    properties.as_map(&format!("{id}.Properties"))?;
    let condition =
        take(&mut attributes, "Condition").map(|name| name.as_text(&format!("{id}.Condition"))).transpose()?;
    let binary = take(&mut attributes, "Metadata")
        .and_then(|metadata| metadata.get("BuildProperties")?.get("Binary")?.spelled());
    let place = format!("{id}.DependsOn");
    let depends_on = take(&mut attributes, "DependsOn").map(Node::into_items).unwrap_or_default();
    let depends_on = depends_on.into_iter().map(|need| Ok((need.as_text(&place)?, need.line)));
    let depends_on = depends_on.collect::<Result<_, _>>()?;
    let retained = RetainPolicy {
        when_removed: is_retained(&mut attributes, &id, &kind, "DeletionPolicy", findings)?,
        when_replaced: is_retained(&mut attributes, &id, &kind, "UpdateReplacePolicy", findings)?,
    };
    for (key, _) in attributes {
        // Connectors only grant permissions, which are not checked here.
        if !matches!(key.name.as_str(), "UpdatePolicy" | "CreationPolicy" | "Connectors" | "IgnoreGlobals") {
            findings.push(Finding::new(key.line, &id, format!("the attribute {} is not known", key.name)));
        }
    }
    Ok(Declared { line, id, kind, condition, properties, depends_on, binary, policies: None, retained })
}

/// Whether this policy retains the resource. None of the supported resources can leave a snapshot.
fn is_retained(
    attributes: &mut Entries,
    id: &str,
    kind: &str,
    attribute: &str,
    findings: &mut Vec<Finding>,
) -> Result<bool, ReadError> {
    let Some(node) = take(attributes, attribute) else { return Ok(false) };
    let place = format!("{id}.{attribute}");
    if node.is_intrinsic() {
        findings.push(Finding::new(node.line, &place, "an intrinsic is not worked out here: it is not kept"));
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

/// Merges the Globals section into every function and table as SAM does: maps are merged, lists are concatenated with the
/// global part first, and for anything else the resource wins. An intrinsic counts as a single value.
fn merge_globals(globals: Entries, resources: &mut [Declared], findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for (key, section) in globals {
        let place = format!("Globals.{}", key.name);
        let properties = section.as_map(&place)?;
        let kind = match key.name.as_str() {
            "Function" => "AWS::Serverless::Function",
            "SimpleTable" => "AWS::Serverless::SimpleTable",
            "HttpApi" => API,
            _ => {
                findings.push(Finding::new(key.line, &place, "resources of this type are not supported here"));
                continue;
            }
        };
        if let Some((wrong, _)) = properties.iter().find(|(key, _)| NEVER_GLOBAL.contains(&key.name.as_str())) {
            let what = Node::text(wrong.line, wrong.name.clone());
            return Err(what.wrong(&place, "properties that can be global"));
        }
        for resource in resources.iter_mut().filter(|resource| resource.kind == kind) {
            let own = std::mem::replace(&mut resource.properties, Node { line: key.line, data: Data::Null });
            let line = own.line;
            resource.properties = Node { line, ..merged(section.clone(), own) };
        }
    }
    Ok(())
}

fn merged(global: Node, own: Node) -> Node {
    if global.is_intrinsic() || own.is_intrinsic() {
        return own;
    }
    match (global.data, own) {
        (Data::Map(mut entries), Node { line, data: Data::Map(own) }) => {
            for (key, value) in own {
                match entries.iter_mut().find(|(global, _)| global.name == key.name) {
                    Some((_, place)) => {
                        let global = std::mem::replace(place, Node { line, data: Data::Null });
                        *place = merged(global, value);
                    }
                    None => entries.push((key, value)),
                }
            }
            Node::map(line, entries)
        }
        (Data::List(mut items), Node { line, data: Data::List(mut own) }) => {
            items.append(&mut own);
            Node::list(line, items)
        }
        (_, own) => own,
    }
}

/// The value of every declared parameter: the given value or the default, validated against the constraints of the
/// parameter as CloudFormation does.
pub(super) fn parameter_values(
    declared: &Entries,
    given: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, Node>, ReadError> {
    if let Some(name) = given.keys().find(|name| !declared.iter().any(|(key, _)| key.name == **name)) {
        return Err(ReadError::UnknownParameter { name: name.clone() });
    }
    let value = |(key, declaration): &(Key, Node)| {
        let parameter = Parameter { key, declaration };
        Ok((key.name.clone(), parameter.value(given.get(&key.name), findings)?))
    };
    declared.iter().map(value).collect()
}

struct Parameter<'t> {
    key: &'t Key,
    declaration: &'t Node,
}

impl Parameter<'_> {
    fn value(&self, given: Option<&String>, findings: &mut Vec<Finding>) -> Result<Node, ReadError> {
        for (key, _) in self.declaration.as_map(&self.key.name)? {
            if !PARAMETER_ATTRIBUTES.split(' ').any(|known| known == key.name) {
                let what = format!("{} of a parameter is not known", key.name);
                findings.push(Finding::new(key.line, &self.key.name, what));
            }
        }
        let missing = || ReadError::missing(self.key.line, &format!("the parameter {}", self.key.name), "Type");
        let kind = self.text("Type")?.ok_or_else(missing)?;
        if kind.starts_with("AWS::SSM::") {
            let what =
                format!("a value of type {kind} lies in a store that is not supported here; its name was put in");
            findings.push(Finding::new(self.key.line, &self.key.name, what));
        }
        let value = match (given, self.text("Default")?) {
            (Some(given), _) => given.clone(),
            (None, Some(default)) => default,
            (None, None) => return Err(self.wrong("has no default, and no value was given".to_owned())),
        };
        let is_list = kind.contains("CommaDelimitedList") || kind.contains("List<");
        let items: Vec<&str> = if is_list { value.split(',').map(str::trim).collect() } else { vec![value.as_str()] };
        for item in &items {
            self.check(item, kind.contains("Number"), findings)?;
        }
        let line = self.key.line;
        Ok(match is_list {
            true => Node::list(line, items.iter().map(|item| Node::text(line, *item)).collect()),
            false => Node::text(line, value),
        })
    }

    fn check(&self, value: &str, is_number: bool, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
        if let Some(allowed) = self.declaration.get("AllowedValues") {
            let allowed: Vec<_> = allowed.as_list("AllowedValues")?.iter().filter_map(Node::spelled).collect();
            if !allowed.iter().any(|one| one == value) {
                return Err(self.wrong(format!("{value:?} is none of {}", allowed.join(", "))));
            }
        }
        if let Some(pattern) = self.text("AllowedPattern")? {
            match regex_lite::Regex::new(&format!("^(?:{pattern})$")) {
                Ok(regex) if regex.is_match(value) => {}
                Ok(_) => return Err(self.wrong(format!("{value:?} does not match {pattern}"))),
                Err(_) => {
                    let what = format!("the pattern {pattern} cannot be read here, so the value was not checked");
                    findings.push(Finding::new(self.key.line, &self.key.name, what));
                }
            }
        }
        let length = value.chars().count() as f64;
        self.check_bounds("MinLength", "MaxLength", length, &format!("the length of {value:?}"))?;
        if is_number {
            match value.parse::<f64>() {
                Ok(number) if number.is_finite() => self.check_bounds("MinValue", "MaxValue", number, value)?,
                _ => return Err(self.wrong(format!("{value:?} is not a number"))),
            }
        }
        Ok(())
    }

    fn check_bounds(&self, low: &str, high: &str, value: f64, what: &str) -> Result<(), ReadError> {
        for (name, is_low) in [(low, true), (high, false)] {
            let Some(bound) = self.declaration.get(name) else { continue };
            let limit = match &bound.data {
                Data::Number(number) => Number::as_f64(number),
                Data::Text(text) => text.parse().ok(),
                _ => None,
            };
            let limit = limit.ok_or_else(|| bound.wrong(name, "a number"))?;
            if (is_low && value < limit) || (!is_low && value > limit) {
                return Err(self.wrong(format!("{what} breaks {name} {limit}")));
            }
        }
        Ok(())
    }

    fn text(&self, name: &str) -> Result<Option<String>, ReadError> {
        self.declaration.get(name).map(|node| node.as_text(&format!("{}.{name}", self.key.name))).transpose()
    }

    fn wrong(&self, problem: String) -> ReadError {
        ReadError::Parameter { line: self.key.line, name: self.key.name.clone(), problem }
    }
}
