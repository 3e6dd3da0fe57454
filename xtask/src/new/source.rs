//! The sources that a new message changes, and edits of them as text.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use heck::{ToPascalCase, ToSnakeCase};

use crate::repo;

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
pub(super) const REGISTRY: &str = "shared/domain/src/lib.rs";

/// The routes.
pub(super) const ROUTES: &str = "functions/src/lib.rs";

impl Member {
    /// Fails if the name is invalid or exists, or if there is no such context.
    pub(super) fn check(&self, root: &Path) -> anyhow::Result<()> {
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
pub(super) fn page_of(context: &str) -> String {
    format!("shared/domain/src/{}.rs", context.to_snake_case())
}

/// A file in the folder of a context.
pub(super) fn file_of(context: &str, module: &str) -> String {
    format!("shared/domain/src/{}/{module}.rs", context.to_snake_case())
}

/// The text with a line inserted before the first line that `at` accepts, searching from the end of `from`.
pub(super) fn insert_before(text: &str, from: &str, at: impl Fn(&str) -> bool, new: &str) -> Option<String> {
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

/// The text with a name added to the list that `pub use <module>::` exports, or with a new export before
/// `pub use samples`.
pub(super) fn with_export(text: &str, module: &str, names: &str) -> anyhow::Result<String> {
    let start = format!("pub use {module}::");
    let Some(at) = text.find(&start).map(|at| at + start.len()) else {
        let line = format!("pub use {module}::{{{names}}};\n");
        return match text.ends_with('\n') {
            true => Ok(format!("{text}{line}")),
            false => Ok(format!("{text}\n{line}")),
        };
    };
    let end = at + text.get(at..).and_then(|rest| rest.find(';')).with_context(|| format!("{start} has no end"))?;
    let list = text.get(at..end).unwrap_or_default().trim_start_matches('{').trim_end_matches('}');
    let list = list.trim().trim_end_matches(',');
    Ok(format!("{}{{{list}, {names}}}{}", text.get(..at).unwrap_or_default(), text.get(end..).unwrap_or_default()))
}

/// A family of messages in a source.
pub(super) struct Family {
    /// The name of the enum.
    pub(super) name: String,
    /// The line of the declaration, up to its brace.
    pub(super) head: String,
    /// The field with the id of the aggregate, as the commands of the context declare it.
    pub(super) id_field: Option<String>,
    /// The names of the messages.
    pub(super) members: Vec<String>,
}

impl Family {
    /// The first family of `events of` or `commands to` the context.
    pub(super) fn find(text: &str, of: &str, context: &str) -> Option<Self> {
        let declares = format!(": {of} \"{context}\"");
        let head = text.lines().find(|line| line.trim_start().starts_with("pub enum ") && line.contains(&declares))?;
        let name = head.split("pub enum ").nth(1)?.split(':').next()?.to_owned();
        let declared = text.lines().find_map(|line| line.split_once(&format!(": commands to \"{context}\" by ")));
        let id_field = declared.map(|(_, field)| field.trim_end_matches('{').trim().to_owned());
        let body = text.split(head).nth(1)?.split('}').next()?;
        let members = body.lines().filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())).collect();
        Some(Self { name, head: head.to_owned(), id_field, members })
    }

    /// The type of the field with the id, as the other messages declare it.
    pub(super) fn id_type(&self, text: &str) -> Option<String> {
        let field = format!("    pub {}: ", self.id_field.as_deref()?);
        let line = text.lines().find(|line| line.starts_with(&field))?;
        Some(line.trim_start_matches(&field).trim_end_matches(',').to_owned())
    }
}
