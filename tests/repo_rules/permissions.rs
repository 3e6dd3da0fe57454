//! Least permission: a function may do what its handler says, and nothing else. What the handler says is read from
//! its source, through the private functions that it calls.

use std::{collections::BTreeSet, path::Path};

use causeway::{Role, routing::Binding};
use serde_json::{Value, json};
use xtask::{permissions, repo};

use super::{
    functions_agree::snake,
    nothing_wrong,
    page::{self, Line, planted_at},
};

/// What every role has whatever it does, and what only a key of one's own brings.
const EVERYWHERE: [(&str, Option<&str>); 2] = [("DenyLogMutation", None), ("UseKey", Some("HasOwnKey"))];

#[test]
fn a_function_may_do_what_its_handler_says_and_nothing_else() {
    nothing_wrong(problems(&page::stack(&repo::root()), &page::lines()));
}

#[test]
fn the_relay_follows_the_log_speaks_and_sets_timers_and_touches_no_table() {
    let stack = page::stack(&repo::root());
    assert_eq!(may(&stack, "Relay"), Ok(["ReadLogStream", "PublishEvents", "SetTimers"].map(str::to_owned).into()));
}

#[test]
fn a_role_of_another_context_or_with_too_much_is_seen() {
    let (own, lines) = (page::stack(&repo::root()), page::lines());
    for (pointer, planted, wanted) in [
        (
            "/Resources/OrderOnPlaceOrder/Properties/Role/Fn::GetAtt/0",
            json!("InventoryDeciderRole"),
            "OrderDeciderRole",
        ),
        ("/Resources/OrderOnPlaceOrder/Properties/Role/Fn::GetAtt/0", json!("OrderProjectorRole"), "!Ref AppendToLog"),
        ("/Resources/OrderDeciderRole/Properties/ManagedPolicyArns/0", json!({"Ref": "SendMail"}), "DenyLogMutation"),
        ("/Resources/OrderProjectorRole/Properties/ManagedPolicyArns/1", json!({"Ref": "AppendToLog"}), "!Ref ReadLog"),
        ("/Resources/NotificationOnOrderConfirmed/Properties/Environment/Variables/MAIL_FROM", json!(1), "MAIL_FROM"),
    ] {
        let problems = problems(&planted_at(&own, pointer, planted), &lines).join("\n");
        assert!(problems.contains(wanted), "{pointer}: {problems}");
    }
}

fn problems(stack: &Value, lines: &[Line]) -> Vec<String> {
    let mut problems = Vec::new();
    for line in lines {
        let id = repo::logical_id(&line.function());
        let needs = needs(&repo::root(), line);
        let function = &stack["Resources"][&id];
        let role = permissions::role_of(function).unwrap_or("no role of the template");
        match may(stack, &id) {
            Err(problem) => problems.push(format!("{}: {problem}", repo::TEMPLATE)),
            Ok(may) if may != needs => {
                let list: Vec<_> = needs.iter().map(|policy| format!("!Ref {policy}")).collect();
                problems.push(format!(
                    "{}: {id} has {role}; it must have a role with\n      ManagedPolicyArns: [!Ref DenyLogMutation, {}, !If [HasOwnKey, !Ref UseKey, !Ref AWS::NoValue]]",
                    repo::TEMPLATE,
                    list.join(", ")
                ));
            }
            Ok(_) => {}
        }
        let own = role.strip_prefix(&repo::role_of(&line.context, ""));
        if !own.is_some_and(|does| ["DeciderRole", "OnceDeciderRole", "ProjectorRole"].contains(&does)) {
            let roles =
                ["DeciderRole", "OnceDeciderRole", "ProjectorRole"].map(|does| repo::role_of(&line.context, does));
            problems.push(format!("{}: {id} has {role}; it must be {}", repo::TEMPLATE, roles.join(" or ")));
        }
        let mail_from = &function["Properties"]["Environment"]["Variables"]["MAIL_FROM"];
        if line.claimed != (*mail_from == json!({ "Ref": "MailFrom" })) {
            problems
                .push(format!("{}: {id} must have MAIL_FROM: !Ref MailFrom exactly if it sends mail", repo::TEMPLATE));
        }
    }
    problems
}

/// The policies that a function has beside those that all have.
fn may(stack: &Value, id: &str) -> Result<BTreeSet<String>, String> {
    let function = &stack["Resources"][id];
    if function["Properties"].get("Policies").is_some() {
        return Err(format!("{id} has Policies, which make SAM write a role of its own; give it a Role instead"));
    }
    let role = permissions::role_of(function).ok_or_else(|| format!("{id} must have a Role of the template"))?;
    let policies = permissions::policies_of(stack, role);
    if let Some((missing, _)) = EVERYWHERE.iter().find(|one| !policies.contains(one)) {
        return Err(format!("{role} must have {missing}, as every role has it"));
    }
    Ok(policies.iter().filter(|one| !EVERYWHERE.contains(one)).map(|(policy, _)| (*policy).to_owned()).collect())
}

/// The policies that a function needs: those of a generated handler follow from what it is, those of a handler written
/// by hand from its source.
fn needs(root: &Path, line: &Line) -> BTreeSet<String> {
    let routes = functions::routes();
    let route = routes.iter().find(|route| route.function() == line.function());
    let policies: &[&str] = match route.map(|route| (&route.binding, route.role)) {
        Some((Binding::Command { .. }, Role::Decide)) => &["AppendToLog", "PublishRejections"],
        Some((Binding::Command { .. }, _)) => &["AppendToLog", "PublishRejections", "WriteOnceMarker"],
        Some((Binding::Views { .. }, _)) => &["ReadLog", "WriteViews"],
        Some((Binding::Handler { .. }, _)) | None => return needs_of_source(root, line),
    };
    policies.iter().map(|policy| (*policy).to_owned()).collect()
}

fn needs_of_source(root: &Path, line: &Line) -> BTreeSet<String> {
    let page = repo::read(root, &format!("functions/src/{}.rs", snake(&line.context))).unwrap();
    let source = body(&page, &format!("on_{}", snake(&line.message)));
    let mut needs = BTreeSet::new();
    let mut need = |policy: &str, needed: bool| needed.then(|| needs.insert(policy.to_owned()));
    let executes = source.contains("execute::<");
    need("AppendToLog", executes);
    need("PublishRejections", executes);
    need("ReadLog", !executes && source.contains("state::<"));
    need("ReadViews", source.contains(".list::<") || source.contains(".row::<"));
    need("UseInbox", line.claimed);
    need("SendMail", source.contains("dyn Mailer"));
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
