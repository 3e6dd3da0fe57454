//! Generates the binaries of the functions, one per route, and their entries in the manifest.

use std::path::Path;

use causeway::{Kind, Route, routing::Binding};

use crate::{repo, stacks};

/// The binaries and the manifest: each path with its content.
pub fn generate(root: &Path, routes: &[Route]) -> anyhow::Result<Vec<(String, String)>> {
    let mut files: Vec<(String, String)> =
        routes.iter().map(|route| (path(&route.function()), binary(route))).collect();
    files.push((path(RELAY), RELAY_BINARY.to_owned()));
    let names = routes.iter().map(Route::function).chain([RELAY.to_owned()]);
    let entries: Vec<String> = names
        .map(|name| format!("[[bin]]\nname = \"{name}\"\npath = \"{}\"\ntest = false\n", repo::binary(&name)))
        .collect();
    let manifest = repo::read(root, repo::FUNCTIONS)?;
    files.push((repo::FUNCTIONS.to_owned(), stacks::region(&manifest, "binaries", &entries.join("\n"))?));
    Ok(files)
}

/// The function that publishes what the log holds; it has no route.
pub const RELAY: &str = "relay";

const RELAY_BINARY: &str = "//! Commits of the log → publish their events, commands and timers.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_relay()
}
";

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
        Binding::Handler { path } => {
            (format!("handled by {}", route.context), Vec::new(), format!("serve(NAME, {path})"))
        }
    };
    // Contexts re-export their messages, deciders and views.
    let mut types = types;
    let imports = if types.is_empty() {
        String::new()
    } else {
        types.push(message);
        types.sort_unstable();
        format!("use domain::{}::{{{}}};\n\n", route.owner.replace('-', "_"), types.join(", "))
    };
    let kind = match route.kind {
        Kind::Event => "Event",
        Kind::Command => "Command",
    };
    let serve = serve.replace("NAME", "env!(\"CARGO_BIN_NAME\")");
    format!(
        "//! {kind} `{message}` → {does}.\n\n{imports}fn main() -> std::process::ExitCode {{\n    causeway_aws::{serve}\n}}\n"
    )
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}
