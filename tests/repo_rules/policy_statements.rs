//! What holds for all policy statements: no wildcards, an append-only log, no publishing under another context's source,
//! and every change of a permission shows in the snapshot.

use std::collections::BTreeSet;

use causeway::{Kind, delivery::bus::source_of};
use serde_json::{Value, json};
use xtask::{
    permissions::{self, listed, spelled},
    repo, template,
};

use super::{
    assert_none,
    template::{assert_reported, template_of},
};

const SYSTEM: &str = "causeway.system";

#[test]
fn every_change_of_a_permission_shows_in_the_snapshot() {
    let root = repo::root();
    let (now, written) = (permissions::matrix(&template_of(&root)), repo::read(&root, permissions::SNAPSHOT).unwrap());
    let removed = written.lines().filter(|line| !now.contains(line)).map(|line| format!("removed: {line}"));
    let added = now.lines().filter(|line| !written.contains(line)).map(|line| format!("added: {line}"));
    let changes: Vec<_> = removed.chain(added).collect();
    assert!(
        now == written,
        "the permissions differ from {}; if that is intended, run `cargo xtask generate`\n{}",
        permissions::SNAPSHOT,
        changes.join("\n")
    );
}

#[test]
fn no_statement_has_a_wildcard_and_the_log_is_append_only() {
    let stack = template_of(&repo::root());
    assert!(permissions::statements(&stack).len() > 20, "too few statements were found");
    assert_none(open(&stack));
}

#[test]
fn no_context_publishes_under_the_source_of_another() {
    assert_none(claims(&template_of(&repo::root())));
}

#[test]
fn an_open_statement_is_reported() {
    let stack = template_of(&repo::root());
    let policy = "/Resources/ReadLog/Properties/PolicyDocument/Statement/0";
    assert_reported(
        &stack,
        [
            (format!("{policy}/Action"), json!(["dynamodb:*"]), "an action has a wildcard"),
            (format!("{policy}/Resource"), json!("*"), "a resource has a wildcard"),
            (format!("{policy}/Resource"), Value::Null, "names no resource"),
            (format!("{policy}/Action"), json!("dynamodb:DeleteItem"), "never changed"),
            (
                "/Resources/DenyLogMutation/Properties/PolicyDocument/Statement/0/Action".to_owned(),
                json!([]),
                "DenyLogMutation",
            ),
            (
                "/Resources/OrderDeciderRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource".to_owned(),
                json!({ "Fn::GetAtt": ["RelayDeadLetters", "Arn"] }),
                "OrderDeadLetters",
            ),
        ],
        open,
    );
}

#[test]
fn an_open_source_is_reported() {
    let stack = template_of(&repo::root());
    let only = "/Resources/DenyForeignEvents/Properties/Statement";
    assert_reported(
        &stack,
        [
            (
                "/Resources/PublishRejections/Properties/PolicyDocument/Statement/0/Condition".to_owned(),
                Value::Null,
                "under which",
            ),
            (
                "/Resources/PublishEvents/Properties/PolicyDocument/Statement/0/Condition/StringEquals/events:source"
                    .to_owned(),
                json!(["causeway.order"]),
                "PublishEvents must say",
            ),
            (format!("{only}/Effect"), json!("Allow"), "must deny"),
            (format!("{only}/Principal"), json!({ "AWS": "x" }), "must deny"),
            (
                format!("{only}/Condition/ArnNotEquals/aws:PrincipalArn/0"),
                json!({ "Fn::GetAtt": ["OrderDeciderRole", "Arn"] }),
                "DenyForeignEvents",
            ),
            (
                "/Resources/DenyForeignSystemEvents/Properties/Statement/Condition/ArnNotEquals/aws:PrincipalArn/0"
                    .to_owned(),
                json!({ "Fn::GetAtt": ["TimerRole", "Arn"] }),
                "DenyForeignSystemEvents",
            ),
        ],
        claims,
    );
}

