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

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use heck::{ToKebabCase, ToPascalCase, ToSnakeCase};

use crate::{new::message::Kind, repo};

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

/// A command, event or view of a context.
#[derive(Args, Clone, Debug)]
pub struct Member {
    /// The name in PascalCase: `WrapOrder`, `OrderWrapped`, `WrappedOrders`.
    pub name: String,
    /// The context to which it belongs: `order`.
    #[arg(long)]
    pub context: String,
}

/// The registry of contexts.
const REGISTRY: &str = "shared/domain/src/lib.rs";

/// The routes.
const ROUTES: &str = "functions/src/lib.rs";

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

impl Member {
    fn check(&self, root: &Path) -> anyhow::Result<()> {
        let Self { name, context } = self;
        ensure!(name.to_pascal_case() == *name, "{name:?} must be in PascalCase: OrderWrapped");
        ensure!(
            root.join(page_of(context)).exists(),
            "there is no context {context:?}: {} is missing",
            page_of(context)
        );
        for path in repo::files(root, "shared/domain/src")? {
            let text = repo::read(root, &path)?;
            if ["struct", "enum"].iter().any(|item| text.contains(&format!("pub {item} {name} ")))
                || text.contains(&format!("pub struct {name};"))
            {
                bail!("{name} exists already in {path}");
            }
        }
        Ok(())
    }
}

/// The page of a context: its table, modules and exports.
fn page_of(context: &str) -> String {
    format!("shared/domain/src/{}.rs", context.to_snake_case())
}

/// A file in the folder of a context.
fn file_of(context: &str, module: &str) -> String {
    format!("shared/domain/src/{}/{module}.rs", context.to_snake_case())
}
