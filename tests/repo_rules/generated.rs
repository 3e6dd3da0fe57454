//! Everything generated is up to date, nothing exists without a route, and a message has one function per context.

use std::collections::BTreeSet;

use xtask::{generated, repo};

use super::assert_none;

#[test]
fn binaries_manifest_templates_catalogue_and_permissions_are_as_generated() {
    let root = repo::root();
    let files = generated::files(&root).unwrap();
    assert!(files.len() > 40, "only {} files are generated", files.len());
    assert_none(generated::problems(&root).unwrap());
}

#[test]
fn a_message_is_routed_to_a_context_once() {
    let mut seen = BTreeSet::new();
    let twice =
        functions::routes().into_iter().map(|route| route.function()).filter(|function| !seen.insert(function.clone()));
    assert_none(twice.map(|function| format!("{function} is twice in routes()")).collect());
}

/// `OrderPlaced` or `stock-report` in snake case.
pub(super) fn snake(name: &str) -> String {
    causeway::function_name("", name).trim_start_matches("-on-").replace('-', "_")
}
