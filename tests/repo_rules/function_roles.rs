//! Least privilege: the role of a function has the policies that its handler needs, and no other. What a handler needs is
//! read from its source, through the private functions that it calls.

use std::{collections::BTreeSet, path::Path};

use causeway::{Role, Route, routing::Binding};
use serde_json::{Value, json};
use xtask::{permissions, repo};

use super::{
    assert_none,
    generated::snake,
    template::{assert_reported, template_of},
};

/// The policies that every role has, each with its condition.
const EVERYWHERE: [(&str, Option<&str>); 3] =
    [("DenyLogMutation", None), ("PublishSystemEvents", None), ("UseKey", Some("HasOwnKey"))];

/// What the roles of a context are called after its name.
const ROLES: [&str; 4] = ["DeciderRole", "OnceDeciderRole", "ReadingDeciderRole", "ProjectorRole"];

#[test]
fn the_role_of_a_function_has_the_policies_that_its_handler_needs() {
    assert_none(problems(&template_of(&repo::root()), &functions::routes()));
}

#[test]
fn the_relay_reads_the_log_and_its_stream_publishes_and_sets_timers_and_writes_no_table() {
    let stack = template_of(&repo::root());
    assert_eq!(
        may(&stack, "Relay"),
        Ok(["ReadLog", "ReadLogStream", "PublishEvents", "SetTimers"].map(str::to_owned).into())
    );
}

#[test]
fn a_role_of_another_context_or_with_too_many_policies_is_reported() {
    let (stack, routes) = (template_of(&repo::root()), functions::routes());
    assert_reported(
        &stack,
        [
            (
                "/Resources/OrderOnPlaceOrder/Properties/Role/Fn::GetAtt/0",
                json!("InventoryDeciderRole"),
                "OrderDeciderRole",
            ),
            (
                "/Resources/OrderOnPlaceOrder/Properties/Role/Fn::GetAtt/0",
                json!("OrderProjectorRole"),
                "!Ref AppendToLog",
            ),
            (
                "/Resources/OrderDeciderRole/Properties/ManagedPolicyArns/0",
                json!({"Ref": "SendMail"}),
                "DenyLogMutation",
            ),
            (
                "/Resources/OrderProjectorRole/Properties/ManagedPolicyArns/1",
                json!({"Ref": "AppendToLog"}),
                "!Ref ReadLog",
            ),
            (
                "/Resources/NotificationOnOrderConfirmed/Properties/Environment/Variables/MAIL_FROM",
                json!(1),
                "MAIL_FROM",
            ),
            (
                "/Resources/PaymentProviderOnPaymentRequested/Properties/Environment/Variables/PAYMENTS_URL",
                json!(1),
                "PAYMENTS_URL",
            ),
        ],
        |stack| problems(stack, &routes),
    );
}

fn problems(stack: &Value, routes: &[Route]) -> Vec<String> {
    let mut problems = Vec::new();
    for route in routes {
        let id = repo::logical_id(&route.function());
        let needs = needs(&repo::root(), route);
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
        let own = role.strip_prefix(&repo::role_of(route.context, ""));
        if !own.is_some_and(|does| ROLES.contains(&does)) {
            let roles = ROLES.map(|does| repo::role_of(route.context, does));
            problems.push(format!("{}: {id} has {role}; it must be {}", repo::TEMPLATE, roles.join(" or ")));
        }
        let variables = &function["Properties"]["Environment"]["Variables"];
        let provider = json!({ "Ref": "PaymentsUrl" });
        if route.calls().is_some() != (variables["PAYMENTS_URL"] == provider) {
            problems.push(format!(
                "{}: {id} must have PAYMENTS_URL: !Ref PaymentsUrl exactly if it calls the provider",
                repo::TEMPLATE
            ));
        }
        let mail_from = &variables["MAIL_FROM"];
        if route.claimed != (*mail_from == json!({ "Ref": "MailFrom" })) {
            problems
                .push(format!("{}: {id} must have MAIL_FROM: !Ref MailFrom exactly if it sends mail", repo::TEMPLATE));
        }
    }
    problems
}

/// The policies of a function's role besides those of every role.
fn may(stack: &Value, id: &str) -> Result<BTreeSet<String>, String> {
    let function = &stack["Resources"][id];
    if function["Properties"].get("Policies").is_some() {
        return Err(format!("{id} has Policies, for which SAM generates a role; give it a Role instead"));
    }
    let role = permissions::role_of(function).ok_or_else(|| format!("{id} must have a Role of the template"))?;
    let policies = permissions::policies_of(stack, role);
    if let Some((missing, _)) = EVERYWHERE.iter().find(|one| !policies.contains(one)) {
        return Err(format!("{role} must have {missing}, like every role"));
    }
    Ok(policies.iter().filter(|one| !EVERYWHERE.contains(one)).map(|(policy, _)| (*policy).to_owned()).collect())
}

/// The policies that a function needs: those of a generated handler follow from what it is, those of a handler written
/// by hand from its source.
fn needs(root: &Path, route: &Route) -> BTreeSet<String> {
    let policies: &[&str] = match (&route.binding, route.role) {
        (Binding::Command { .. } | Binding::Saga { .. }, Role::Decide) => {
            &["AppendToLog", "PublishRejections", "RecordOutcomes"]
        }
        (Binding::Command { .. } | Binding::Saga { .. }, _) => {
            &["AppendToLog", "PublishRejections", "RecordOutcomes", "WriteOnceMarker"]
        }
        (Binding::Views { .. }, _) => &["ReadLog", "WriteViews"],
        (Binding::Handler { .. }, _) => return needs_of_source(root, route),
    };
    policies.iter().map(|policy| (*policy).to_owned()).collect()
}

fn needs_of_source(root: &Path, route: &Route) -> BTreeSet<String> {
    let page = repo::read(root, &format!("functions/src/{}.rs", snake(route.context))).unwrap();
    let source = body(&page, &format!("on_{}", snake(route.message)));
    let mut needs = BTreeSet::new();
    let mut need = |policy: &str, needed: bool| needed.then(|| needs.insert(policy.to_owned()));
    let executes = source.contains("execute::<");
    need("AppendToLog", executes);
    need("PublishRejections", executes);
    need("RecordOutcomes", executes);
    need("WriteOnceMarker", route.role == Role::DecideOnce);
    let contributes = source.contains("contribute::<");
    need("ReadLog", contributes || (!executes && source.contains("state::<")));
    need("WriteViews", contributes);
    need("ReadViews", ["list::<", "row::<"].iter().any(|read| source.contains(read)));
    need("UseInbox", route.claimed);
    need("SendMail", source.contains("dyn Mailer"));
    need("UseCircuits", source.contains("dyn HttpClient"));
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
            if ['(', ':'].iter().any(|next| text.contains(&format!("{called}{next}"))) && seen.insert(*called) {
                texts.push(body);
            }
        }
        next += 1;
    }
    texts.concat()
}
