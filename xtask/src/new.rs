//! A new event with its function, written into the places that a person would write it to by hand.
//! What is written builds and holds the house rules; what the event carries and changes is then filled in.

use std::path::Path;

use anyhow::{bail, ensure};
use clap::Args;
use heck::ToPascalCase;

use crate::place;

mod arms;
mod domain;
mod functions;
pub mod infra;

/// What is to be written.
#[derive(Args, Clone, Debug)]
pub struct Wanted {
    /// The context that says the event: `order`.
    pub context: String,
    /// The event, in the past tense: `OrderGiftWrapped`.
    pub message: String,
    /// The context that hears it; without this, the event's own, which keeps its views by it.
    #[arg(long, value_name = "CONTEXT")]
    pub hears: Option<String>,
}

impl Wanted {
    /// The context that hears the event.
    pub fn hearer(&self) -> &str {
        self.hears.as_deref().unwrap_or(&self.context)
    }

    /// The function's name.
    pub fn function(&self) -> String {
        causeway::function_name(self.hearer(), &self.message)
    }
}

/// Writes everything but the catalogue, and says which files it changed.
pub fn write(root: &Path, wanted: &Wanted) -> anyhow::Result<Vec<String>> {
    check(root, wanted)?;
    let mut edits = domain::edits(root, wanted)?;
    edits.extend(functions::edits(root, wanted)?);
    edits.extend(infra::edits(root, wanted)?);
    // All edits are made in memory first, so that a refusal leaves the house as it was.
    for (path, text) in &edits {
        place::write(root, path, text)?;
    }
    Ok(edits.into_iter().map(|(path, _)| path).collect())
}

fn check(root: &Path, wanted: &Wanted) -> anyhow::Result<()> {
    let Wanted { context, message, .. } = wanted;
    ensure!(message.to_pascal_case() == *message, "{message:?} must be one word in PascalCase: OrderGiftWrapped");
    for context in [context.as_str(), wanted.hearer()] {
        let page = functions::handlers_path(context);
        ensure!(root.join(&page).exists(), "there is no context {context:?}: {page} is missing");
    }
    for folder in ["events", "shared/domain/src"] {
        for path in place::files(root, folder)? {
            let said = place::read(root, &path)?;
            if path.contains(&format!("/{message}.v")) || said.contains(&format!("pub struct {message} ")) {
                bail!("{message} is taken: see {path}");
            }
        }
    }
    Ok(())
}

/// The text with a line put in before the first line that `at` accepts, searching from the line after `from`.
fn insert_before(text: &str, from: &str, at: impl Fn(&str) -> bool, new: &str) -> Option<String> {
    let begin = text.find(from)? + from.len();
    let mut offset = begin;
    for line in text.get(begin..)?.split_inclusive('\n') {
        if at(line) {
            let (before, after) = text.split_at(offset);
            return Some(format!("{before}{new}{after}"));
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests;
