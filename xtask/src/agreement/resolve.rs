//! The few intrinsics of an expanded template, worked out as far as two readings need it: parameters become their
//! values, resources the words `Bus` and `Bus.Arn`. What is not known here stays as it is, and then differs loudly.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Values of parameters; the others have their defaults.
pub type Values = BTreeMap<String, String>;

/// The folder relative to which the reader's program prints paths.
const PSEUDO: [(&str, &str); 4] = [
    ("AWS::AccountId", "000000000000"),
    ("AWS::Partition", "aws"),
    ("AWS::Region", "us-east-1"),
    ("AWS::StackName", "shop"),
];

/// An expanded template with the values of its parameters.
pub(super) struct Resolver<'e> {
    expansion: &'e Value,
    values: &'e Values,
}

impl<'e> Resolver<'e> {
    pub(super) fn new(expansion: &'e Value, values: &'e Values) -> Self {
        Self { expansion, values }
    }

    /// The properties of every resource of this type that is there, by logical id.
    pub(super) fn resources(&self, kind: &str) -> Vec<(&'e str, Value)> {
        let all = self.expansion["Resources"].as_object().into_iter().flatten();
        let found = all.filter(|(_, resource)| resource["Type"] == kind && self.holds(&resource["Condition"]));
        let properties = |resource: &Value| self.value(&resource["Properties"]).unwrap_or_default();
        found.map(|(id, resource)| (id.as_str(), properties(resource))).collect()
    }

    /// A value without intrinsics; nothing where it is `AWS::NoValue`.
    fn value(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(items) => Some(items.iter().filter_map(|item| self.value(item)).collect()),
            Value::Object(entries) => match single(entries) {
                Some(("Ref", Value::String(name))) => self.reference(name),
                Some(("Fn::GetAtt", Value::Array(path))) => {
                    Some(json!(path.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")))
                }
                Some(("Fn::If", Value::Array(parts))) if parts.len() == 3 => {
                    self.value(if self.holds(&parts[0]) { &parts[1] } else { &parts[2] })
                }
                _ => {
                    let entries = entries.iter().filter_map(|(name, value)| Some((name.clone(), self.value(value)?)));
                    Some(Value::Object(entries.collect()))
                }
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let parameter = &self.expansion["Parameters"][name];
        if let Some((_, value)) = PSEUDO.iter().find(|(pseudo, _)| *pseudo == name) {
            return Some(json!(value));
        }
        match (name, self.values.get(name)) {
            ("AWS::NoValue", _) => None,
            (_, Some(value)) => Some(json!(value)),
            (_, None) if parameter.is_object() => Some(parameter["Default"].clone()),
            (_, None) => Some(json!(name)),
        }
    }

    /// Does a condition hold? It is given by name or written out; what has none is always there.
    fn holds(&self, condition: &Value) -> bool {
        let all = |parts: &Value| parts.as_array().cloned().unwrap_or_default();
        let text = |value: Option<Value>| value.map(|value| spelled(&value));
        match condition {
            Value::String(name) => self.holds(&self.expansion["Conditions"][name]),
            Value::Object(entries) => match single(entries) {
                Some(("Condition", name)) => self.holds(name),
                Some(("Fn::Not", parts)) => !all(parts).iter().all(|part| self.holds(part)),
                Some(("Fn::And", parts)) => all(parts).iter().all(|part| self.holds(part)),
                Some(("Fn::Or", parts)) => all(parts).iter().any(|part| self.holds(part)),
                Some(("Fn::Equals", parts)) => text(self.value(&parts[0])) == text(self.value(&parts[1])),
                _ => true,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => true,
        }
    }
}

fn single(entries: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut all = entries.iter();
    match (all.next(), all.next()) {
        (Some((name, value)), None) => Some((name, value)),
        _ => None,
    }
}

/// A scalar as text.
pub(super) fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
