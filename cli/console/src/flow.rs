//! Flow: one correlation as a graph of causes and as a timeline, each node with its body, its metadata and its handlers.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use causeway::StreamId;
use causeway_cli::{command_status::CommandStatus, time_arg};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::{number, text},
    fields::query,
    graph::{anchor, graph},
    page::{Layout, clean, json, later, same_as, shortened, stream_link},
};

/// The most streams whose bodies are read.
const STREAMS: usize = 24;

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let layout = Layout { path: "flow", about: "What caused what: one correlation as a graph and as a timeline." };
    let of = call.fields.get("of");
    let content = match (of.is_empty(), call.comes_later()) {
        (true, _) => Ok(html! { (form("")) p.empty { "A stream stands for the correlation of its first event." } }),
        (_, true) => {
            let url = query("/console/flow", &[("part", "content"), ("of", of)]);
            Ok(html! { (form(of)) (later(&url)) })
        }
        (false, false) => content(&call, of).await,
    };
    call.answer(layout, content)
}

fn form(of: &str) -> Markup {
    html! {
        form.bar method="get" role="search" {
            label.wide { "Correlation, event, command or stream" input name="of" value=(of) placeholder="order/o-1001" required; }
            button type="submit" { "Show" }
        }
    }
}

async fn content(call: &Call, of: &str) -> anyhow::Result<Markup> {
    let site = &call.shared.site;
    let traced = site.run(&["trace", "--", of]).await?;
    let nodes: Vec<&Value> = traced.items.iter().filter(|item| item.get("id").is_some()).collect();
    let outcomes: Vec<&Value> = traced.items.iter().filter(|item| text(item, "/kind") == "outcome").collect();
    if traced.status != CommandStatus::Done || nodes.is_empty() {
        return Ok(html! {
            (outcomes_of(&outcomes))
            p.note { @for line in traced.notes.lines() { (clean(line)) br; } }
            (same_as(&traced.words))
        });
    }
    let bodies = bodies(call, &nodes).await?;
    let routes = (site.application.routes)();
    let mut handlers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for route in &routes {
        handlers.entry(route.message).or_default().push(route.function());
    }
    let times = nodes.iter().filter_map(|node| text(node, "/at").parse::<Timestamp>().ok());
    let (first, last) = (times.clone().min().unwrap_or_default(), times.max().unwrap_or_default());
    let whole = last.duration_since(first).as_secs_f64().max(0.001);
    let drawn: Vec<Value> = nodes.iter().map(|node| (*node).clone()).collect();
    Ok(html! {
        (outcomes_of(&outcomes))
        (graph(&drawn))
        h2 { "Timeline" }
        p.dim { (nodes.len()) " nodes in " (time_arg::apart(first, last)) }
        div.events { @for node in &nodes {
            @let at = text(node, "/at").parse::<Timestamp>().unwrap_or(first);
            @let place = at.duration_since(first).as_secs_f64() / whole * 96.0;
            details id=(anchor(text(node, "/id"))) {
                summary {
                    span.offset { (time_arg::apart(first, at)) }
                    svg.when viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" {
                        line.axis x1="0" x2="100" y1="4" y2="4" {} circle cx=(place + 2.0) cy="4" r="3" {}
                    }
                    span.kind.(clean(text(node, "/kind"))) { (clean(text(node, "/kind"))) } " "
                    b { (shortened(text(node, "/type"), 60)) } " "
                    span.dim { (shortened(text(node, "/stream"), 60)) @if node.get("version").is_some() { " v" (number(node, "/version")) } }
                }
                @match bodies.get(text(node, "/id")) {
                    Some(body) => { (json(body)) }
                    None => { p { code { (clean(text(node, "/preview"))) } } }
                }
                dl.meta {
                    dt { "Id" } dd { code { (clean(text(node, "/id"))) } }
                    dt { "Caused by" } dd { code { (clean(text(node, "/parent"))) } }
                    dt { "Stream" } dd { (stream_link(text(node, "/stream"))) }
                    @if let Some(functions) = handlers.get(text(node, "/type")) {
                        dt { "Handled by" } dd { (functions.join(", ")) }
                    }
                }
            }
        } }
        (same_as(&traced.words))
    })
}

/// What became of the commands from outside, with the rule or the reason.
fn outcomes_of(outcomes: &[&Value]) -> Markup {
    html! { @for outcome in outcomes {
        p.note {
            b { (clean(text(outcome, "/command"))) } " is " (clean(text(outcome, "/status")))
            @for field in ["/rule", "/reason", "/explanation"] {
                @if outcome.pointer(field).is_some() { " · " (shortened(text(outcome, field), 400)) }
            }
        }
    } }
}

/// The bodies and metadata of the nodes, by their ids, from the histories of their streams.
async fn bodies(call: &Call, nodes: &[&Value]) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut versions: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.get("version").is_some()) {
        versions.entry(text(node, "/stream")).or_default().insert(number(node, "/version"));
    }
    let mut bodies = BTreeMap::new();
    for (stream, versions) in versions.into_iter().take(STREAMS) {
        let (Some(first), Some(last)) = (versions.first(), versions.last()) else { continue };
        let (from, limit) = (format!("--from={first}"), format!("--limit={}", (last - first + 1).min(500)));
        if StreamId::parse(stream).is_err() {
            continue;
        }
        for event in call.shared.site.run(&["history", &from, &limit, "--", stream]).await?.items {
            for sent in event["sends"].as_array().into_iter().flatten() {
                bodies.insert(text(sent, "/eventId").to_owned(), sent["data"].clone());
            }
            let mut event = event;
            if let Some(fields) = event.as_object_mut() {
                fields.remove("sends");
                fields.remove("timers");
            }
            bodies.insert(text(&event, "/eventId").to_owned(), event);
        }
    }
    Ok(bodies)
}
