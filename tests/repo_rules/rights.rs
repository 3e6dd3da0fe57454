//! What is true of all rights together: no star, a log that only grows, a bus on which nobody speaks for another,
//! and no right that changes unseen.

use std::collections::BTreeSet;

use causeway::{Kind, delivery::bus::source_of};
use serde_json::{Value, json};
use xtask::{
    permissions::{self, listed, spelled},
    repo, template,
};

use super::{
    nothing_wrong,
    page::{self, planted_at},
};

const SYSTEM: &str = "causeway.system";

#[test]
fn no_right_changes_unseen() {
    let root = repo::root();
    let (now, written) = (permissions::matrix(&page::stack(&root)), repo::read(&root, permissions::SNAPSHOT).unwrap());
    let gone = written.lines().filter(|line| !now.contains(line)).map(|line| format!("gone: {line}"));
    let new = now.lines().filter(|line| !written.contains(line)).map(|line| format!("new: {line}"));
    let changes: Vec<_> = gone.chain(new).collect();
    assert!(
        now == written,
        "the rights are not those of {}; if that is meant, run `{}`\n{}",
        permissions::SNAPSHOT,
        "cargo xtask generate",
        changes.join("\n")
    );
}

#[test]
fn no_right_is_open_and_the_log_only_grows() {
    let stack = page::stack(&repo::root());
    assert!(permissions::statements(&stack).len() > 20, "hardly a statement was found");
    nothing_wrong(open(&stack));
}

#[test]
fn nobody_speaks_for_another_on_the_bus() {
    nothing_wrong(claims(&page::stack(&repo::root())));
}

#[test]
fn an_open_right_is_seen() {
    let stack = page::stack(&repo::root());
    let policy = "/Resources/ReadLog/Properties/PolicyDocument/Statement/0";
    for (place, planted, wanted) in [
        (format!("{policy}/Action"), json!(["dynamodb:*"]), "an action has a star"),
        (format!("{policy}/Resource"), json!("*"), "a resource has a star"),
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
    ] {
        let problems = open(&planted_at(&stack, &place, planted)).join("\n");
        assert!(problems.contains(wanted), "{place}: {problems}");
    }
}

#[test]
fn a_claim_that_anyone_may_make_is_seen() {
    let stack = page::stack(&repo::root());
    let only = "/Resources/DenyForeignEvents/Properties/Statement";
    for (place, planted, wanted) in [
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
            json!({ "Fn::GetAtt": ["OrderProjectorRole", "Arn"] }),
            "DenyForeignSystemEvents",
        ),
    ] {
        let problems = claims(&planted_at(&stack, &place, planted)).join("\n");
        assert!(problems.contains(wanted), "{place}: {problems}");
    }
}

/// What may too much.
fn open(stack: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for statement in permissions::statements(stack) {
        let (id, body) = (&statement.id, &statement.body);
        let (actions, resources) = (listed(&body["Action"]), listed(&body["Resource"]));
        if resources.is_empty() || actions.is_empty() {
            problems.push(format!("{id}: a statement names no resource or no action"));
        }
        // The schedules of the one group are made and named by the relay.
        let is_open = |resource: &&Value| {
            resource.to_string().contains('*') && !resource.to_string().contains("schedule/${Timers}/*")
        };
        if resources.iter().any(is_open) {
            problems.push(format!("{id}: a resource has a star; name the resource"));
        }
        if actions.iter().any(|action| action.to_string().contains('*')) {
            problems.push(format!("{id}: an action has a star; name the actions"));
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
    let does = ["OnceDeciderRole", "DeciderRole", "ProjectorRole"];
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
    problems.extend(denial(stack, "DenyForeignSystemEvents", &with("PublishRejections"), system));
    problems
}

/// Whether the bus refuses everybody but these what the condition says.
fn denial(stack: &Value, id: &str, but: &[&str], condition: Value) -> Option<String> {
    let statement = &stack["Resources"][id]["Properties"]["Statement"];
    let mut wanted = json!({ "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents" });
    wanted["Resource"] = json!({ "Fn::GetAtt": ["Bus", "Arn"] });
    wanted["Condition"] = condition;
    let mut has = statement.clone();
    let others = has["Condition"].as_object_mut().and_then(|condition| condition.remove("ArnNotEquals"));
    let others = others.map(|others| others["aws:PrincipalArn"].clone()).unwrap_or_default();
    let named: BTreeSet<_> = listed(&others).into_iter().map(spelled).collect();
    let mut all: BTreeSet<_> = but.iter().map(|role| (*role).to_owned()).collect();
    all.insert("OperatorArn if HasOperator".to_owned());
    (has != wanted || named != all).then(|| format!("{id} must deny {wanted} to all but {all:?}, and spares {named:?}"))
}
