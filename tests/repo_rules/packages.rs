//! The library crates can be packaged: complete metadata, a README, a licence, and dependencies that have versions.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use xtask::repo;

use super::assert_none;

/// The crates that others may depend on, with their folders.
const LIBRARIES: [(&str, &str); 2] = [("causeway", "shared/kernel"), ("causeway-aws", "shared/aws")];

/// The files of a package that do not lie under `src/`.
const FILES: [&str; 6] =
    [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "LICENSE", "README.md"];

#[test]
fn the_library_crates_have_complete_metadata() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut problems = Vec::new();
    for (name, folder) in LIBRARIES {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        let missing = ["description", "license", "readme", "rust_version", "keywords", "categories"];
        let missing = missing.into_iter().filter(|field| is_empty(&package[field]));
        problems.extend(missing.map(|field| format!("{folder}/Cargo.toml has no {field}")));
        let unversioned = package["dependencies"].as_array().unwrap().iter().filter(|used| used["req"] == "*");
        problems.extend(unversioned.map(|used| format!("{folder}/Cargo.toml: {} has no version", used["name"])));
        if package["publish"] != Value::Null {
            problems.push(format!("{folder}/Cargo.toml must not set publish"));
        }
    }
    assert_none(problems);
}

#[test]
fn the_library_crates_are_packaged_with_sources_readme_and_licence_only() {
    let target = tempfile::tempdir().unwrap();
    let target = target.path().to_str().unwrap();
    let names: Vec<&str> = LIBRARIES.iter().flat_map(|(name, _)| ["--package", name]).collect();
    let options = ["--offline", "--no-verify", "--allow-dirty", "--quiet", "--target-dir", target];
    cargo(&[&["package"], names.as_slice(), &options].concat());
    let mut problems = Vec::new();
    for (name, folder) in LIBRARIES {
        let package = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        assert!(Path::new(target).join("package").join(format!("{package}.crate")).exists(), "{package} is missing");
        let listed = cargo(&["package", "--package", name, "--list", "--offline", "--allow-dirty", "--quiet"]);
        let listed: BTreeSet<&str> = listed.lines().collect();
        let needed = ["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"];
        let missing = needed.into_iter().filter(|file| !listed.contains(file));
        problems.extend(missing.map(|file| format!("{folder}: the package has no {file}")));
        let surprising = listed.iter().filter(|file| !FILES.contains(file) && !file.starts_with("src/"));
        problems.extend(surprising.map(|file| format!("{folder}: {file} does not belong in the package")));
    }
    assert_none(problems);
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn cargo(arguments: &[&str]) -> String {
    let output = repo::cargo(&repo::root()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
