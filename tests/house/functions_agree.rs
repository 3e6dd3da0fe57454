//! Every route has its binary, its line in the manifest, its resource and its rule, and they agree.
//! Nothing exists without a route but the relay, which hears the log and not the bus.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};
use xtask::{new::infra, place, template};

use super::{
    nothing_wrong,
    page::{self, Line},
};

const RELAY: &str = "relay";

#[test]
fn every_route_has_its_binary_its_resource_and_its_rule() {
    let lines = page::lines();
    assert!(!lines.is_empty(), "functions::routes() is empty");
    nothing_wrong(problems(&place::root(), &lines));
}

#[test]
fn the_templates_are_what_the_routes_generate() {
    let root = place::root();
    let generated = xtask::stacks::generate(&root, &functions::routes()).unwrap();
    let known: BTreeSet<&str> = generated.iter().map(|(path, _)| path.as_str()).collect();
    let outdated = generated.iter().filter(|(path, content)| place::read(&root, path).ok().as_ref() != Some(content));
    let mut problems: Vec<String> =
        outdated.map(|(path, _)| format!("{path} is out of date; run `cargo xtask generate`")).collect();
    let stacks = place::files(&root, "infra/stacks").unwrap();
    let orphans = stacks.iter().filter(|path| !known.contains(path.as_str()));
    problems.extend(orphans.map(|path| format!("{path} is the stack of a context without routes; delete it")));
    nothing_wrong(problems);
}

#[test]
fn a_message_is_routed_to_a_context_once() {
    let mut seen = BTreeSet::new();
    let twice = page::lines().into_iter().map(|line| line.function()).filter(|function| !seen.insert(function.clone()));
    nothing_wrong(twice.map(|function| format!("{function} is twice in routes()")).collect());
}

#[test]
fn a_missing_part_is_named_with_the_lines_to_add() {
    let mut lines = page::lines();
    let mut stranger = lines.remove(0);
    let orphaned = stranger.function();
    stranger.context = "bakery".to_owned();
    lines.push(stranger);
    let problems = problems(&place::root(), &lines).join("\n");
    for wanted in ["BakeryOn", "functions/src/bin/bakery-on", "name = \"bakery-on", &format!("{orphaned} has no route")]
    {
        assert!(problems.contains(wanted), "no word of {wanted}: {problems}");
    }
}

/// What does not agree in this house with this page.
pub(super) fn problems(root: &Path, lines: &[Line]) -> Vec<String> {
    let stack = page::stack(root);
    let manifest = place::read(root, place::FUNCTIONS).unwrap();
    let mut problems = Vec::new();
    for line in lines {
        problems.extend(binary(root, line));
        problems.extend(manifest_line(&manifest, &line.function()));
        problems.extend(resource(&stack, line));
    }
    problems.extend(manifest_line(&manifest, RELAY));
    let known: BTreeSet<String> = lines.iter().map(Line::function).chain([RELAY.to_owned()]).collect();
    let ids: BTreeSet<String> = known.iter().map(|function| place::logical_id(function)).collect();
    for (id, _) in template::resources(&stack, "AWS::Serverless::Function").filter(|(id, _)| !ids.contains(*id)) {
        problems.push(format!("{}: {id} has no route; add it to routes() or delete it", place::TEMPLATE));
    }
    for path in place::files(root, "functions/src/bin").unwrap() {
        let name = path.trim_start_matches("functions/src/bin/").trim_end_matches(".rs");
        if !known.contains(name) {
            problems.push(format!("{path}: {name} has no route; add it to routes() or delete it"));
        }
    }
    let named = manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    for name in named.filter(|name| *name != "functions" && !known.contains(*name)) {
        problems.push(format!("{}: {name} has no route; add it to routes() or delete it", place::FUNCTIONS));
    }
    problems
}

fn binary(root: &Path, line: &Line) -> Option<String> {
    let path = format!("functions/{}", place::binary(&line.function()));
    let (module, handler) = (snake(&line.context), snake(&line.message));
    let serve = format!("aws::serve(env!(\"CARGO_BIN_NAME\"), functions::{module}::on_{handler})");
    let text = place::read(root, &path).unwrap_or_default();
    let complete = text.contains(&serve) && text.starts_with(&format!("//! `{}` → ", line.message));
    (!complete).then(|| {
        format!(
            "{path} must be:\n//! `{}` → what follows.\n\nfn main() -> std::process::ExitCode {{\n    {serve}\n}}",
            line.message
        )
    })
}

fn manifest_line(manifest: &str, function: &str) -> Option<String> {
    let wanted = format!("name = \"{function}\"\npath = \"{}\"\ntest = false\n", place::binary(function));
    (!manifest.contains(&wanted)).then(|| format!("{} must have:\n[[bin]]\n{wanted}", place::FUNCTIONS))
}

fn resource(stack: &Value, line: &Line) -> Option<String> {
    let function = line.function();
    let resource = &stack["Resources"][place::logical_id(&function)];
    let pattern = match line.said_by() {
        Some(owner) => json!({ "source": [format!("causeway.{owner}")], "detail-type": [line.message] }),
        None => json!({ "detail-type": [line.message] }),
    };
    let rules = resource["Properties"]["Events"].as_object().into_iter().flatten().map(|(_, event)| event);
    let rules: Vec<_> = rules.filter(|event| event["Type"] == "EventBridgeRule").collect();
    let bus = json!({ "Ref": "Bus" });
    let agrees = resource["Metadata"]["BuildProperties"]["Binary"] == function.as_str()
        && resource["Metadata"]["BuildMethod"] == "rust-cargolambda"
        && rules.len() == 1
        && rules
            .iter()
            .all(|rule| rule["Properties"]["Pattern"] == pattern && rule["Properties"]["EventBusName"] == bus);
    (!agrees).then(|| {
        let does = if line.said_by() == Some(&line.context) { "ProjectorRole" } else { "DeciderRole" };
        let lines = infra::function(&function, &line.context, &line.message, line.said_by(), does);
        format!("{} must have, with the role it needs:\n{lines}", place::TEMPLATE)
    })
}

/// `OrderPlaced` or `stock-report` as the code spells it.
pub(super) fn snake(name: &str) -> String {
    causeway::function_name("", name).trim_start_matches("-on-").replace('-', "_")
}
