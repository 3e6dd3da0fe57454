//! Map: contexts with their functions, the messages between them, and their queues; lit up by traffic, red where dead
//! letters lie.

use std::{
    collections::{BTreeMap, BTreeSet},
    f64::consts::TAU,
};

use axum::response::Response;
use causeway::Route;
use causeway_cli::display_name::display_name;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::text,
    fields::query,
    page::{Layout, clean, failure, later, same_as},
};

/// The size of the graph, and of a context.
const ACROSS: f64 = 960.0;
const DOWN: f64 = 560.0;
/// The space between the ring of contexts and the edge, for half of a context.
const EDGE: (f64, f64) = (70.0, 30.0);
const WIDTH: f64 = 116.0;
const HEIGHT: f64 = 30.0;

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let layout =
        Layout { path: "map", about: "Contexts, the messages between them, their functions, rules and queues." };
    let content = match call.comes_later() {
        true => {
            let graph = contexts_of(&call);
            let url = query("/console/map", &[("part", "content")]);
            Ok(html! { (graph) (later(&url)) })
        }
        false => content(&call).await,
    };
    call.answer(layout, content)
}

/// The graph of contexts: a line for each pair with the messages from one to the other.
fn contexts_of(call: &Call) -> Markup {
    let routes = (call.shared.site.application.routes)();
    let mut between: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut contexts: BTreeSet<&str> = BTreeSet::new();
    for Route { context, owner, message, .. } in &routes {
        contexts.extend([*context, *owner]);
        if context != owner {
            between.entry((owner, context)).or_default().insert(message);
        }
    }
    let count = u32::try_from(contexts.len()).map_or(1.0, f64::from);
    let angles = (0_u32..).map(|number| f64::from(number) / count * TAU - TAU / 4.0);
    let at = |angle: f64| {
        let (x, y) = (ACROSS / 2.0 - EDGE.0, DOWN / 2.0 - EDGE.1);
        (ACROSS / 2.0 + x * angle.cos(), DOWN / 2.0 + y * angle.sin())
    };
    let places: BTreeMap<&str, (f64, f64)> = contexts.iter().copied().zip(angles.map(at)).collect();
    let place = |context: &str| places.get(context).copied().unwrap_or_default();
    // A line bends towards the middle, and ends a little beside the opposite one.
    let line = |from: (f64, f64), to: (f64, f64)| {
        let bend = |one: f64, other: f64, middle: f64| (one + other) / 2.0 * 0.6 + middle * 0.4;
        format!(
            "M{:.0},{:.0} Q{:.0},{:.0} {:.0},{:.0}",
            from.0,
            from.1,
            bend(from.0, to.0, ACROSS / 2.0),
            bend(from.1, to.1, DOWN / 2.0),
            to.0 + 5.0,
            to.1 + 5.0
        )
    };
    html! {
        div.scroll tabindex="0" aria-label="Map" {
            svg #map viewBox={ "0 0 " (ACROSS) " " (DOWN) } role="group" aria-label="Map of contexts" {
                @for ((from, to), messages) in &between {
                    path.edge data-from=(from) data-to=(to) d=(line(place(from), place(to))) {
                        title { (from) " to " (to) ": " (messages.iter().copied().collect::<Vec<_>>().join(", ")) }
                    }
                }
                @for (context, (x, y)) in &places {
                    a href={ "#c-" (context) } {
                        rect.node data-context=(context) x=(x - WIDTH / 2.0) y=(y - HEIGHT / 2.0) width=(WIDTH) height=(HEIGHT) rx="5" {}
                        text.middle x=(x) y=(y + 4.0) { (context) }
                    }
                }
            }
        }
    }
}

async fn content(call: &Call) -> anyhow::Result<Markup> {
    let site = &call.shared.site;
    let rules = site.run(&["rules"]).await?;
    let letters = site.run(&["dlq", "ls"]).await;
    let stack = &site.connection.stack;
    let mut lying: BTreeMap<String, usize> = BTreeMap::new();
    for item in letters.iter().flat_map(|printed| &printed.items) {
        *lying.entry(display_name(text(item, "/queue"), stack).to_owned()).or_default() += 1;
    }
    let routes = (site.application.routes)();
    let mut by_context: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
    for route in &routes {
        by_context.entry(route.context).or_default().push(route);
    }
    // The names of queues begin with their context, without punctuation.
    let plain = |text: &str| text.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
    let of_context = |context: &str| -> Vec<(&String, &usize)> {
        lying.iter().filter(|(queue, _)| plain(queue).starts_with(&plain(context))).collect()
    };
    Ok(html! {
        @if let Err(error) = &letters { (failure(error)) }
        div.cards { @for (context, routes) in &by_context {
            @let lying = of_context(context);
            section.card id={ "c-" (context) } data-red=[(!lying.is_empty()).then_some(*context)] {
                h2 { (context) @if !lying.is_empty() { " " a.badge.bad href="/console/dead-letters" {
                    (lying.iter().map(|(_, count)| **count).sum::<usize>()) " dead letters" } } }
                ul { @for route in routes {
                    li data-function=(route.function()) { code { (route.function()) } }
                } }
            }
        } }
        @if !lying.is_empty() {
            h2 { "Queues with dead letters" }
            ul { @for (queue, count) in &lying { li { (clean(queue)) ": " (count) } } }
        }
        details { summary { (rules.items.len()) " rules and targets" }
            div.scroll tabindex="0" aria-label="Rules" { table {
                thead { tr { th { "Messages" } th { "Target" } th { "Rule" } th { "Dead letters" } } }
                tbody { @for rule in &rules.items { (rule_line(rule, stack)) } }
            } }
        }
        (same_as(&rules.words))
    })
}

fn rule_line(rule: &Value, stack: &str) -> Markup {
    let messages = rule["messages"].as_array().into_iter().flatten();
    let messages: Vec<String> = messages.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect();
    let schedule = text(rule, "/schedule");
    html! {
        tr {
            td { (clean(&messages.join(", "))) (clean(schedule)) }
            td { (clean(display_name(text(rule, "/target"), stack))) }
            td { (clean(display_name(text(rule, "/rule"), stack))) @if rule["enabled"] == false { " " span.badge.warn { "disabled" } } }
            td { (clean(display_name(text(rule, "/deadLetters"), stack))) }
        }
    }
}
