//! Builds the stack: evaluates every resource and output of a template, and reads it into its type.

use super::{
    document::Declared,
    error::{Finding, ReadError},
    evaluate::Evaluator,
    http_api::{RouteOf, attach_routes},
    naming::{API, NESTED, ROUTE, name_property},
    node::{Entries, Fields, Key, Node},
    readers::{InvokeConfig, Resource, invoke_config},
    resources::{Function, Output, RetainPolicy, Stack},
};

/// Reads all resources and outputs.
pub(super) fn build<'t>(
    evaluator: &mut Evaluator<'t>,
    resources: &'t [Declared],
    outputs: &'t Entries,
) -> Result<Stack, ReadError> {
    let mut stack = Stack::default();
    let (mut invokes, mut routes) = (Vec::new(), Vec::new());
    for declared in resources {
        let mark = evaluator.mark();
        if let Err(error) = read(evaluator, declared, &mut stack, &mut invokes, &mut routes) {
            stack.findings.push(evaluator.pass_over(&mark, &declared.id, declared.line, error)?);
        }
    }
    attach(invokes, &mut stack);
    attach_routes(routes, &mut stack);
    for (key, node) in outputs {
        let mark = evaluator.mark();
        match output(evaluator, key, node, &mut stack.findings) {
            Ok(output) => stack.outputs.extend(output),
            Err(error) => {
                let place = format!("Outputs.{}", key.name);
                stack.findings.push(evaluator.pass_over(&mark, &place, key.line, error)?);
            }
        }
    }
    Ok(stack)
}

/// Reads one resource.
fn read<'t>(
    evaluator: &mut Evaluator<'t>,
    declared: &'t Declared,
    stack: &mut Stack,
    invokes: &mut Vec<InvokeConfig>,
    routes: &mut Vec<RouteOf>,
) -> Result<(), ReadError> {
    if !evaluator.is_there(declared)? {
        return Ok(());
    }
    let properties = evaluator.of_resource(declared, &declared.properties)?;
    let policies = match &declared.policies {
        None => None,
        Some(policies) => Some(evaluator.of_resource(declared, policies)?.to_json()),
    };
    if declared.retained != RetainPolicy::default() {
        stack.retained.insert(declared.id.clone(), declared.retained);
    }
    let (_, identity) = evaluator.identity(declared.line, "resource", &declared.id)?;
    let resource = Resource { declared, identity, settings: evaluator.settings };
    let kind = declared.kind.as_str();
    let inner = if kind == NESTED { evaluator.nested(declared)? } else { None };
    let mut fields = Fields::of(&properties, &declared.id, &mut stack.findings)?;
    if let Some((Some(name), _)) = name_property(kind) {
        fields.without_effect(&[name]);
    }
    match kind {
        "AWS::Lambda::Function" => stack.functions.push(resource.function(policies, &mut fields)?),
        "AWS::Lambda::EventInvokeConfig" => invokes.push(invoke_config(&mut fields)?),
        "AWS::Lambda::EventSourceMapping" => stack.mappings.extend(resource.mapping(&mut fields)?),
        "AWS::Events::Rule" => stack.rules.push(resource.rule(&mut fields)?),
        "AWS::Events::EventBus" => stack.buses.push(resource.bus(&mut fields)?),
        "AWS::Events::Archive" => stack.archives.push(resource.archive(&mut fields)?),
        API => stack.apis.push(resource.http_api(&mut fields)?),
        ROUTE => routes.push(resource.http_route(&mut fields)?),
        "AWS::Scheduler::Schedule" => stack.schedules.push(resource.schedule(&mut fields)?),
        "AWS::Scheduler::ScheduleGroup" => stack.schedule_groups.push(resource.schedule_group(&mut fields)),
        "AWS::DynamoDB::Table" => stack.tables.push(resource.table(&mut fields)?),
        "AWS::SQS::Queue" => stack.queues.push(resource.queue(&mut fields)?),
        NESTED if inner.is_some() => {
            fields.without_effect(&["TemplateURL", "Parameters", "Tags", "TimeoutInMinutes", "NotificationARNs"]);
            fields.without_effect(&["StackName", "Description"]);
        }
        _ => {
            match name_property(kind) {
                Some(_) if kind != NESTED => stack.documents.push(resource.document(&properties)),
                is_known => {
                    let unless = is_known.map_or("", |_| " unless their template is a file");
                    let what = format!("resources of type {kind} are not supported here{unless}");
                    stack.findings.push(Finding::new(declared.line, &declared.id, what));
                }
            }
            return Ok(());
        }
    }
    fields.finish();
    inner.into_iter().for_each(|inner| merge_nested(stack, declared, inner));
    Ok(())
}

