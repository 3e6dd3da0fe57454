//! Events of a function that are schedules of EventBridge Scheduler, with the role under
//! which the Scheduler invokes the function.

use crate::template::{
    Finding, TemplateError,
    document::Declared,
    node::{Data, Entries, Node, take},
};

use super::{events::dead_letters, function::Source, missing, pass, put};

const AS_IT_IS: [&str; 7] =
    ["Description", "EndDate", "GroupName", "KmsKeyArn", "ScheduleExpressionTimezone", "StartDate", "State"];

pub(super) fn expand(
    source: &Source<'_>,
    mut parts: Entries,
    beside: &mut Vec<Declared>,
    findings: &mut Vec<Finding>,
) -> Result<(), TemplateError> {
    let (line, place) = (source.line, &source.place);
    let mut schedule = Entries::new();
    let expression =
        take(&mut parts, "ScheduleExpression").ok_or_else(|| missing(line, place, "ScheduleExpression"))?;
    put(&mut schedule, "ScheduleExpression", expression);
    for name in AS_IT_IS {
        pass(&mut parts, name, &mut schedule, name);
    }
    let omit = take(&mut parts, "OmitName").is_some_and(|omit| matches!(omit.data, Data::Bool(true)));
    match (take(&mut parts, "Name"), omit) {
        (Some(name), true) => return Err(name.wrong(&format!("{place}.Name"), "left out, as OmitName says")),
        (Some(name), false) => put(&mut schedule, "Name", name),
        (None, false) => put(&mut schedule, "Name", Node::text(line, source.id.clone())),
        (None, true) => {}
    }
    let off = || Node::map(line, [("Mode", Node::text(line, "OFF"))]);
    put(&mut schedule, "FlexibleTimeWindow", take(&mut parts, "FlexibleTimeWindow").unwrap_or_else(off));
    let mut target = Entries::new();
    put(&mut target, "Arn", source.function_arn());
    pass(&mut parts, "Input", &mut target, "Input");
    pass(&mut parts, "RetryPolicy", &mut target, "RetryPolicy");
    if let Some(letters) = take(&mut parts, "DeadLetterConfig") {
        let arn = dead_letters(source, letters, false, beside)?;
        put(&mut target, "DeadLetterConfig", Node::map(line, [("Arn", arn)]));
    }
    take(&mut parts, "PermissionsBoundary");
    match take(&mut parts, "RoleArn") {
        Some(role) => put(&mut target, "RoleArn", role),
        None => {
            let id = format!("{}Role", source.id);
            put(&mut target, "RoleArn", Node::attribute(line, &id, "Arn"));
            beside.push(source.function.beside(id, "AWS::IAM::Role", role(source)));
        }
    }
    for (key, _) in parts {
        findings.push(Finding::new(key.line, place, format!("{} is not known", key.name)));
    }
    put(&mut schedule, "Target", Node { line, data: Data::Map(target) });
    let schedule = Node { line, data: Data::Map(schedule) };
    beside.push(source.function.beside(source.id.clone(), "AWS::Scheduler::Schedule", schedule));
    Ok(())
}

fn role(source: &Source<'_>) -> Node {
    let line = source.line;
    let document = |statement| {
        let statements = Node::list(line, vec![statement]);
        Node::map(line, [("Version", Node::text(line, "2012-10-17")), ("Statement", statements)])
    };
    let assume = Node::map(
        line,
        [
            ("Effect", Node::text(line, "Allow")),
            ("Principal", Node::map(line, [("Service", Node::text(line, "scheduler.amazonaws.com"))])),
            ("Action", Node::text(line, "sts:AssumeRole")),
        ],
    );
    let invoke = Node::map(
        line,
        [
            ("Effect", Node::text(line, "Allow")),
            ("Action", Node::text(line, "lambda:InvokeFunction")),
            ("Resource", source.function_arn()),
        ],
    );
    let policy = [("PolicyName", Node::text(line, "InvokeFunction")), ("PolicyDocument", document(invoke))];
    let policies = Node::list(line, vec![Node::map(line, policy)]);
    Node::map(line, [("AssumeRolePolicyDocument", document(assume)), ("Policies", policies)])
}
