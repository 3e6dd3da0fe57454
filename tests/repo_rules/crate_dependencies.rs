//! The dependencies between our crates, and the crates that stay pure.

use std::process::Command;

use serde_json::Value;
use xtask::repo;

use super::assert_none;

/// The crates of ours that each crate may depend on. A crate that is not listed may depend on all.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("causeway", &[]),
    ("domain", &["causeway"]),
    ("causeway-aws", &["causeway"]),
    ("causeway-bridges", &["causeway-aws", "causeway"]),
    ("functions", &["causeway-aws", "domain", "causeway"]),
    ("causeway-cli", &["causeway-aws", "causeway-local", "causeway"]),
    ("causeway-console", &["causeway-cli", "causeway-aws", "causeway-local", "causeway"]),
];

/// What a pure crate may not depend on: clouds, networks, runtimes.
const IMPURE: [&str; 7] = ["causeway-aws", "aws", "lambda", "tokio", "hyper", "reqwest", "dynoxide"];

#[test]
fn crates_depend_only_on_lower_ones() {
    let packages = packages();
    let ours: Vec<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut problems = Vec::new();
    for (name, allowed) in ALLOWED {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        for used in dependencies(package) {
            if ours.contains(&used) && !allowed.contains(&used) {
                problems.push(format!("{name} must not depend on {used}, which is not below it"));
            }
        }
    }
    assert_none(problems);
}

#[test]
fn the_kernel_and_the_domain_depend_on_no_cloud_and_no_runtime() {
    let packages = packages();
    let mut problems = Vec::new();
    for name in ["causeway", "domain"] {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        assert!(dependencies(package).contains(&"serde"), "{name} has no dependencies here");
        let impure = dependencies(package).into_iter().filter(|used| IMPURE.iter().any(|word| used.starts_with(word)));
        problems.extend(impure.map(|used| format!("{name} must not depend on {used}; put it behind a port")));
    }
    assert_none(problems);
}

/// The packages of the workspace.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(repo::root());
    let metadata: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The dependencies of a package without dev-dependencies.
fn dependencies(package: &Value) -> Vec<&str> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|used| used["kind"].is_null()).map(|used| used["name"].as_str().unwrap()).collect()
}
