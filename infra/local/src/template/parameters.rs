//! The values of the parameters: the given value or the default, validated against the constraints of the parameter as
//! CloudFormation does.

use std::collections::BTreeMap;

use serde_json::Number;

use super::{
    Finding, TemplateError,
    node::{Data, Entries, Key, Node},
};

/// The value of every declared parameter.
pub(super) fn settle(
    declared: &Entries,
    given: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, Node>, TemplateError> {
    if let Some(name) = given.keys().find(|name| !declared.iter().any(|(key, _)| key.name == **name)) {
        return Err(TemplateError::UnknownParameter { name: name.clone() });
    }
    let settle = |(key, declaration): &(Key, Node)| {
        let parameter = Parameter { key, declaration };
        Ok((key.name.clone(), parameter.settle(given.get(&key.name), findings)?))
    };
    declared.iter().map(settle).collect()
}

struct Parameter<'t> {
    key: &'t Key,
    declaration: &'t Node,
}

impl Parameter<'_> {
    fn settle(&self, given: Option<&String>, findings: &mut Vec<Finding>) -> Result<Node, TemplateError> {
        for (key, _) in self.declaration.as_map(&self.key.name)? {
            if !KNOWN.contains(&key.name.as_str()) {
                findings.push(Finding::new(
                    key.line,
                    &self.key.name,
                    format!("{} of a parameter is not known", key.name),
                ));
            }
        }
        let Some(kind) = self.text("Type")? else {
            let place = format!("the parameter {}", self.key.name);
            return Err(TemplateError::Missing { line: self.key.line, place, property: "Type".to_owned() });
        };
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
        let mut nodes = items.iter().map(|item| Node::text(line, *item));
        match (is_list, nodes.next()) {
            (false, Some(single)) => Ok(single),
            (_, first) => Ok(Node::list(line, first.into_iter().chain(nodes).collect())),
        }
    }

    fn check(&self, value: &str, is_number: bool, findings: &mut Vec<Finding>) -> Result<(), TemplateError> {
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
        self.within("MinLength", "MaxLength", length, &format!("the length of {value:?}"))?;
        if is_number {
            match value.parse::<f64>() {
                Ok(number) if number.is_finite() => self.within("MinValue", "MaxValue", number, value)?,
                _ => return Err(self.wrong(format!("{value:?} is not a number"))),
            }
        }
        Ok(())
    }

    fn within(&self, low: &str, high: &str, value: f64, what: &str) -> Result<(), TemplateError> {
        for (name, is_low) in [(low, true), (high, false)] {
            let Some(bound) = self.declaration.get(name) else { continue };
            let limit = match &bound.data {
                Data::Number(number) => Number::as_f64(number),
                Data::Text(text) => text.parse().ok(),
                Data::Null | Data::Bool(_) | Data::List(_) | Data::Map(_) => None,
            };
            let limit = limit.ok_or_else(|| bound.wrong(name, "a number"))?;
            if (is_low && value < limit) || (!is_low && value > limit) {
                return Err(self.wrong(format!("{what} breaks {name} {limit}")));
            }
        }
        Ok(())
    }

    fn text(&self, name: &str) -> Result<Option<String>, TemplateError> {
        self.declaration.get(name).map(|node| node.as_text(&format!("{}.{name}", self.key.name))).transpose()
    }

    fn wrong(&self, problem: String) -> TemplateError {
        TemplateError::Parameter { line: self.key.line, name: self.key.name.clone(), problem }
    }
}

const KNOWN: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];
