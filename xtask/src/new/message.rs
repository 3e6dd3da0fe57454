//! A new command or event: its struct, its line in the family, its sample, and its arms where the family is matched.

use std::path::Path;

use anyhow::Context as _;
use heck::{ToLowerCamelCase, ToTitleCase};

use crate::{
    new::{
        arms,
        source::{Family, Member, file_of, insert_before, page_of, with_export},
    },
    repo,
};

/// Command or event.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Command,
    Event,
}

/// The files that change, with their new text.
pub(super) fn edits(root: &Path, member: &Member, kind: Kind) -> anyhow::Result<Vec<(String, String)>> {
    let Member { name, context } = member;
    let of = match kind {
        Kind::Command => "commands to",
        Kind::Event => "events of",
    };
    let path = file_of(context, "events");
    let text = repo::read(root, &path)?;
    let family = Family::find(&text, of, context).with_context(|| format!("{path} declares no {of} {context:?}"))?;
    let head = format!("{}\n", family.head);
    let line = format!("        {name} = 1,\n");
    let with_member = insert_before(&text, &head, |line| line.trim() == "}", &line)
        .with_context(|| format!("{path}: the family {} has no end", family.name))?;
    let mut edits = vec![(path, with_member + &declaration(&text, &family, name, kind))];
    let page = page_of(context);
    edits.push((page.clone(), with_export(&repo::read(root, &page)?, "events", name)?));
    edits.push(sample(root, member, &family)?);
    for module in ["decider", "views", "state", "tests"] {
        let path = file_of(context, module);
        if root.join(&path).exists() {
            let text = repo::read(root, &path)?;
            let with_arms = arms::insert(&text, &family.name, name);
            if with_arms != text {
                edits.push((path, with_arms));
            }
        }
    }
    Ok(edits)
}

fn declaration(text: &str, family: &Family, name: &str, kind: Kind) -> String {
    let words = name.to_title_case().to_lowercase();
    let sentence = match kind {
        Kind::Command => format!("Requests: {words}."),
        Kind::Event => format!("It happened: {words}."),
    };
    let body = match (&family.id_field, family.id_type(text)) {
        (Some(field), Some(id)) => format!("{{\n    /// The id of the aggregate.\n    pub {field}: {id},\n}}"),
        _ => "{}".to_owned(),
    };
    format!(
        "\n/// {sentence}\n#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]\n\
         #[serde(rename_all = \"camelCase\")]\npub struct {name} {body}\n"
    )
}

/// The samples of the context, with one of the message.
fn sample(root: &Path, member: &Member, family: &Family) -> anyhow::Result<(String, String)> {
    let Member { name, context } = member;
    let path = file_of(context, "samples");
    let text = repo::read(root, &path)?;
    let body = match &family.id_field {
        Some(field) => format!("{{ \"{}\": \"{context}-1001\" }}", field.to_lower_camel_case()),
        None => "{}".to_owned(),
    };
    let line = format!("            Entry::of::<{name}>(json!({body})),\n");
    let text = insert_before(&text, "samples(", |line| line.trim() == "]," || line.trim() == "])", &line)
        .with_context(|| format!("{path} has no list of samples"))?;
    Ok((path, text))
}
