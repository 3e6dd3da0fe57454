//! Arrows point down only: who may use whom among our own crates, and which crates stay pure.

use std::process::Command;

use serde_json::Value;
use xtask::repo;

use super::nothing_wrong;

/// What each crate may use of ours. Those that are not named stand on top and may use all.
const ARROWS: [(&str, &[&str]); 5] = [
    ("causeway", &[]),
    ("domain", &["causeway"]),
    ("causeway-aws", &["causeway"]),
    ("functions", &["causeway-aws", "domain", "causeway"]),
    ("causeway-cli", &["causeway-aws", "causeway-local", "causeway"]),
];

/// What a pure crate may not use: clouds, networks, runtimes.
const IMPURE: [&str; 7] = ["causeway-aws", "aws", "lambda", "tokio", "hyper", "reqwest", "dynoxide"];

#[test]
fn arrows_point_down_only() {
    let packages = packages();
    let ours: Vec<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut problems = Vec::new();
    for (name, allowed) in ARROWS {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        for used in dependencies(package) {
            if ours.contains(&used) && !allowed.contains(&used) {
                problems.push(format!("{name} must not use {used}; arrows point down only"));
            }
        }
    }
    nothing_wrong(problems);
}

#[test]
fn the_kernel_and_the_domain_know_no_cloud_and_no_runtime() {
    let packages = packages();
    let mut problems = Vec::new();
    for name in ["causeway", "domain"] {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        assert!(dependencies(package).contains(&"serde"), "{name} has no dependencies here");
        let impure = dependencies(package).into_iter().filter(|used| IMPURE.iter().any(|word| used.starts_with(word)));
        problems.extend(impure.map(|used| format!("{name} must not use {used}; put it behind a port")));
    }
    nothing_wrong(problems);
}

/// The packages of the workspace, as cargo sees them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(repo::root());
    let metadata: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// What a package uses when it is built, tests aside.
fn dependencies(package: &Value) -> Vec<&str> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|used| used["kind"].is_null()).map(|used| used["name"].as_str().unwrap()).collect()
}
