//! `cargo xtask new`: writes a new context, command, event or view into the files in which a person would write it by
//! hand. The result builds and passes the tests; its fields and rules are then filled in. Everything else is generated
//! from it.

mod arms;
mod context;
mod message;
mod source;
#[cfg(test)]
mod tests;
mod view;

use std::path::Path;

use anyhow::ensure;
use clap::Subcommand;
use heck::ToKebabCase;

pub use source::Member;

use crate::{
    new::{message::Kind, source::page_of},
    repo,
};

/// What to create.
#[derive(Subcommand, Clone, Debug)]
pub enum New {
    /// Creates a context with a first command and its event.
    Context {
        /// The name in kebab-case: `stock-report`.
        name: String,
    },
    /// Adds a command to a context. It has no event until its rule is written.
    Command(Member),
    /// Adds an event to a context. It changes nothing until its rule is written.
    Event(Member),
    /// Adds a view of the events of a context.
    View(Member),
}

/// Writes the files and returns their paths. Nothing is written if the name exists or is invalid.
pub fn write(root: &Path, new: &New) -> anyhow::Result<Vec<String>> {
    let edits = match new {
        New::Context { name } => {
            ensure!(name.to_kebab_case() == *name, "{name:?} must be in kebab-case: stock-report");
            ensure!(!root.join(page_of(name)).exists(), "the context {name} exists: see {}", page_of(name));
            context::edits(root, name)?
        }
        New::Command(member) => {
            member.check(root)?;
            message::edits(root, member, Kind::Command)?
        }
        New::Event(member) => {
            member.check(root)?;
            message::edits(root, member, Kind::Event)?
        }
        New::View(member) => {
            member.check(root)?;
            view::edits(root, member)?
        }
    };
    for (path, text) in &edits {
        repo::write(root, path, text)?;
    }
    Ok(edits.into_iter().map(|(path, _)| path).collect())
}
