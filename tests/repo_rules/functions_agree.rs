//! What the routes generate is up to date, nothing exists without a route, and a message has one function per context.

use std::collections::BTreeSet;

use xtask::{generated, place};

use super::{nothing_wrong, page};

#[test]
fn binaries_manifest_and_templates_are_what_the_routes_generate() {
    let root = place::root();
    let files = generated::files(&root).unwrap();
    assert!(files.len() > 40, "only {} files are generated", files.len());
    let outdated = files.iter().filter(|(path, content)| place::read(&root, path).ok().as_ref() != Some(content));
    let mut problems: Vec<String> =
        outdated.map(|(path, _)| format!("{path} is out of date; run `cargo xtask generate`")).collect();
    let orphans = generated::orphans(&root).unwrap();
    problems.extend(orphans.iter().map(|path| format!("{path} has no route; delete it")));
    nothing_wrong(problems);
}

#[test]
fn a_message_is_routed_to_a_context_once() {
    let mut seen = BTreeSet::new();
    let twice = page::lines().into_iter().map(|line| line.function()).filter(|function| !seen.insert(function.clone()));
    nothing_wrong(twice.map(|function| format!("{function} is twice in routes()")).collect());
}

/// `OrderPlaced` or `stock-report` as the code spells it.
pub(super) fn snake(name: &str) -> String {
    causeway::function_name("", name).trim_start_matches("-on-").replace('-', "_")
}
