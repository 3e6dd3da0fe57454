//! The permissions of the template: function × action × resource × condition, as lines that read well in a diff. The
//! snapshot lies beside the rules, so that every change of a permission is reviewed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template;

/// The file of the snapshot.
pub const SNAPSHOT: &str = "tests/repo_rules/permissions.snapshot";

/// One permission or denial.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The action.
    pub action: String,
    /// The resource, by its logical id.
    pub resource: String,
    /// The principal, in a resource policy.
    pub principal: String,
    /// The condition.
    pub condition: String,
}

/// A policy statement and its resource.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The logical id of the resource that has it.
    pub id: String,
    /// The statement in the template.
    pub body: Value,
    /// The condition of the template under which it exists.
    pub only_if: Option<String>,
}

/// All permissions of a template as text.
pub fn matrix(stack: &Value) -> String {
    let mut text = "Who may do what, read from the template. Written by `cargo xtask generate`.\n".to_owned();
    for (role, it) in template::resources(stack, "AWS::IAM::Role") {
        let trusted = it["Properties"]["AssumeRolePolicyDocument"]["Statement"].as_array().into_iter().flatten();
        let trusted: Vec<_> = trusted.map(|statement| spelled(&statement["Principal"])).collect();
        text.push_str(&format!("\n{role}, for {}\n", trusted.join(", ")));
        for function in functions_of(stack, role) {
            text.push_str(&format!("  function {function}\n"));
        }
        lines(&mut text, &of_role(stack, role));
    }
    for statement in of_resources(stack) {
        text.push_str(&format!("\n{}\n", statement.id));
        lines(&mut text, &rights(&statement));
    }
    text
}

/// The functions that have this role.
pub fn functions_of<'a>(stack: &'a Value, role: &str) -> Vec<&'a str> {
    let functions = template::resources(stack, "AWS::Serverless::Function");
    functions.filter(|(_, it)| role_of(it) == Some(role)).map(|(id, _)| id).collect()
}

/// The role of a function, if it has one of the template's.
pub fn role_of(function: &Value) -> Option<&str> {
    function["Properties"]["Role"]["Fn::GetAtt"][0].as_str()
}

/// The managed policies of a role by logical id, each with its condition.
pub fn policies_of<'a>(stack: &'a Value, role: &str) -> Vec<(&'a str, Option<&'a str>)> {
    let list = stack["Resources"][role]["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten();
    let named = list.map(|policy| match (&policy["Ref"], &policy["Fn::If"]) {
        (Value::String(id), _) => (id.as_str(), None),
        (_, chosen) => (chosen[1]["Ref"].as_str().unwrap_or("a policy without a name"), chosen[0].as_str()),
    });
    named.collect()
}

/// All permissions and denials of a role.
pub fn of_role(stack: &Value, role: &str) -> BTreeSet<Right> {
    let mut statements = Vec::new();
    for (policy, only_if) in policies_of(stack, role) {
        statements.extend(document(policy, &stack["Resources"][policy]["Properties"]["PolicyDocument"], only_if));
    }
    for policy in stack["Resources"][role]["Properties"]["Policies"].as_array().into_iter().flatten() {
        statements.extend(document(role, &policy["PolicyDocument"], None));
    }
    statements.iter().flat_map(rights).collect()
}

/// The statements of resource policies: of queues and buses.
pub fn of_resources(stack: &Value) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (id, it) in template::resources(stack, "AWS::SQS::QueuePolicy") {
        statements.extend(document(id, &it["Properties"]["PolicyDocument"], None));
    }
    for (id, it) in template::resources(stack, "AWS::Events::EventBusPolicy") {
        statements.push(Statement { id: id.to_owned(), body: it["Properties"]["Statement"].clone(), only_if: None });
    }
    statements
}

/// All statements of the template: of policies, of roles, of queues and of buses.
pub fn statements(stack: &Value) -> Vec<Statement> {
    let mut statements = of_resources(stack);
    for (id, it) in template::resources(stack, "AWS::IAM::ManagedPolicy") {
        statements.extend(document(id, &it["Properties"]["PolicyDocument"], it["Condition"].as_str()));
    }
    for (id, it) in template::resources(stack, "AWS::IAM::Role") {
        for policy in it["Properties"]["Policies"].as_array().into_iter().flatten() {
            statements.extend(document(id, &policy["PolicyDocument"], None));
        }
    }
    statements
}

/// The value, or each of a list.
pub fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// A value as a person writes it: `!GetAtt Events.Arn` is `Events`.
pub fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(spelled).collect::<Vec<_>>().join(" | "),
        Value::Object(map) => match map.iter().next() {
            Some((key, Value::Array(path))) if key == "Fn::GetAtt" => {
                let path: Vec<_> = path.iter().filter_map(Value::as_str).filter(|part| *part != "Arn").collect();
                path.join(".")
            }
            Some((key, Value::Array(chosen))) if key == "Fn::If" => {
                let Some([condition, value, _]) = chosen.get(..3) else { return value.to_string() };
                format!("{} if {}", spelled(value), spelled(condition))
            }
            Some((_, inner)) if map.len() == 1 => spelled(inner),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn document(id: &str, document: &Value, only_if: Option<&str>) -> Vec<Statement> {
    let statements = listed(&document["Statement"]).into_iter();
    let each = |body: &Value| Statement { id: id.to_owned(), body: body.clone(), only_if: only_if.map(str::to_owned) };
    statements.map(each).collect()
}

fn rights(statement: &Statement) -> Vec<Right> {
    let body = &statement.body;
    let condition = [statement.only_if.clone(), conditions(&body["Condition"])];
    let condition = condition.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let mut rights = Vec::new();
    for action in listed(&body["Action"]) {
        for resource in listed(&body["Resource"]) {
            rights.push(Right {
                effect: spelled(&body["Effect"]),
                action: spelled(action),
                resource: spelled(resource),
                principal: body.get("Principal").map(spelled).unwrap_or_default(),
                condition: condition.clone(),
            });
        }
    }
    rights
}

/// `StringEquals: { a: b }` as `a StringEquals b`, in the order of the keys.
fn conditions(condition: &Value) -> Option<String> {
    let mut parts = BTreeMap::new();
    for (operator, keys) in condition.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            parts.insert((key, operator), format!("{key} {operator} {}", spelled(value)));
        }
    }
    (!parts.is_empty()).then(|| parts.into_values().collect::<Vec<_>>().join(" and "))
}

fn lines<'r>(text: &mut String, rights: impl IntoIterator<Item = &'r Right>) {
    for right in rights {
        let Right { effect, action, resource, principal, condition } = right;
        let to = if principal.is_empty() { String::new() } else { format!(" to {principal}") };
        let when = if condition.is_empty() { String::new() } else { format!(" when {condition}") };
        text.push_str(&format!("  {effect:<5} {action:<28} {resource}{to}{when}\n"));
    }
}

#[cfg(test)]
mod tests;
