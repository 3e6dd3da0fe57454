//! The licence check for machines without cargo-deny: the same allow list, from `deny.toml`, over `cargo metadata`.
//! Of `A OR B`, one allowed licence is enough; of `A AND B`, both must be allowed.

use std::path::Path;

use anyhow::Context;
use cargo_metadata::MetadataCommand;
use toml_edit::DocumentMut;

use crate::{check::tally::Tally, repo};

/// Checks every package that is built.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let allowed = allowed(root)?;
    let metadata = MetadataCommand::new().current_dir(root).other_options(["--locked".to_owned()]).exec()?;
    let mut forbidden = Vec::new();
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or("");
        if !is_allowed(licence, &allowed) {
            forbidden.push(format!(
                "{} {} has the licence {licence:?}, which deny.toml does not allow",
                package.name, package.version
            ));
        }
    }
    anyhow::ensure!(forbidden.is_empty(), "{}", forbidden.join("\n"));
    Ok(Tally::PASSED)
}

/// The licences that `deny.toml` allows.
fn allowed(root: &Path) -> anyhow::Result<Vec<String>> {
    let document: DocumentMut = repo::read(root, "deny.toml")?.parse()?;
    let list = document.get("licenses").and_then(|table| table.get("allow")).and_then(|list| list.as_array());
    let list = list.context("deny.toml has no list licenses.allow")?;
    Ok(list.iter().filter_map(|licence| licence.as_str()).map(str::to_owned).collect())
}

/// Whether a licence expression can be met with allowed licences.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty() && !words.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all_of(words, allowed);
    while take(words, "OR") {
        let other = all_of(words, allowed);
        met = met || other;
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while take(words, "AND") {
        let other = one(words, allowed);
        met = met && other;
    }
    met
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    if take(words, "(") {
        let met = any_of(words, allowed);
        return take(words, ")") && met;
    }
    let Some((licence, rest)) = words.split_first() else { return false };
    *words = rest;
    let mut name = (*licence).to_owned();
    if take(words, "WITH") {
        let Some((exception, rest)) = words.split_first() else { return false };
        *words = rest;
        name = format!("{name} WITH {exception}");
    }
    allowed.contains(&name)
}

fn take(words: &mut &[&str], expected: &str) -> bool {
    match words.split_first() {
        Some((word, rest)) if *word == expected => {
            *words = rest;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
