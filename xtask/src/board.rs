//! The event storming board in `docs/event-storming.md`: per context its commands, events, reactions and read models, as
//! the routes and types have them.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{Role, Route, message::Kind, routing::Binding};
use domain::Entry;

/// The page.
pub const PAGE: &str = "docs/event-storming.md";

const HEAD: &str = "# Event storming board

Written by `cargo xtask generate` from the types and the routes of the functions; change those, not this page.

🟦 command: what somebody wants · 🟧 event: what happened · 🟪 reaction: what a context does when another one's event
happened · 🟩 read model: what is shown. A message has the name that it has on the bus. Everything that handles a message is a
function, whose name is beside it.

## From context to context

An arrow: the second has a function for events of the first.

```mermaid
flowchart LR
";

/// The text of the page.
pub fn page(routes: &[Route], catalogue: &[Entry]) -> String {
    let mut page = HEAD.to_owned();
    for (from, to) in edges(routes) {
        page.push_str(&format!("  {from} --> {to}\n"));
    }
    page.push_str("```\n");
    let mut contexts: Vec<&str> = catalogue.iter().map(|entry| entry.description.context).collect();
    contexts.extend(routes.iter().map(|route| route.context));
    let mut seen = BTreeSet::new();
    for context in contexts.into_iter().filter(|context| seen.insert(*context)) {
        page.push_str(&section(context, routes, catalogue));
    }
    page
}

/// Each pair of contexts of which the second has a function for events of the first.
fn edges(routes: &[Route]) -> BTreeSet<(&str, &str)> {
    let events = routes.iter().filter(|route| route.kind == Kind::Event);
    events.map(|route| (route.owner, route.context)).filter(|(from, to)| from != to).collect()
}

fn is_reaction(route: &Route) -> bool {
    route.kind == Kind::Event && route.role != Role::Project
}

fn section(context: &str, routes: &[Route], catalogue: &[Entry]) -> String {
    let own: Vec<&Route> = routes.iter().filter(|route| route.context == context).collect();
    let messages = |kind| {
        let entries = catalogue.iter().filter(move |entry| entry.description.context == context);
        entries.filter(move |entry| entry.description.kind == kind).map(|entry| entry.description.name)
    };
    let command = |name: &str| {
        let handled = own.iter().find(|route| route.message == name);
        let function =
            handled.map_or_else(|| "a timer or another context".to_owned(), |it| format!("`{}`", it.function()));
        let schedule = handled.and_then(|route| route.schedule).map(|it| format!(", also by `{it}`"));
        format!("{name} → {function}{}", schedule.unwrap_or_default())
    };
    let reaction = |route: &Route| format!("when {} of {} → `{}`", route.message, route.owner, route.function());
    let rows = [
        ("🟦 commands", messages(Kind::Command).map(command).collect::<Vec<_>>()),
        ("🟧 events", messages(Kind::Event).map(str::to_owned).collect()),
        ("🟪 reactions", own.iter().copied().filter(|route| is_reaction(route)).map(reaction).collect()),
        ("🟩 read models", read_models(&own)),
    ];
    let mut section = format!("\n## {context}\n\n| | |\n|---|---|\n");
    for (title, stickers) in rows.into_iter().filter(|(_, stickers)| !stickers.is_empty()) {
        section.push_str(&format!("| **{title}** | {} |\n", stickers.join("<br>")));
    }
    section
}

/// Each view with the events that change it, and each handler that updates views itself.
fn read_models(own: &[&Route]) -> Vec<String> {
    let mut views: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for route in own.iter().filter(|route| route.role == Role::Project) {
        let names = match &route.binding {
            Binding::Views { views } => views.iter().filter_map(|path| path.rsplit("::").next()).collect(),
            Binding::Command { .. } | Binding::Saga { .. } | Binding::Handler { .. } => vec!["sums of many streams"],
        };
        for name in names {
            views.entry(name.to_owned()).or_default().push(route.message);
        }
    }
    views.into_iter().map(|(view, events)| format!("{view} ← {}", events.join(", "))).collect()
}