fn output<'t>(
    evaluator: &mut Evaluator<'t>,
    key: &'t Key,
    output: &'t Node,
    findings: &mut Vec<Finding>,
) -> Result<Option<Output>, ReadError> {
    let place = format!("Outputs.{}", key.name);
    let mut fields = Fields::of(output, &place, findings)?;
    let condition = fields.text("Condition")?;
    fields.need("Value")?;
    let description = fields.text("Description")?;
    if let Some(export) = fields.node("Export") {
        fields.report(export.line, "there are no other stacks to export to");
    }
    fields.finish();
    let is_there = condition.map(|name| evaluator.condition(&name, output.line)).transpose()?;
    if is_there == Some(false) {
        return Ok(None);
    }
    let value = output.get("Value").map(|value| evaluator.value(value)).transpose()?.flatten();
    let value = value.and_then(|value| value.spelled());
    let value = value.ok_or_else(|| output.wrong(&format!("{place}.Value"), "text"))?;
    Ok(Some(Output { name: key.name.clone(), value, description, line: key.line }))
}

/// Gives each function the configuration of its asynchronous invokes.
fn attach(all: Vec<InvokeConfig>, stack: &mut Stack) {
    for config in all {
        let named = |function: &&mut Function| function.name == config.function || function.arn == config.function;
        let what = match stack.functions.iter_mut().find(named) {
            Some(function) if config.qualifier == "$LATEST" => {
                function.invokes = config.invokes;
                continue;
            }
            Some(_) => format!("versions and aliases such as {} are not supported here", config.qualifier),
            None => format!("there is no function {} in this template", config.function),
        };
        stack.findings.push(Finding::new(config.line, &config.place, what));
    }
}

/// Merges a nested stack into its parent. Logical ids are prefixed with that of the nested stack, because two stacks may
/// use the same ones.
fn merge_nested(stack: &mut Stack, nested: &Declared, mut inner: Stack) {
    let policies = std::mem::take(&mut inner.retained);
    let mut prefix = |id: &mut String| {
        let own = policies.get(id).copied().unwrap_or_default();
        *id = format!("{}.{id}", nested.id);
        // A nested stack is retained as a whole.
        let when_removed = own.when_removed || nested.retained.when_removed;
        let both = RetainPolicy { when_removed, ..own };
        if both != RetainPolicy::default() {
            stack.retained.insert(id.clone(), both);
        }
    };
    append(&mut stack.functions, inner.functions, |one| prefix(&mut one.id));
    append(&mut stack.rules, inner.rules, |one| prefix(&mut one.id));
    append(&mut stack.schedules, inner.schedules, |one| prefix(&mut one.id));
    append(&mut stack.mappings, inner.mappings, |one| prefix(&mut one.id));
    append(&mut stack.tables, inner.tables, |one| prefix(&mut one.id));
    append(&mut stack.queues, inner.queues, |one| prefix(&mut one.id));
    append(&mut stack.buses, inner.buses, |one| prefix(&mut one.id));
    append(&mut stack.archives, inner.archives, |one| prefix(&mut one.id));
    append(&mut stack.schedule_groups, inner.schedule_groups, |one| prefix(&mut one.id));
    append(&mut stack.apis, inner.apis, |one| prefix(&mut one.id));
    append(&mut stack.documents, inner.documents, |one| prefix(&mut one.id));
    stack.findings.append(&mut inner.findings);
}

fn append<T>(all: &mut Vec<T>, mut inner: Vec<T>, prefix: impl FnMut(&mut T)) {
    inner.iter_mut().for_each(prefix);
    all.append(&mut inner);
}
