//! A new context: its page, events, decider, samples and tests, its line in the registry, and its routes.

use std::path::Path;

use anyhow::Context as _;
use heck::{ToLowerCamelCase, ToPascalCase, ToSnakeCase};

use crate::{
    new::source::{REGISTRY, ROUTES, file_of, insert_before, page_of},
    repo,
};

/// The new files, and the two that change.
pub(super) fn edits(root: &Path, name: &str) -> anyhow::Result<Vec<(String, String)>> {
    let (module, pascal) = (name.to_snake_case(), name.to_pascal_case());
    let mut edits: Vec<(String, String)> = [
        (page_of(name), PAGE),
        (file_of(name, "events"), EVENTS),
        (file_of(name, "decider"), DECIDER),
        (file_of(name, "samples"), SAMPLES),
        (file_of(name, "tests"), TESTS),
    ]
    .into_iter()
    .map(|(path, template)| {
        let text = template
            .replace("«name»", name)
            .replace("«Name»", &pascal)
            .replace("«name_id»", &format!("{module}_id"))
            .replace("«nameId»", &format!("{name}-id").to_lower_camel_case());
        (path, text)
    })
    .collect();
    let registry = repo::read(root, REGISTRY)?;
    let after = |line: &str| line.starts_with("pub mod ") && line > format!("pub mod {module};\n").as_str();
    let registry =
        insert_before(&registry, "\n", |line| after(line) || line == "#[cfg(test)]\n", &format!("pub mod {module};\n"))
            .and_then(|text| {
                insert_before(
                    &text,
                    "fn contexts()",
                    |line| line == "    ]\n",
                    &format!("        {module}::context(),\n"),
                )
            })
            .with_context(|| format!("{REGISTRY} has no list of contexts"))?;
    edits.push((REGISTRY.to_owned(), registry));
    let line = format!("        commands::<domain::{module}::{pascal}>(),\n");
    let routes = insert_before(&repo::read(root, ROUTES)?, "fn routes()", |line| line == "    ]\n", &line)
        .with_context(|| format!("{ROUTES} has no list of routes"))?;
    edits.push((ROUTES.to_owned(), routes));
    Ok(edits)
}

const PAGE: &str = r#"//! What the context is for. Stream `«name»/<id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `Open«Name»` | `«Name»Opened` | |

mod decider;
mod events;
mod samples;

#[cfg(test)]
mod tests;

pub use decider::{«Name», «Name»State};
pub use events::{«Name»Command, «Name»Event, «Name»Id, «Name»Opened, Open«Name»};
pub use samples::context;
"#;

const EVENTS: &str = r#"//! Commands and events.

use causeway::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a [`«Name»Id`] identifies.
#[derive(Debug)]
pub enum Any«Name» {}

/// The id of the aggregate.
pub type «Name»Id = Id<Any«Name»>;

causeway::events! {
    /// The commands.
    pub enum «Name»Command: commands to "«name»" by «name_id» {
        Open«Name» = 1,
    }
}

causeway::events! {
    /// The events.
    pub enum «Name»Event: events of "«name»" {
        «Name»Opened = 1,
    }
}

/// Opens it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open«Name» {
    /// The id of the aggregate.
    pub «name_id»: «Name»Id,
}

/// It was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct «Name»Opened {
    /// The id of the aggregate.
    pub «name_id»: «Name»Id,
}
"#;

const DECIDER: &str = r#"//! The rules.

use std::convert::Infallible;

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{«Name»Command, «Name»Event, «Name»Opened};

/// The rules.
#[derive(Debug)]
pub struct «Name»;

/// The state of the aggregate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum «Name»State {
    /// It is not open yet.
    #[default]
    New,
    /// It is open.
    Open,
}

impl Decider for «Name» {
    const CONTEXT: &'static str = "«name»";
    type State = «Name»State;
    type Command = «Name»Command;
    type Event = «Name»Event;
    type Rejection = Infallible;

    fn decide(state: &«Name»State, command: &«Name»Command) -> Result<Vec<«Name»Event>, Infallible> {
        match (state, command) {
            («Name»State::New, «Name»Command::Open«Name»(open)) => {
                Ok(vec![«Name»Opened { «name_id»: open.«name_id».clone() }.into()])
            }
            («Name»State::Open, «Name»Command::Open«Name»(_)) => Ok(Vec::new()),
        }
    }

    fn evolve(state: «Name»State, event: &«Name»Event) -> «Name»State {
        match (state, event) {
            (_, «Name»Event::«Name»Opened(_)) => «Name»State::Open,
        }
    }
}
"#;

const SAMPLES: &str = r#"//! The registry's entry of the context, with a sample of each message.

use serde_json::json;

use super::{decider::«Name», events::*};
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<«Name»>().family::<«Name»Command>().samples(
        "«nameId»",
        [
            Entry::of::<Open«Name»>(json!({ "«nameId»": "«name»-1001" })),
            Entry::of::<«Name»Opened>(json!({ "«nameId»": "«name»-1001" })),
        ],
    )
}
"#;

const TESTS: &str = r#"//! Stories of the aggregate.

use causeway::testing::{assert_idempotent, given};

use super::*;

fn open() -> «Name»Command {
    Open«Name» { «name_id»: "s-1".parse().unwrap() }.into()
}

#[test]
fn it_is_opened_once() {
    given::<«Name»>([]).when(open()).then([«Name»Opened { «name_id»: "s-1".parse().unwrap() }.into()]);
    assert_idempotent::<«Name»>([], &open());
}
"#;
