//! The event in the domain: its struct, its line in the family, its arms where the family is matched.

use std::path::Path;

use anyhow::Context;
use heck::{ToLowerCamelCase, ToPascalCase, ToSnakeCase, ToTitleCase};

use crate::{
    new::{Wanted, arms, insert_before},
    place,
};

/// The files that change, with their new text.
pub(super) fn edits(root: &Path, wanted: &Wanted) -> anyhow::Result<Vec<(String, String)>> {
    let Wanted { context, message, .. } = wanted;
    let folder = format!("shared/domain/src/{}", context.to_snake_case());
    let path = format!("{folder}/events.rs");
    let text = place::read(root, &path)?;
    let head = format!(": events of \"{context}\" {{");
    let family = text.split(&head).next().and_then(|before| before.rsplit("pub enum ").next());
    let family = family.filter(|family| text.contains(&format!("pub enum {family}{head}")));
    let family = family.with_context(|| format!("{path} declares no `events!` of {context:?}"))?.to_owned();
    let line = format!("        {message} = 1,\n");
    let text = insert_before(&text, &format!("{head}\n"), |line| line.trim() == "}", &line)
        .with_context(|| format!("{path}: the `events!` of {context:?} does not end"))?;
    let mut edits = vec![(path, text + &declaration(root, context, message)?)];
    let page = format!("{folder}.rs");
    let text = place::read(root, &page)?;
    let text = insert_before(
        &text,
        "\n",
        |line| line.starts_with("pub use events::"),
        &format!("pub use events::{message};\n"),
    )
    .with_context(|| format!("{page} says no `pub use events::…`"))?;
    edits.push((page, text));
    edits.push(sample(root, context, message)?);
    for page in ["decider", "views"] {
        let path = format!("{folder}/{page}.rs");
        if root.join(&path).exists() {
            let text = place::read(root, &path)?;
            let with_arms = arms::insert(&text, &family, message);
            if with_arms != text {
                edits.push((path, with_arms));
            }
        }
    }
    Ok(edits)
}

/// The struct. A context whose ids have a type of their own gets that; the rest is for the author.
fn declaration(root: &Path, context: &str, message: &str) -> anyhow::Result<String> {
    let sentence = message.to_title_case().to_lowercase();
    let body = match id_field(root, context)? {
        Some(id) => format!("{{\n    /// Which one.\n    pub {}: {id},\n}}", id.to_snake_case()),
        None => "{}".to_owned(),
    };
    Ok(format!(
        "\n/// It happened: {sentence}.\n#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]\n\
         #[serde(rename_all = \"camelCase\")]\npub struct {message} {body}\n"
    ))
}

/// The catalogue's page of the context, with a sample of the event.
fn sample(root: &Path, context: &str, message: &str) -> anyhow::Result<(String, String)> {
    let module = context.to_snake_case();
    let path = format!("shared/domain/src/catalogue/{module}.rs");
    let text = place::read(root, &path)?;
    let body = match id_field(root, context)? {
        Some(id) => format!("{{ \"{}\": \"{context}-1001\" }}", id.to_lower_camel_case()),
        None => "{}".to_owned(),
    };
    let line = format!("        Entry::of::<{message}>(json!({body})),\n");
    let text = insert_before(&text, "vec![\n", |line| line == "    ]\n", &line)
        .with_context(|| format!("{path} has no list of entries"))?;
    let text = insert_before(
        &text,
        "\n",
        |line| line.starts_with("use crate::"),
        &format!("use crate::{module}::{message};\n"),
    )
    .with_context(|| format!("{path} uses no message"))?;
    Ok((path, text))
}

/// The type of the context's ids, where its events use one.
fn id_field(root: &Path, context: &str) -> anyhow::Result<Option<String>> {
    let events = place::read(root, &format!("shared/domain/src/{}/events.rs", context.to_snake_case()))?;
    let id = format!("{}Id", context.to_pascal_case());
    Ok(events.contains(&format!("use crate::ids::{id};")).then_some(id))
}