/// The statements that permit too much.
fn open(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for statement in permissions::statements(stack) {
        let (id, body) = (&statement.id, &statement.body);
        let (actions, resources) = (listed(&body["Action"]), listed(&body["Resource"]));
        if resources.is_empty() || actions.is_empty() {
            problems.push(format!("{id}: a statement names no resource or no action"));
        }
        // The relay creates and names the schedules of its group.
        let is_open = |resource: &&Value| {
            resource.to_string().contains('*') && !resource.to_string().contains("schedule/${Timers}/*")
        };
        if resources.iter().any(is_open) {
            problems.push(format!("{id}: a resource has a wildcard; name the resource"));
        }
        if actions.iter().any(|action| action.to_string().contains('*')) {
            problems.push(format!("{id}: an action has a wildcard; name the actions"));
        }
        let appends = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"];
        let on_log = resources.iter().any(|resource| spelled(resource) == "Events");
        if on_log
            && body["Effect"] == "Allow"
            && actions.iter().any(|action| !appends.contains(&spelled(action).as_str()))
        {
            problems.push(format!("{id}: the log is appended to and read, never changed; take the action away"));
        }
    }
    let denied = json!([
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:UpdateItem"
    ]);
    let keeps = &stack["Resources"]["DenyLogMutation"]["Properties"]["PolicyDocument"]["Statement"][0];
    if keeps["Action"] != denied || keeps["Effect"] != "Deny" || spelled(&keeps["Resource"]) != "Events" {
        problems.push(format!("DenyLogMutation must deny {denied} on the log"));
    }
    for (role, does) in roles(stack) {
        let context = role.trim_end_matches(does);
        for (action, resource) in [
            ("sqs:SendMessage", format!("{context}DeadLetters")),
            ("logs:PutLogEvents", format!("{context}LogGroup")),
            ("logs:CreateLogStream", format!("{context}LogGroup")),
        ] {
            let on: BTreeSet<_> = permissions::of_role(stack, role)
                .into_iter()
                .filter(|right| right.action == action)
                .map(|right| right.resource)
                .collect();
            if on != BTreeSet::from([resource.clone()]) {
                problems
                    .push(format!("{role} must have {action} on {resource} and nowhere else, and has it on {on:?}"));
            }
        }
    }
    problems
}

/// The roles of functions, each with the word for what it does.
fn roles(stack: &Value) -> impl Iterator<Item = (&str, &'static str)> {
    let does = ["OnceDeciderRole", "ReadingDeciderRole", "DeciderRole", "ProjectorRole"];
    template::resources(stack, "AWS::IAM::Role")
        .filter_map(move |(id, _)| does.into_iter().find(|does| id.ends_with(does)).map(|does| (id, does)))
        .chain([("RelayRole", "Role")])
}

/// Who may say what under a source that is not his.
fn claims(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for statement in permissions::statements(stack) {
        let speaks = listed(&statement.body["Action"]).iter().any(|action| **action == "events:PutEvents");
        let sources = &statement.body["Condition"]["StringEquals"]["events:source"];
        if speaks && statement.body["Effect"] == "Allow" && sources.is_null() {
            problems.push(format!("{}: PutEvents must name the events:source under which it speaks", statement.id));
        }
    }
    let said = &stack["Resources"]["PublishEvents"]["Properties"]["PolicyDocument"]["Statement"][0]["Condition"];
    let said: BTreeSet<_> = listed(&said["StringEquals"]["events:source"]).into_iter().map(spelled).collect();
    let catalogue = domain::catalogue().into_iter().map(|entry| entry.description);
    let facts = catalogue.filter(|it| it.kind == Kind::Event && source_of(it.context) != SYSTEM);
    let owners: BTreeSet<_> = facts.map(|it| source_of(it.context)).collect();
    if said != owners {
        problems.push(format!("PublishEvents must say what these say, and nothing else: {owners:?}"));
    }
    let with = |policy: &str| {
        let roles = template::resources(stack, "AWS::IAM::Role").map(|(id, _)| id);
        roles.filter(|id| permissions::policies_of(stack, id).iter().any(|(has, _)| *has == policy)).collect::<Vec<_>>()
    };
    let log = [with("PublishEvents"), vec!["TimerRole"]].concat();
    let others =
        json!({ "StringLike": { "events:source": "causeway.*" }, "StringNotEquals": { "events:source": SYSTEM } });
    problems.extend(denial(stack, "DenyForeignEvents", &log, others));
    let system = json!({ "StringEquals": { "events:source": SYSTEM } });
    problems.extend(denial(stack, "DenyForeignSystemEvents", &with("PublishSystemEvents"), system));
    problems
}

/// Whether the bus refuses everybody but these what the condition says.
fn denial(stack: &Value, id: &str, but: &[&str], condition: Value) -> Option<String> {
    let statement = &stack["Resources"][id]["Properties"]["Statement"];
    let mut expected = json!({ "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents" });
    expected["Resource"] = json!({ "Fn::GetAtt": ["Bus", "Arn"] });
    expected["Condition"] = condition;
    let mut has = statement.clone();
    let others = has["Condition"].as_object_mut().and_then(|condition| condition.remove("ArnNotEquals"));
    let others = others.map(|others| others["aws:PrincipalArn"].clone()).unwrap_or_default();
    let named: BTreeSet<_> = listed(&others).into_iter().map(spelled).collect();
    let named_as = |role: &&str| match stack["Resources"][*role]["Condition"].as_str() {
        Some(condition) => format!("{role} if {condition}"),
        None => (*role).to_owned(),
    };
    let mut all: BTreeSet<_> = but.iter().map(named_as).collect();
    all.insert("OperatorArn if HasOperator".to_owned());
    (has != expected || named != all)
        .then(|| format!("{id} must deny {expected} to all but {all:?}, and spares {named:?}"))
}
