//! Least permission: a function may do what its handler says, and nothing else. What the handler says is read from
//! its source, through the private functions that it calls.

use std::collections::BTreeSet;
use std::path::Path;

use domain::inventory::Inventory;
use domain::order::Order;
use kernel::Decider;
use kernel::Messages;
use serde_json::Value;
use serde_json::value::to_raw_value;
use xtask::place;
use xtask::template;

use super::functions_agree::snake;
use super::nothing_wrong;
use super::page;
use super::page::Line;

#[test]
fn a_function_may_do_what_its_handler_says_and_nothing_else() {
    let stack = page::stack(&place::root());
    let mut problems = Vec::new();
    for line in page::lines() {
        let id = place::logical_id(&line.function());
        let may = policies(&stack["Resources"][&id]);
        let needs = needs(&place::root(), &line);
        if may != needs {
            let list: Vec<_> = needs.iter().map(|policy| format!("!Ref {policy}")).collect();
            problems.push(format!("{}: {id} must have\n      Policies: [{}]", place::TEMPLATE, list.join(", ")));
        }
        let mail_from = &stack["Resources"][&id]["Properties"]["Environment"]["Variables"]["MAIL_FROM"];
        if line.claimed != (*mail_from == serde_json::json!({ "Ref": "MailFrom" })) {
            problems
                .push(format!("{}: {id} must have MAIL_FROM: !Ref MailFrom exactly if it sends mail", place::TEMPLATE));
        }
    }
    nothing_wrong(problems);
}

#[test]
fn the_relay_speaks_and_sets_timers_and_touches_no_table() {
    let stack = page::stack(&place::root());
    assert_eq!(policies(&stack["Resources"]["Relay"]), ["SayOnBus", "SetTimers"].map(str::to_owned).into());
}

#[test]
fn no_policy_has_a_star_and_none_changes_or_deletes_the_log() {
    let stack = page::stack(&place::root());
    let mut problems = Vec::new();
    let mut seen = 0;
    for (id, statement) in statements(&stack) {
        seen += 1;
        let resources = listed(&statement["Resource"]);
        let actions = listed(&statement["Action"]);
        if resources.is_empty() && statement.get("Principal").is_none() {
            problems.push(format!("{id}: a statement names no resource"));
        }
        // One level of a schedule group or of an account's rules may be open; a whole service or table may not.
        let open = |resource: &&Value| {
            resource.to_string().contains('*') && !resource.to_string().contains("schedule/${Timers}/*")
        };
        if resources.iter().any(open) {
            problems.push(format!("{id}: a resource has a star; name the resource"));
        }
        if actions.iter().any(|action| action.to_string().contains('*')) {
            problems.push(format!("{id}: an action has a star; name the actions"));
        }
        let log = resources.iter().any(|resource| resource.to_string().contains("\"Events\""));
        let touches = ["Update", "Delete", "BatchWrite", "PartiQL"];
        if log && actions.iter().any(|action| touches.iter().any(|word| action.to_string().contains(word))) {
            problems.push(format!("{id}: the log is appended to and read, never changed; take the action away"));
        }
    }
    assert!(seen > 10, "only {seen} statements were found");
    nothing_wrong(problems);
}

/// The policies a handler needs, by its source and by what its message is.
fn needs(root: &Path, line: &Line) -> BTreeSet<String> {
    let page = place::read(root, &format!("functions/src/{}.rs", snake(&line.context))).unwrap();
    let says = body(&page, &format!("on_{}", snake(&line.message)));
    let mut needs = BTreeSet::new();
    let mut need = |policy: &str, needed: bool| needed.then(|| needs.insert(policy.to_owned()));
    let executes = says.contains("execute::<");
    need("WriteLog", executes);
    need("SayOnBus", executes);
    need("ReadLog", !executes && (says.contains("project::<") || says.contains("state::<")));
    need("PatchViews", says.contains("project::<"));
    need("ReadViews", says.contains(".list::<") || says.contains(".row::<"));
    need("UseInbox", line.claimed);
    need("SendMail", says.contains("dyn Mailer"));
    need("MarkOnce", executes && (is_once::<Order>(&line.message) || is_once::<Inventory>(&line.message)));
    needs
}

/// The text of a function of this page and of all functions of the page that it calls.
fn body(page: &str, name: &str) -> String {
    let all: Vec<(&str, &str)> = page
        .split("fn ")
        .skip(1)
        .map(|text| (text.split(['(', '<']).next().unwrap(), text.split("\n}").next().unwrap()))
        .collect();
    let mut texts = vec![all.iter().find(|(own, _)| *own == name).unwrap_or_else(|| panic!("no handler {name}")).1];
    let mut seen = BTreeSet::from([name]);
    let mut next = 0;
    while let Some(text) = texts.get(next).copied() {
        for (called, body) in &all {
            if text.contains(&format!("{called}(")) && seen.insert(*called) {
                texts.push(body);
            }
        }
        next += 1;
    }
    texts.concat()
}

/// Whether the decider keeps a repeat of this command out by a marker.
fn is_once<D: Decider>(message: &str) -> bool
where
    D::Command: Messages,
{
    let Some(entry) = domain::catalogue().into_iter().find(|entry| entry.description.name == message) else {
        return false;
    };
    let body = to_raw_value(&entry.sample).unwrap();
    D::Command::decode(message, entry.description.version, &body).is_ok_and(|command| D::ONCE.applies(&command))
}

fn policies(function: &Value) -> BTreeSet<String> {
    let list = function["Properties"]["Policies"].as_array().into_iter().flatten();
    list.map(|policy| policy["Ref"].as_str().unwrap_or("a policy without a name").to_owned()).collect()
}

/// All policy statements of the stack, each with the resource they stand in.
fn statements(stack: &Value) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for (id, it) in template::resources(stack, "AWS::IAM::ManagedPolicy") {
        documents.push((id, &it["Properties"]["PolicyDocument"]));
    }
    for (id, it) in template::resources(stack, "AWS::SQS::QueuePolicy") {
        documents.push((id, &it["Properties"]["PolicyDocument"]));
    }
    for (id, it) in template::resources(stack, "AWS::IAM::Role") {
        let inline = it["Properties"]["Policies"].as_array().into_iter().flatten();
        documents.extend(inline.map(|policy| (id, &policy["PolicyDocument"])));
    }
    let each = |(id, document): (&str, &Value)| {
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        statements.into_iter().map(|statement| (id.to_owned(), statement)).collect::<Vec<_>>()
    };
    documents.into_iter().flat_map(each).collect()
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}
