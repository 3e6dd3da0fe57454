//! A new view: its type with its row, and its place in the set of views of the context.

use std::path::Path;

use anyhow::Context as _;
use heck::{ToKebabCase, ToSnakeCase};

use crate::{
    new::source::{Family, Member, ROUTES, file_of, insert_before, page_of, with_export},
    repo,
};

/// The files that change, with their new text.
pub(super) fn edits(root: &Path, member: &Member) -> anyhow::Result<Vec<(String, String)>> {
    let Member { name, context } = member;
    let events = file_of(context, "events");
    let text = repo::read(root, &events)?;
    let family = Family::find(&text, "events of", context)
        .with_context(|| format!("{events} declares no events of {context:?}"))?;
    let views = file_of(context, "views");
    let existing = root.join(&views).exists();
    let head = if existing { repo::read(root, &views)? } else { head(context, &family) };
    let page = page_of(context);
    let mut text = with_export(&repo::read(root, &page)?, "views", &format!("{name}, {name}Row"))?;
    if !existing {
        let test = |line: &str| line.starts_with("#[cfg(test)]") || line.starts_with("pub use");
        text = insert_before(&text, "mod samples;\n", test, "mod views;\n\n")
            .with_context(|| format!("{page} has no `mod samples;`"))?
            .replace("mod samples;\n\nmod views;", "mod samples;\nmod views;");
    }
    Ok(vec![
        (views, format!("{head}\n{}", view(name, &family))),
        (page, text),
        (ROUTES.to_owned(), with_route(root, member)?),
    ])
}

fn head(context: &str, family: &Family) -> String {
    format!(
        "//! Views of the context `{context}`.\n\nuse causeway::{{Patch, StreamId, View, log::commit::Recorded}};\n\
         use serde::{{Deserialize, Serialize}};\n\nuse super::events::{};\n",
        family.name
    )
}

fn view(name: &str, family: &Family) -> String {
    let events = &family.name;
    let patterns: Vec<String> = family.members.iter().map(|event| format!("{events}::{event}(_)")).collect();
    format!(
        "/// One row per aggregate.\n#[derive(Debug)]\npub struct {name};\n\n\
         /// A row of the view.\n#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\n\
         #[serde(rename_all = \"camelCase\")]\npub struct {name}Row {{\n    /// The id of the aggregate.\n    pub id: String,\n}}\n\n\
         impl View for {name} {{\n    const NAME: &'static str = \"{}\";\n    type Event = {events};\n    type Row = {name}Row;\n\n\
         \x20   fn patch(stream: &StreamId, event: &Recorded<{events}>) -> Patch {{\n        match &event.event {{\n\
         \x20           {} => Patch::none().set(\"id\", stream.id()),\n        }}\n    }}\n}}\n",
        name.to_kebab_case(),
        patterns.join(" | ")
    )
}

/// The routes with the view in the set of its context, or in a set of its own.
fn with_route(root: &Path, member: &Member) -> anyhow::Result<String> {
    let Member { name, context } = member;
    let text = repo::read(root, ROUTES)?;
    let module = context.to_snake_case();
    let path = format!("domain::{module}::{name}");
    let views = file_of(context, "views");
    let known = if root.join(&views).exists() { repo::read(root, &views)? } else { String::new() };
    for set in text.split("views::<").skip(1).filter_map(|rest| rest.split(">()").next()) {
        let members = set.trim_matches(['(', ')']);
        let first = members.split(',').next().and_then(|first| first.rsplit("::").next()).unwrap_or_default();
        if known.contains(&format!("pub struct {};", first.trim())) {
            let with_view = format!("views::<({members}, {path})>()");
            return Ok(text.replace(&format!("views::<{set}>()"), &with_view));
        }
    }
    let line = format!("        views::<{path}>(),\n");
    insert_before(&text, "fn routes()", |line| line == "    ]\n", &line)
        .with_context(|| format!("{ROUTES} has no list of routes"))
}
