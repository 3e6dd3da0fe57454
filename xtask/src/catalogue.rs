//! The catalogue in `events/`: schema and sample of every version of every message.
//! The files of the newest version follow from the types; a superseded file and one of a public event never change, which
//! their digests check.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use causeway::{Decider, Description};
use domain::{Entry, public::Public};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{asyncapi, openapi, repo};

pub mod sample;

/// The digests of the files that never change, one a line: those of superseded versions and of public events.
pub const SUPERSEDED: &str = "events/superseded.sha256";

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the repository.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The path of a schema.
pub fn schema_path(context: &str, name: &str, version: u32) -> String {
    format!("events/{context}/{name}.v{version}.schema.json")
}

/// The path of a sample.
pub fn sample_path(context: &str, name: &str, version: u32) -> String {
    format!("events/{context}/{name}.v{version}.json")
}

/// The files of the newest version of every message.
pub fn files(catalogue: &[Entry]) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in catalogue.iter().filter(|entry| !is_public(entry)) {
        let schema = (entry.description.schema)().to_value();
        files.extend(pair(entry, entry.description.version, &schema, &entry.sample)?);
    }
    Ok(files)
}

/// Whether partners rely on the message: then its newest version never changes either.
fn is_public(entry: &Entry) -> bool {
    entry.description.context == Public::CONTEXT
}

/// The files of all versions that never change, as the shapes generate them.
pub fn superseded(catalogue: &[Entry]) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in catalogue {
        for old in &entry.old {
            files.extend(pair(entry, old.version, &(old.schema)().to_value(), &old.sample)?);
        }
        if is_public(entry) {
            let schema = (entry.description.schema)().to_value();
            files.extend(pair(entry, entry.description.version, &schema, &entry.sample)?);
        }
    }
    Ok(files)
}

/// Writes the files that are missing or out of date, and returns their paths. An existing superseded file is kept.
pub fn generate(root: &Path, catalogue: &[Entry]) -> anyhow::Result<Vec<String>> {
    let mut written = Vec::new();
    for file in files(catalogue)? {
        if repo::write(root, &file.path, &file.text)? {
            written.push(file.path);
        }
    }
    let mut digests = published(root)?;
    for file in superseded(catalogue)? {
        if !root.join(&file.path).exists() && repo::write(root, &file.path, &file.text)? {
            written.push(file.path.clone());
        }
        let text = repo::read(root, &file.path)?;
        digests.entry(file.path).or_insert_with(|| digest(&text));
    }
    let list: String = digests.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    if repo::write(root, SUPERSEDED, &list)? {
        written.push(SUPERSEDED.to_owned());
    }
    Ok(written)
}

/// The problems of the catalogue, each with what to do.
pub fn problems(root: &Path, catalogue: &[Entry]) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let newest = files(catalogue)?;
    for file in &newest {
        match repo::read(root, &file.path) {
            Ok(text) if text == file.text => {}
            Ok(_) => problems.push(format!("{} is out of date; run `cargo xtask generate`", file.path)),
            Err(_) => problems.push(format!("{} is missing; run `cargo xtask generate`", file.path)),
        }
    }
    let digests = published(root)?;
    let old = superseded(catalogue)?;
    for File { path, text: shape } in &old {
        match (repo::read(root, path), digests.get(path)) {
            (Ok(text), Some(known)) if digest(&text) != *known => {
                problems.push(format!("{path} was published and must not change; restore it"));
            }
            (Ok(text), Some(_)) if text != *shape => {
                problems
                    .push(format!("{path} was published, and its shape now generates another file; restore the shape"));
            }
            (Ok(_), Some(_)) => {}
            (Ok(_), None) => problems.push(format!("{path} is not in {SUPERSEDED}; run `cargo xtask generate`")),
            (Err(_), _) => {
                problems.push(format!("{path} is missing; restore it, or run `cargo xtask generate` if it is new"))
            }
        }
    }
    for Entry { description: Description { name, version, .. }, old, .. } in catalogue {
        let kept: Vec<_> = old.iter().map(|shape| shape.version).collect();
        if kept != (1..*version).collect::<Vec<_>>() {
            problems
                .push(format!("{name} v{version} keeps the old shapes {kept:?}; give its entry `.before` for each"));
        }
    }
    for path in repo::files(root, "events")? {
        if ![SUPERSEDED, openapi::FILE, asyncapi::FILE].contains(&path.as_str())
            && !newest.iter().chain(&old).any(|file| file.path == path)
        {
            problems.push(format!(
                "{path} belongs to no message; restore the message in its `events!` and in the samples of its context"
            ));
        }
    }
    for path in digests.keys().filter(|path| old.iter().all(|file| file.path != **path)) {
        problems.push(format!("{path} was published and no old shape decodes it; give its entry `.before`"));
    }
    Ok(problems)
}

/// Schema and sample of one version.
fn pair(entry: &Entry, version: u32, schema: &Value, body: &Value) -> anyhow::Result<[File; 2]> {
    let Description { name, context, .. } = entry.description;
    let sample = sample::of(&entry.description, version, &entry.aggregate_id, body)
        .with_context(|| format!("{name} v{version} has no sample"))?;
    Ok([
        File { path: schema_path(context, name, version), text: pretty(schema)? },
        File { path: sample_path(context, name, version), text: pretty(&sample)? },
    ])
}

/// The digests of the superseded files by path.
fn published(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let list = if root.join(SUPERSEDED).exists() { repo::read(root, SUPERSEDED)? } else { String::new() };
    let entries = list.lines().map(|line| {
        let (digest, path) = line.split_once("  ").with_context(|| format!("{SUPERSEDED} has the line {line:?}"))?;
        Ok((path.to_owned(), digest.to_owned()))
    });
    entries.collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same text for the same value, whatever the order of its keys.
fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&sample::sorted(value))? + "\n")
}

#[cfg(test)]
mod tests;
