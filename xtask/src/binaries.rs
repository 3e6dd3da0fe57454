//! Generates the binaries of the functions, one per route, and their entries in the manifest; builds what tests start.

use std::path::Path;

use anyhow::ensure;
use causeway::{Kind, Route, http::HttpFunction, routing::Binding};

use crate::{repo, stacks};

/// The binaries and the manifest: each path with its content.
pub fn generate(root: &Path, routes: &[Route], http: &[HttpFunction]) -> anyhow::Result<Vec<(String, String)>> {
    let mut files: Vec<(String, String)> =
        routes.iter().map(|route| (path(&route.function()), binary(route))).collect();
    files.extend(http.iter().map(|function| (path(&function.function()), http_binary(function))));
    files.push((path(RELAY), RELAY_BINARY.to_owned()));
    let names = routes.iter().map(Route::function).chain(http.iter().map(HttpFunction::function));
    let names = names.chain([RELAY.to_owned()]);
    let entries: Vec<String> = names
        .map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"{}\"\ntest = false\n", repo::binary(&name)))
        .collect();
    let manifest = repo::read(root, repo::FUNCTIONS)?;
    files.push((repo::FUNCTIONS.to_owned(), stacks::region(&manifest, "binaries", &entries.join("\n"))?));
    Ok(files)
}

/// The function that publishes what the log holds; it has no route.
pub const RELAY: &str = "relay";

/// Builds the binaries of the workspace, and in `debug/functions` a program for each function: all of them are links to
/// one, because linking a hundred takes minutes. What is deployed is built by `sam build`, each by itself.
pub fn build(root: &Path) -> anyhow::Result<()> {
    let status =
        repo::cargo(root).args(["build", "--locked", "--workspace", "--exclude", "functions", "--bins"]).status()?;
    ensure!(status.success(), "the binaries do not build");
    let debug = repo::target(root).join("debug");
    let folder = debug.join("functions");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir(&folder)?;
    let http = functions::http::http_functions().into_iter().map(|function| function.function());
    let functions = functions::routes().into_iter().map(|route| route.function()).chain(http).chain([RELAY.to_owned()]);
    for function in functions {
        std::fs::hard_link(debug.join("all-functions"), folder.join(function))?;
    }
    Ok(())
}

const RELAY_BINARY: &str = "//! Commits of the log → publish their events, commands and timers.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_relay()
}
";

fn http_binary(function: &HttpFunction) -> String {
    let family = function.family();
    let paths: Vec<String> = function.routes.iter().map(|route| format!("`{}`", route.key())).collect();
    format!(
        "//! HTTP {}.\n\nfn main() -> std::process::ExitCode {{\n    causeway_aws::serve_api(functions::http::{family}::function())\n}}\n",
        paths.join(", ")
    )
}

fn path(function: &str) -> String {
    format!("functions/{}", repo::binary(function))
}

fn binary(route: &Route) -> String {
    let message = route.message;
    let (does, types, serve) = match &route.binding {
        Binding::Command { decider } => {
            let decider = last(decider);
            (format!("decided by `{decider}`"), vec![decider], format!("serve_command::<{decider}, {message}>(NAME)"))
        }
        Binding::Views { views } => {
            let views: Vec<&str> = views.iter().map(|view| last(view)).collect();
            let set = if let [one] = views.as_slice() { (*one).to_owned() } else { format!("({})", views.join(", ")) };
            let names: Vec<String> = views.iter().map(|view| format!("`{view}`")).collect();
            (format!("updates {}", names.join(" and ")), views, format!("serve_views::<{message}, {set}>(NAME)"))
        }
        Binding::Saga { saga } => {
            let saga = last(saga);
            (format!("handled by `{saga}`"), vec![saga], format!("serve_saga::<{saga}, {message}>(NAME)"))
        }
        Binding::Handler { path } => {
            let serve = match route.calls() {
                Some(party) => format!("serve_http(\"{party}\", NAME, {path})"),
                None => format!("serve(NAME, {path})"),
            };
            (format!("handled by {}", route.context), Vec::new(), serve)
        }
    };
    let imports = imports(route, types);
    let kind = match route.kind {
        Kind::Event => "Event",
        Kind::Command => "Command",
    };
    let serve = wrapped(&serve);
    format!(
        "//! {kind} `{message}` → {does}.\n\n{imports}fn main() -> std::process::ExitCode {{\n    causeway_aws::{serve}\n}}\n"
    )
}

/// The call as rustfmt writes it: one argument a line, if it is too long for one line.
fn wrapped(serve: &str) -> String {
    const NAME: &str = "env!(\"CARGO_BIN_NAME\")";
    const WIDTH: usize = 120;
    let line = serve.replace("NAME", NAME);
    match serve.split_once('(') {
        Some((function, arguments)) if "    causeway_aws::".len() + line.len() > WIDTH => {
            let arguments = arguments.trim_end_matches(')').replace(", ", ",\n        ").replace("NAME", NAME);
            format!("{function}(\n        {arguments},\n    )")
        }
        _ => line,
    }
}

/// Contexts re-export their messages, deciders, sagas and views. Only a saga handles messages of other contexts.
fn imports(route: &Route, mut types: Vec<&str>) -> String {
    let module = |context: &str| context.replace('-', "_");
    let (owner, context) = (module(route.owner), module(route.context));
    if types.is_empty() {
        return String::new();
    }
    if matches!(route.binding, Binding::Saga { .. }) && owner != context {
        let mut paths = [format!("{context}::{}", types.join(", ")), format!("{owner}::{}", route.message)];
        paths.sort_unstable();
        return format!("use domain::{{{}}};\n\n", paths.join(", "));
    }
    types.push(route.message);
    types.sort_unstable();
    format!("use domain::{owner}::{{{}}};\n\n", types.join(", "))
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}
