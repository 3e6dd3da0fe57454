//! Dead letters: by cause, each with its body and its reason; redrive, edit, discard.

use std::collections::BTreeMap;

use axum::response::Response;
use causeway_cli::output::escape_json;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    call::Call,
    commands::text,
    fields::{Fields, query},
    page::{Layout, clean, failure, json, later, outcome, same_as, shortened, time, token},
};

const LAYOUT: Layout<'_> =
    Layout { path: "dead-letters", about: "Messages that could not be delivered or handled, with the reason." };

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let cause = call.fields.get("cause");
    let content = match call.comes_later() {
        true => Ok(later(&query("/console/dead-letters", &[("part", "content"), ("cause", cause)]))),
        false => content(&call, &html! {}).await,
    };
    call.answer(LAYOUT, content)
}

/// Redrives, edits or discards.
pub(crate) async fn act(call: Call, form: String) -> Response {
    let form = Fields::read(&form);
    let which = match (form.given("id"), form.given("cause")) {
        (Some(id), _) => format!("--id={id}"),
        (None, Some(cause)) => format!("--cause={cause}"),
        (None, None) => "--all".to_owned(),
    };
    let detail = format!("--detail={}", form.get("detail"));
    let site = &call.shared.site;
    let done = match form.get("do") {
        "redrive" => site.run(&["dlq", "redrive", &which]).await,
        "edit" => site.run(&["dlq", "redrive", &which, &detail]).await,
        "discard" => site.run(&["dlq", "purge", &which, "--yes"]).await,
        other => Err(anyhow::anyhow!("{other:?} is neither redrive nor edit nor discard")),
    };
    let done = done.map_or_else(|error| failure(&error), |printed| outcome(&printed));
    let content = content(&call, &done).await;
    call.answer(LAYOUT, content)
}

async fn content(call: &Call, done: &Markup) -> anyhow::Result<Markup> {
    let mut words = vec!["dlq".to_owned(), "ls".to_owned()];
    words.extend(call.fields.given("cause").map(|cause| format!("--cause={cause}")));
    let listed = call.shared.site.run(&words).await?;
    let mut causes: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in &listed.items {
        causes.entry(text(item, "/letter/reason")).or_default().push(item);
    }
    Ok(html! {
        (done)
        @if causes.is_empty() { p.empty { "No dead letters." } }
        @for (cause, letters) in &causes {
            section.panel {
                h2 { (shortened(cause, 80)) " " span.badge.bad { (letters.len()) } }
                form.bar method="post" action="/console/dead-letters" {
                    (token(&call.shared.token)) input type="hidden" name="cause" value=(cause);
                    button name="do" value="redrive" { "Redrive these" }
                    button.danger name="do" value="discard" data-sure="Discard all dead letters of this cause?" { "Discard these" }
                }
                @for item in letters.iter().take(100) { (letter(call, item)) }
                @if letters.len() > 100 { p.dim { "… and " (letters.len() - 100) " more: causeway dlq ls" } }
            }
        }
        (same_as(&listed.words))
    })
}

fn letter(call: &Call, item: &Value) -> Markup {
    let (id, letter) = (text(item, "/id"), &item["letter"]);
    let message = letter.pointer("/content/message");
    let name = message.map_or("(no message)", |message| {
        let names = ["/detailType", "/detail_type", "/detail-type"];
        names.into_iter().map(|name| text(message, name)).find(|name| !name.is_empty()).unwrap_or("(no name)")
    });
    let detail = message.and_then(|message| message.get("detail"));
    let body = detail.map(|detail| match detail {
        Value::String(text) => text.clone(),
        detail => serde_json::to_string_pretty(detail).unwrap_or_default(),
    });
    // What is edited stays the same JSON: its characters are escaped as in JSON, and it is not cut.
    let body = body.map(|body| body.lines().map(|line| escape_json(line).into_owned()).collect::<Vec<_>>().join("\n"));
    html! {
        details {
            summary { b { (shortened(name, 60)) } " " span.dim { (time(text(letter, "/at"))) } " "
                (shortened(text(letter, "/explanation"), 140)) }
            p { (clean(text(letter, "/explanation"))) }
            p.dim { "Queue " (clean(text(item, "/queue"))) " · id " code { (clean(id)) } " · by "
                (shortened(&letter["origin"].to_string(), 300)) }
            @match &body {
                None => { (json(&letter["content"])) }
                Some(body) => {
                    form method="post" action="/console/dead-letters" {
                        (token(&call.shared.token)) input type="hidden" name="id" value=(id);
                        label { "Detail" textarea name="detail" rows="10" spellcheck="false" { (body) } }
                        div.bar {
                            button.primary name="do" value="redrive" { "Redrive as it is" }
                            button name="do" value="edit" { "Redrive with this detail" }
                            button.danger name="do" value="discard" data-sure="Discard this dead letter?" { "Discard" }
                        }
                    }
                }
            }
        }
    }
}
