//! Timers: what is pending, and cancel.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::text,
    fields::{Fields, query},
    page::{Layout, clean, failure, json, later, outcome, same_as, shortened, stream_link, time, token},
};

const LAYOUT: Layout<'_> = Layout { path: "timers", about: "Messages that are published later, the earliest first." };

/// The most timers of a page.
const MOST: usize = 200;

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let stream = call.fields.get("stream");
    let content = match call.comes_later() {
        true => Ok(later(&query("/console/timers", &[("part", "content"), ("stream", stream)]))),
        false => content(&call, &html! {}).await,
    };
    call.answer(LAYOUT, content)
}

/// Cancels a timer.
pub(crate) async fn cancel(call: Call, form: String) -> Response {
    let form = Fields::read(&form);
    let done = call.shared.site.run(&["timers", "cancel", "--yes", "--", form.get("timer")]).await;
    let done = done.map_or_else(|error| failure(&error), |printed| outcome(&printed));
    let content = content(&call, &done).await;
    call.answer(LAYOUT, content)
}

async fn content(call: &Call, done: &Markup) -> anyhow::Result<Markup> {
    let stream = call.fields.get("stream");
    let mut words = vec!["timers".to_owned(), "ls".to_owned()];
    words.extend(call.fields.given("stream").map(|stream| format!("--stream={stream}")));
    let listed = call.shared.site.run(&words).await?;
    let count = listed.items.len();
    Ok(html! {
        (done)
        form.bar method="get" {
            label { "Stream" input name="stream" value=(stream) placeholder="fulfilment/o-1001"; }
            button type="submit" { "Show" }
        }
        @if count == 0 { p.empty { "No timers are pending." } }
        @else { div.scroll tabindex="0" aria-label="Timers" { table {
            thead { tr { th { "Due" } th { "Message" } th { "Stream" } th { "Schedule" } th { "" } } }
            tbody { @for timer in listed.items.iter().take(MOST) { (line(call, timer)) } }
        } } }
        @if count > MOST { p.dim { "The first " (MOST) " of " (count) " timers." } }
        (same_as(&listed.words))
    })
}

fn line(call: &Call, timer: &Value) -> Markup {
    let (name, stream, due) = (text(timer, "/name"), text(timer, "/stream"), text(timer, "/due"));
    html! {
        tr {
            td { @if due.is_empty() { (clean(text(timer, "/expression"))) } @else { (time(due)) } }
            td { details { summary { (shortened(text(timer, "/type"), 60)) } (json(&timer["envelope"])) } }
            td { @if !stream.is_empty() { (stream_link(stream)) } }
            td { code { (shortened(name, 80)) } }
            td { form method="post" action="/console/timers" {
                (token(&call.shared.token)) input type="hidden" name="timer" value=(name);
                button.danger aria-label={ "Cancel " (clean(name)) } data-sure="Cancel this timer? Its message will not be published." { "Cancel" }
            } }
        }
    }
}
