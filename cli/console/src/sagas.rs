//! Sagas: which run, which are late and which need an operator; the steps of one as lanes; resume and abort.

use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::text,
    fields::{Fields, query},
    page::{Layout, badge, clean, failure, outcome, same_as, shortened, stream_link, time, token},
};

const LAYOUT: Layout<'_> =
    Layout { path: "sagas", about: "Processes over several streams: their steps, deadlines and outcomes." };

/// The statuses, as `saga ls --status` takes them.
const STATUSES: [&str; 5] = ["needs-operator", "compensating", "running", "completed", "compensated"];

/// The most sagas of a status.
const LIMIT: &str = "--limit=50";

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let content = content(&call, &html! {}).await;
    call.answer(LAYOUT, content)
}

/// Resumes or aborts a saga.
pub(crate) async fn act(call: Call, form: String) -> Response {
    let form = Fields::read(&form);
    let (saga, reason) = (form.get("saga"), format!("--reason={}", form.get("reason")));
    let done = match form.get("do") {
        "resume" => call.shared.site.run(&["saga", "resume", "--", saga]).await,
        "abort" => call.shared.site.run(&["saga", "abort", &reason, "--yes", "--", saga]).await,
        other => Err(anyhow::anyhow!("{other:?} is neither resume nor abort")),
    };
    let done = done.map_or_else(|error| failure(&error), |printed| outcome(&printed));
    let mut call = call;
    call.fields = form;
    let content = content(&call, &done).await;
    call.answer(LAYOUT, content)
}

async fn content(call: &Call, done: &Markup) -> anyhow::Result<Markup> {
    let (site, saga) = (&call.shared.site, call.fields.get("saga"));
    let one = match saga.is_empty() {
        true => html! {},
        false => one(call, saga).await.unwrap_or_else(|error| failure(&error)),
    };
    let status = call.fields.get("status");
    let mut words = vec!["saga".to_owned(), "ls".to_owned(), LIMIT.to_owned()];
    words.extend(
        STATUSES.iter().filter(|known| status.is_empty() || **known == status).map(|it| format!("--status={it}")),
    );
    let listed = site.run(&words).await?;
    let now = Timestamp::now();
    Ok(html! {
        (done)
        (one)
        form.bar method="get" {
            label { "Saga" input name="saga" value=(saga) placeholder="o-1001"; }
            label { "Status" select name="status" {
                option value="" { "all" }
                @for known in STATUSES { option value=(known) selected[known == status] { (known) } }
            } }
            button type="submit" { "Show" }
        }
        @if listed.items.is_empty() { p.empty { "No saga." } }
        @else { div.scroll tabindex="0" aria-label="Sagas" { table {
            thead { tr { th { "Saga" } th { "Status" } th { "Deadline" } th { "Reason" } } }
            tbody { @for row in &listed.items { (line(row, now)) } }
        } } }
        (same_as(&listed.words))
    })
}

fn line(row: &Value, now: Timestamp) -> Markup {
    let id = format!("{}/{}", text(row, "/saga"), text(row, "/id"));
    let deadline = text(row, "/deadline");
    let is_open = matches!(text(row, "/status"), "running" | "compensating");
    let is_late = is_open && deadline.parse::<Timestamp>().is_ok_and(|due| due < now);
    html! {
        tr {
            td { a href=(query("/console/sagas", &[("saga", &id)])) { (shortened(&id, 80)) } }
            td { (badge(text(row, "/status"))) @if is_late { " " (badge("late")) } }
            td { @if !deadline.is_empty() { (time(deadline)) } }
            td { (shortened(text(row, "/reason"), 200)) }
        }
    }
}

/// One saga: a lane for each step, a column for each of its events.
async fn one(call: &Call, saga: &str) -> anyhow::Result<Markup> {
    let shown = call.shared.site.run(&["saga", "show", "--", saga]).await?;
    let Some(item) = shown.items.first() else {
        return Ok(html! { p.note { @for line in shown.notes.lines() { (clean(line)) br; } } });
    };
    let (status, stream) = (text(item, "/state/status"), text(item, "/saga"));
    let history = item["history"].as_array().map(Vec::as_slice).unwrap_or_default();
    let steps = item.pointer("/state/steps").and_then(Value::as_object);
    Ok(html! {
        section.panel {
            h2 { (stream_link(stream)) " " (badge(status)) }
            @if let Some(reason) = item.pointer("/state/reason").and_then(Value::as_str) { p { (clean(reason)) } }
            @if let Some(due) = item.pointer("/state/deadline").and_then(Value::as_str) { p.dim { "Deadline " (time(due)) } }
            div.scroll tabindex="0" aria-label="Steps" { table.lanes {
                thead { tr {
                    th { "Step" }
                    @for event in history { th.mark title=(clean(text(event, "/type"))) { "v" (event["version"]) } }
                    th { "Progress" }
                } }
                tbody { @for (name, step) in steps.into_iter().flatten() {
                    tr {
                        th scope="row" { (clean(name)) }
                        @for event in history { td.mark { (mark(event, name)) } }
                        td { (badge(text(step, "/progress"))) }
                    }
                } }
            } }
            details { summary { "What happened" }
                div.scroll tabindex="0" aria-label="Events" { table { tbody { @for event in history {
                    tr { td { "v" (event["version"]) } td { (time(text(event, "/at"))) } td { (clean(text(event, "/type"))) }
                        td { code { (shortened(&event["data"].to_string(), 300)) } } }
                } } } }
            }
            div.bar {
                @if status == "needsOperator" { form method="post" action="/console/sagas" {
                    (token(&call.shared.token)) input type="hidden" name="saga" value=(stream);
                    button.primary name="do" value="resume" { "Resume" }
                } }
                @if matches!(status, "running" | "needsOperator") { form.bar method="post" action="/console/sagas" {
                    (token(&call.shared.token)) input type="hidden" name="saga" value=(stream);
                    label { "Reason" input name="reason" required; }
                    button.danger name="do" value="abort" data-sure="Abort this saga? All that it did will be undone." { "Abort" }
                } }
            }
            (same_as(&shown.words))
        }
    })
}

/// What an event of the saga has about a step.
fn mark(event: &Value, step: &str) -> Markup {
    let names = |pointer: &str| {
        let names = event.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).any(|name| name == step)
    };
    let kind = text(event, "/type");
    let about = text(event, "/data/step") == step;
    html! {
        @if about && kind.ends_with("Failed") { span.bad title="failed" { "✕" } }
        @else if about && kind.ends_with("Undone") { span.warn title="undone" { "↶" } }
        @else if about { span.good title="done" { "●" } }
        @if names("/data/next/run") { span.calm title="requested" { "▸" } }
        @if names("/data/next/undo") { span.warn title="undo requested" { "◂" } }
    }
}
