//! The function: a handler, its line in `routes()`, its binary and the binary's line in the manifest.

use std::path::Path;

use anyhow::{Context, ensure};
use heck::{ToSnakeCase, ToTitleCase};
use toml_edit::{DocumentMut, Item};

use crate::{
    new::{Wanted, insert_before},
    place,
};

const ROUTES: &str = "functions/src/lib.rs";

/// The page with a context's handlers.
pub(super) fn handlers_path(context: &str) -> String {
    format!("functions/src/{}.rs", context.to_snake_case())
}

/// The files that change, with their new text.
pub(super) fn edits(root: &Path, wanted: &Wanted) -> anyhow::Result<Vec<(String, String)>> {
    let handlers = handlers_path(wanted.hearer());
    let function = wanted.function();
    Ok(vec![
        (handlers.clone(), with_handler(&place::read(root, &handlers)?, wanted)),
        (ROUTES.to_owned(), with_route(&place::read(root, ROUTES)?, wanted)?),
        (format!("functions/{}", place::binary(&function)), binary(wanted)),
        (place::FUNCTIONS.to_owned(), with_binary(&place::read(root, place::FUNCTIONS)?, &function)?),
    ])
}

fn handler_name(wanted: &Wanted) -> String {
    format!("on_{}", wanted.message.to_snake_case())
}

/// The page with the new handler at its end and the new name among what it uses.
fn with_handler(page: &str, wanted: &Wanted) -> String {
    let Wanted { context, message, .. } = wanted;
    let domain = format!("domain::{}::{message}", context.to_snake_case());
    let begin = page.find("\nuse ").map_or(0, |at| at + 1);
    let (head, rest) = page.split_at(begin);
    let name = handler_name(wanted);
    let sentence = message.to_title_case().to_lowercase();
    let handler = match projecting_body(page).filter(|_| wanted.hearer() == context) {
        Some(body) => format!(
            "\n/// Moves the views when it happened: {sentence}.\n\
             pub async fn {name}(app: App, event: Received<{message}>) -> Outcome {{{body}}}\n"
        ),
        None => format!(
            "\n/// Hears it: {sentence}. Nothing follows from it yet.\n\
             pub async fn {name}(_: App, _: Received<{message}>) -> Outcome {{\n    Ok(causeway::Handled::Done)\n}}\n"
        ),
    };
    format!("{head}use {domain};\n{rest}{handler}")
}

/// The body of the first handler here that only moves views.
fn projecting_body(page: &str) -> Option<&str> {
    let mut handlers = page.split("pub async fn on_").skip(1);
    let handler = handlers.find(|handler| handler.contains("(app: App, event: Received<") && projects(handler))?;
    let (_, rest) = handler.split_once("-> Outcome {")?;
    rest.split_once("\n}").map(|(body, _)| body).and_then(|body| rest.get(..body.len() + 1))
}

fn projects(handler: &str) -> bool {
    let body = handler.split("\n}").next().unwrap_or_default();
    (body.contains("project") || body.contains("views")) && !body.contains("execute")
}

/// The routing page with the new line behind the last one of the same context.
fn with_route(page: &str, wanted: &Wanted) -> anyhow::Result<String> {
    let hearer = wanted.hearer();
    let line = format!("        route(\"{hearer}\", {}::{}),\n", hearer.to_snake_case(), handler_name(wanted));
    let own = format!("route(\"{hearer}\",");
    let before = match page.rfind(&own) {
        Some(last) => page.get(..last + own.len()).unwrap_or_default(),
        None => "fn routes()",
    };
    let next = |line: &str| ["route(", "//", "]"].iter().any(|begin| line.trim_start().starts_with(begin));
    insert_before(page, before, next, &line).with_context(|| format!("{ROUTES} has no list of routes"))
}

fn binary(wanted: &Wanted) -> String {
    let hearer = wanted.hearer();
    let does = if hearer == wanted.context { "move its views" } else { "nothing yet" };
    format!(
        "//! `{}` → {does}.\n\nfn main() -> std::process::ExitCode {{\n    \
         causeway_aws::serve(env!(\"CARGO_BIN_NAME\"), functions::{}::{})\n}}\n",
        wanted.message,
        hearer.to_snake_case(),
        handler_name(wanted)
    )
}

/// The manifest with the new binary behind the last one of the same context.
fn with_binary(manifest: &str, function: &str) -> anyhow::Result<String> {
    let binary = format!("[[bin]]\nname = \"{function}\"\npath = \"{}\"\ntest = false\n", place::binary(function));
    let context = function.split("-on-").next().unwrap_or(function);
    let own = format!("name = \"{context}-on-");
    let with = match manifest.rfind(&own) {
        Some(last) => {
            let before = manifest.get(..last + own.len()).unwrap_or_default();
            insert_before(manifest, before, |line| line.trim().is_empty(), &format!("\n{binary}"))
        }
        None => None,
    };
    let with = with.unwrap_or_else(|| format!("{manifest}\n{binary}"));
    let read: DocumentMut = with.parse().with_context(|| format!("{} is no TOML any more", place::FUNCTIONS))?;
    let bins = read.get("bin").and_then(Item::as_array_of_tables).map_or(0, |bins| bins.len());
    ensure!(bins == manifest.matches("[[bin]]").count() + 1, "{} has lost a binary", place::FUNCTIONS);
    Ok(with)
}
