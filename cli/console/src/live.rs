//! Live: every event as it happens, from the same feed as `causeway tail`. One follower serves all readers; each reader has
//! its filter, and what a slow one cannot take is dropped and counted.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use causeway_cli::{
    command::tail::activity::{Filter, KnownMessages},
    samples,
};
use futures::stream;
use maud::{Markup, html};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use crate::{
    call::{Call, Shared},
    commands::text,
    fields::Fields,
    page::{Layout, clean, failure, outcome, same_as, start_of, token},
};

/// How often a reader gets what has happened, and how much of it at once.
const BATCH: Duration = Duration::from_millis(100);
const LARGEST_BATCH: usize = 60;

const LAYOUT: Layout<'_> = Layout { path: "live", about: "Every message on the bus, its deliveries and invocations." };

/// The same value, with escaped texts.
fn cleaned(value: &Value) -> Value {
    match value {
        Value::String(text) => clean(text).into(),
        Value::Array(items) => items.iter().map(cleaned).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (clean(name), cleaned(value))).collect(),
        other => other.clone(),
    }
}

struct Reader {
    start: String,
    feed: broadcast::Receiver<Arc<Value>>,
    filter: Filter,
    known: KnownMessages,
    is_first: bool,
}

impl Reader {
    /// What has happened within a short time. `None` when the hub has ended.
    async fn batch(&mut self) -> Option<Value> {
        let (mut items, mut dropped) = (Vec::new(), 0);
        let mut until = Instant::now() + Duration::from_secs(3_600);
        if std::mem::take(&mut self.is_first) {
            until = Instant::now();
        }
        loop {
            let activity = match timeout_at(until, self.feed.recv()).await {
                Err(_) => break,
                Ok(Err(RecvError::Closed)) => return None,
                Ok(Err(RecvError::Lagged(missed))) => {
                    dropped += missed;
                    continue;
                }
                Ok(Ok(activity)) => activity,
            };
            until = until.min(Instant::now() + BATCH);
            if let Some(missed) = activity.get("missed").and_then(Value::as_u64) {
                dropped += missed;
            } else if self.known.admits(&activity, &self.filter) {
                match items.len() < LARGEST_BATCH {
                    true => items.push(cleaned(&activity)),
                    false => dropped += 1,
                }
            }
        }
        Some(json!({ "start": self.start, "items": items, "dropped": dropped }))
    }
}

fn filter(fields: &Fields) -> Filter {
    let field = |name: &str| fields.given(name).map(str::to_owned);
    Filter {
        name: field("type"),
        stream: field("stream").or_else(|| field("context")),
        correlation: field("correlation"),
    }
}

/// `GET /console/live/events`: server-sent events, each with all that happened in a tenth of a second.
pub(crate) async fn events(State(shared): State<Shared>, fields: Fields) -> Response {
    let reader = Reader {
        start: start_of(&shared.token).to_owned(),
        feed: shared.hub.subscribe(),
        filter: filter(&fields),
        known: KnownMessages::default(),
        is_first: true,
    };
    let batches = stream::unfold(reader, |mut reader| async move {
        let batch = reader.batch().await?;
        Some((Ok::<_, Infallible>(Event::default().data(batch.to_string())), reader))
    });
    Sse::new(batches).keep_alive(KeepAlive::default()).into_response()
}

/// `GET /console/live/sample?name=`: the detail of a sample, with an id of its own.
pub(crate) async fn sample(fields: Fields) -> Response {
    let Ok(sample) = samples::find(fields.get("name")) else { return Json(Value::Null).into_response() };
    let entries: Value = serde_json::from_str(sample.text).unwrap_or_default();
    let mut detail: Value = serde_json::from_str(text(&entries, "/0/Detail")).unwrap_or_default();
    if detail.get("eventId").is_none() && detail.is_object() {
        detail["eventId"] = json!(Uuid::now_v7().to_string());
    }
    Json(detail).into_response()
}

/// The page.
pub(crate) async fn show(call: Call) -> Response {
    let content = content(&call, &html! {});
    call.answer(LAYOUT, Ok(content))
}

/// Publishes a sample, with the detail of the form.
pub(crate) async fn publish(call: Call, form: String) -> Response {
    let form = Fields::read(&form);
    let (name, detail) = (form.get("name"), form.get("detail"));
    let published = match (samples::is_known(name), serde_json::from_str::<Value>(detail)) {
        (false, _) => Err(anyhow::anyhow!("no message is called {name:?}")),
        (_, Err(error)) => Err(anyhow::anyhow!("the detail is no JSON: {error}")),
        (true, Ok(_)) => call.shared.site.run(&["put", &format!("--set=Detail={detail}"), "--", name]).await,
    };
    let done = published.map_or_else(|error| failure(&error), |printed| outcome(&printed));
    call.answer(LAYOUT, Ok(content(&call, &done)))
}

fn content(call: &Call, done: &Markup) -> Markup {
    let fields = &call.fields;
    let names: BTreeSet<&str> = samples::names().collect();
    let contexts = call.shared.site.application.contexts();
    html! {
        (done)
        form.bar #filter method="get" role="search" aria-label="Filter" {
            label { "Context" select name="context" {
                option value="" { "all" }
                @for context in contexts { option value=(context) selected[fields.get("context") == context] { (context) } }
            } }
            label { "Type" input name="type" list="names" value=(fields.get("type")) placeholder="OrderPlaced"; }
            label { "Stream" input name="stream" value=(fields.get("stream")) placeholder="order/o-1001"; }
            label { "Correlation" input name="correlation" value=(fields.get("correlation")); }
            button type="submit" { "Filter" }
            button #pause type="button" aria-pressed="false" title="p" { "Pause" }
            button #clear type="button" { "Clear" }
            datalist #names { @for name in &names { option value=(name) {} } }
        }
        p.counts aria-live="off" {
            span #state .badge { "connecting" } " "
            span #count { "0 messages" } " · " span #rate { "0/s" } " · " span #dropped { "0 dropped" }
        }
        div.scroll tabindex="0" aria-label="Messages" {
            table #live {
                thead { tr {
                    th { "Time" } th { "Message" } th { "Stream" } th { "Rules" } th { "Deliveries" }
                    th.right { "Attempts" } th.right { "Latency" } th { "Outcome" }
                } }
                tbody {}
            }
        }
        section #details hidden aria-live="polite" {}
        details.panel open[!done.0.is_empty()] {
            summary { "Publish a sample" }
            form #publish method="post" action="/console/live" {
                (token(&call.shared.token))
                label { "Message" select name="name" {
                    option value="" { "choose" }
                    @for name in &names { option value=(name) { (name) } }
                } }
                label { "Detail" textarea name="detail" rows="12" spellcheck="false" {} }
                button.primary type="submit" { "Publish" }
            }
        }
        (same_as(&["tail".to_owned()]))
    }
}
