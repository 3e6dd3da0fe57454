//! Views: a row and how far it is behind its stream, and the rows of a list page by page.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use causeway_cli::command_status::CommandStatus;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::{number, text},
    fields::query,
    page::{Layout, badge, clean, failure, json, same_as, shortened, stream_link},
};

/// The most columns of a table of rows.
const COLUMNS: usize = 8;

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let layout = Layout { path: "views", about: "Read models: rows folded from streams, and the lists they are in." };
    let content = content(&call).await;
    call.answer(layout, content)
}

async fn content(call: &Call) -> anyhow::Result<Markup> {
    let (site, fields) = (&call.shared.site, &call.fields);
    let routes = (site.application.routes)();
    let views: BTreeMap<&str, &str> =
        routes.iter().flat_map(|route| &route.views).map(|view| (view.view, view.context)).collect();
    let plotted = site.application.plots.iter().map(|plot| plot.view);
    let names: BTreeSet<&str> = views.keys().copied().chain(plotted).collect();
    let (view, list, id) = (fields.get("view"), fields.get("list"), fields.get("id"));
    let form = html! {
        form.bar method="get" role="search" {
            label { "View" select name="view" required {
                @for name in &names { option value=(name) selected[*name == view] { (name) } }
            } }
            label { "List" input name="list" value=(list) placeholder="status/placed"; }
            label { "Row" input name="id" value=(id) placeholder="o-1001"; }
            button type="submit" { "Show" }
        }
    };
    let row = match (view.is_empty(), id.is_empty()) {
        (false, false) => row(call, view, id, views.get(view).copied()).await.unwrap_or_else(|error| failure(&error)),
        _ => html! {},
    };
    let rows = match (view.is_empty(), list.is_empty()) {
        (false, false) => rows(call, view, list).await.unwrap_or_else(|error| failure(&error)),
        _ => html! {},
    };
    Ok(html! {
        (form) (row) (rows)
        @if view.is_empty() { p.empty { "Give a view, and the id of a row or the name of a list, such as user/u-1, all, open or a day." } }
    })
}

async fn row(call: &Call, view: &str, id: &str, context: Option<&str>) -> anyhow::Result<Markup> {
    let site = &call.shared.site;
    let shown = site.run(&["view", "--", view, id]).await?;
    let Some(item) = shown.items.first() else {
        return Ok(html! { p.note { @for line in shown.notes.lines() { (clean(line)) br; } } (same_as(&shown.words)) });
    };
    let version = number(item, "/version");
    // The id of a row is that of its stream, or begins with it.
    let stream = context.map(|context| format!("{context}/{id}"));
    let newest = match &stream {
        None => None,
        Some(stream) => site.run(&["state", "--", stream]).await.ok().filter(|read| read.status == CommandStatus::Done),
    };
    let newest = newest.as_ref().and_then(|read| read.items.first()).map(|state| number(state, "/version"));
    Ok(html! {
        section.panel {
            h2 { (clean(view)) "/" (shortened(id, 80)) }
            p.dim {
                "After version " (version)
                @if let (Some(newest), Some(stream)) = (newest, &stream) {
                    " of " (newest) " of " (stream_link(stream)) " "
                    @if newest > version { span.badge.warn { (newest - version) " behind" } } @else { span.badge.good { "up to date" } }
                }
                @if let Some(list) = item["list"].as_str() { " · in the list "
                    a href=(query("/console/views", &[("view", view), ("list", list)])) { (clean(list)) } }
            }
            (json(&item["columns"]))
            (same_as(&shown.words))
        }
    })
}

async fn rows(call: &Call, view: &str, list: &str) -> anyhow::Result<Markup> {
    let mut words = vec!["list".to_owned(), "--limit=50".to_owned()];
    words.extend(call.fields.given("after").map(|after| format!("--after={after}")));
    words.extend(["--", view, list].map(str::to_owned));
    let listed = call.shared.site.run(&words).await?;
    let mut columns: Vec<&str> = Vec::new();
    for name in listed.items.iter().filter_map(|item| item["columns"].as_object()).flat_map(|columns| columns.keys()) {
        if columns.len() < COLUMNS && !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let next = listed.notes.lines().find_map(|line| line.split_once("--after ")).map(|(_, token)| token.trim());
    Ok(html! {
        section {
            h2 { (clean(view)) " in " (clean(list)) }
            @if listed.items.is_empty() { p.empty { "No rows." } }
            @else { div.scroll tabindex="0" aria-label="Rows" { table {
                thead { tr { th { "Row" } th.right { "Version" } @for name in &columns { th { (clean(name)) } } } }
                tbody { @for item in &listed.items { tr {
                    td { a href=(query("/console/views", &[("view", view), ("list", list), ("id", text(item, "/id"))])) { (shortened(text(item, "/id"), 60)) } }
                    td.right { (number(item, "/version")) }
                    @for name in &columns { td { (cell(name, item["columns"].get(*name))) } }
                } } }
            } } }
            @if let Some(next) = next { p { a href=(query("/console/views", &[("view", view), ("list", list), ("after", next)])) { "Next page" } } }
            (same_as(&listed.words))
        }
    })
}

fn cell(name: &str, value: Option<&Value>) -> Markup {
    match value {
        None | Some(Value::Null) => html! {},
        Some(Value::String(text)) if name == "status" => badge(text),
        Some(Value::String(text)) => html! { (shortened(text, 60)) },
        Some(other) => html! { code { (shortened(&other.to_string(), 60)) } },
    }
}
