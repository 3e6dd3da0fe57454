//! Traces are behind the feature `otel`: a default build has no dependency of theirs.

use std::process::Command;

use serde_json::{Value, json};
use xtask::repo;

use super::assert_none;

/// The prefixes of the crates that traces need.
const TRACE_CRATES: [&str; 4] = ["opentelemetry", "tracing-opentelemetry", "prost", "tonic"];

#[test]
fn a_default_build_has_no_crate_of_traces() {
    for package in ["functions", "causeway-shop-cli"] {
        let used = cargo(&["tree", "--offline", "--locked", "-p", package, "-e", "normal", "--prefix", "none"]);
        assert!(used.contains("aws-sdk-dynamodb v"), "{package} uses no AWS: {used}");
        assert_none(problems(&used));
    }
}

#[test]
fn a_crate_of_traces_is_reported() {
    let used = "aws v0.0.0 (path)\nopentelemetry_sdk v0.33.1\ntracing v0.1.44\ntracing-opentelemetry v0.34.0 (*)";
    assert_eq!(problems(used).len(), 2);
}

#[test]
fn the_feature_otel_of_functions_enables_traces() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let features = |name| &packages.iter().find(|package| package["name"] == name).unwrap()["features"];
    assert_eq!(*features("functions"), json!({ "otel": ["causeway-aws/otel"] }));
    let otel = features("causeway-aws")["otel"].as_array().unwrap();
    assert!(otel.contains(&json!("dep:opentelemetry-otlp")), "{otel:?}");
    assert!(features("causeway-aws").get("default").is_none(), "traces must be off by default");
}

fn problems(used: &str) -> Vec<String> {
    let of_traces = used.lines().filter(|line| TRACE_CRATES.iter().any(|begins| line.starts_with(begins)));
    of_traces.map(|line| format!("{line} must be behind the feature otel of aws")).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(repo::root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
