//! Streams: the history of a stream, its state at any version, and what differs between two.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::{number, text},
    fields::query,
    page::{Layout, clean, flow_link, json, same_as, stream_link, time},
};

/// The most events of a page.
const PAGE: u64 = 200;

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let layout =
        Layout { path: "streams", about: "The events of a stream, its state at any version, and what differs." };
    let content = content(&call).await;
    call.answer(layout, content)
}

async fn content(call: &Call) -> anyhow::Result<Markup> {
    let (site, fields) = (&call.shared.site, &call.fields);
    let stream = fields.get("stream");
    let form = html! {
        form.bar method="get" role="search" {
            label { "Stream" input name="stream" value=(stream) placeholder="order/o-1001" required autofocus[stream.is_empty()]; }
            button type="submit" { "Show" }
        }
    };
    if stream.is_empty() {
        let contexts = site.application.contexts();
        return Ok(
            html! { (form) p.empty { "A stream is a context and an id. Contexts: " (contexts.join(", ")) "." } },
        );
    }
    let now = site.run(&["state", "--", stream]).await?;
    let Some(newest) = now.items.first() else {
        return Ok(
            html! { (form) p.note { @for line in now.notes.lines() { (clean(line)) br; } } (same_as(&now.words)) },
        );
    };
    let last = number(newest, "/version");
    let at = fields.get("at").parse::<u64>().unwrap_or(last).clamp(1, last);
    let before = fields.get("before").parse::<u64>().unwrap_or(at.saturating_sub(1)).min(last);
    let version = at.to_string();
    let state = match at == last {
        true => now,
        false => site.run(&["state", &format!("--at={version}"), "--", stream]).await?,
    };
    let differences = site.run(&["diff", "--", stream, &before.to_string(), &version]).await?;
    let from = fields.get("from").parse::<u64>().unwrap_or_else(|_| last.saturating_sub(PAGE) + 1).max(1);
    let (from_text, limit) = (format!("--from={from}"), format!("--limit={PAGE}"));
    let history = site.run(&["history", &from_text, &limit, "--", stream]).await?;
    Ok(html! {
        (form)
        form.bar #slider method="get" {
            input type="hidden" name="stream" value=(stream);
            label.wide { "Version " output { (at) " of " (last) }
                input type="range" name="at" min="1" max=(last) value=(at); }
            label { "Compared with" input type="number" name="before" min="0" max=(last) value=(before); }
            button type="submit" { "Show" }
        }
        div #replaced {
            div.columns {
                section {
                    h2 { "State at version " (at) }
                    @if let Some(item) = state.items.first() { p.dim { (time(text(item, "/at"))) } (json(&item["state"])) }
                    (same_as(&state.words))
                }
                section {
                    h2 { "From version " (before) " to " (at) }
                    (diff_table(differences.items.first()))
                    (same_as(&differences.words))
                }
            }
        }
        h2 { "History" }
        @if from > 1 {
            p { a href=(query("/console/streams", &[("stream", stream), ("from", &from.saturating_sub(PAGE).max(1).to_string())])) { "Earlier events" } }
        }
        div.events { @for event in history.items.iter().rev() { (entry(event, number(event, "/version") == at)) } }
        (same_as(&history.words))
    })
}

fn diff_table(item: Option<&Value>) -> Markup {
    let found = item.and_then(|item| item["differences"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let side = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    html! {
        @if found.is_empty() { p.empty { "No difference." } }
        @else {
            div.scroll tabindex="0" aria-label="Differences" { table {
                thead { tr { th { "Field" } th { "Before" } th { "After" } } }
                tbody { @for one in found {
                    tr {
                        td { code { (clean(text(one, "/path"))) } }
                        td.old { code { (clean(&side(one.get("before")))) } }
                        td.new { code { (clean(&side(one.get("after")))) } }
                    }
                } }
            } }
        }
    }
}

/// An event of a history, with what was sent and timed with it.
pub(crate) fn entry(event: &Value, is_open: bool) -> Markup {
    let list = |name: &str| event[name].as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
    let correlation = text(event, "/correlationId");
    html! {
        details open[is_open] {
            summary {
                span.version { "v" (number(event, "/version")) }
                b { (clean(text(event, "/type"))) } " "
                span.dim { (time(text(event, "/at"))) }
            }
            (json(&event["data"]))
            @for sent in list("sends") { p { "sends " b { (clean(text(&sent, "/type"))) } " to " (stream_link(text(&sent, "/to"))) } }
            @for timer in list("timers") { p { "timer " code { (clean(&timer.to_string())) } } }
            dl.meta {
                dt { "Event" } dd { code { (clean(text(event, "/eventId"))) } }
                dt { "Caused by" } dd { code { (clean(text(event, "/causationId"))) } }
                dt { "Correlation" } dd { (flow_link(correlation, correlation)) }
                @if let Some(user) = event["userId"].as_str() { dt { "User" } dd { (clean(user)) } }
            }
        }
    }
}
