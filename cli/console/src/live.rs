//! Live: every event as it happens, from the same feed as `causeway tail`. One follower serves all readers; each reader has
//! its filter, and what a slow one cannot take is dropped and counted.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use causeway_cli::{
    command::tail::{
        self, Tail,
        activity::{Filter, KnownMessages},
    },
    output::{self, Output},
    samples,
};
use futures::stream;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep, timeout_at},
};
use uuid::Uuid;

use crate::{
    commands::{Site, text},
    fields::Fields,
    page::{Layout, clean, failure, outcome, same_as, shortened, start_of, token},
    router::{Call, Shared},
};

/// The number of activities that are kept for a slow reader.
const CAPACITY: usize = 2_048;

/// An activity with more bytes than this is cut.
const LARGEST: usize = 8 * 1024;

/// How often a reader gets what has happened, and how much of it at once.
const BATCH: Duration = Duration::from_millis(100);
const LARGEST_BATCH: usize = 60;

/// How long the follower goes on without readers, and how long it waits after an error.
const GRACE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_secs(1);

const LAYOUT: Layout<'_> = Layout { path: "live", about: "Every message on the bus, its deliveries and invocations." };

/// Reads the activity once for all readers, as long as there are any.
#[derive(Clone, Debug)]
pub(crate) struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    site: Site,
    readers: broadcast::Sender<Arc<Value>>,
    is_running: Mutex<bool>,
}

impl Hub {
    pub(crate) fn new(site: &Site) -> Self {
        let readers = broadcast::Sender::new(CAPACITY);
        Self(Arc::new(Inner { site: site.clone(), readers, is_running: Mutex::default() }))
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Value>> {
        let mut is_running = self.0.is_running.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.0.readers.subscribe();
        if !std::mem::replace(&mut *is_running, true) {
            tokio::spawn(follow(Arc::clone(&self.0)));
        }
        reader
    }
}

async fn follow(hub: Arc<Inner>) {
    let args =
        Tail { name: None, stream: None, correlation: None, count: None, by_queue: false, bus: "causeway".to_owned() };
    loop {
        let unread = async {
            loop {
                sleep(GRACE).await;
                if hub.readers.receiver_count() == 0 {
                    break;
                }
            }
        };
        let mut lines = Lines { hub: &hub, line: Vec::new() };
        let mut output = Output::new(true, &mut lines);
        let (ended, _) = output::with_notes(tail::follow(&args, &hub.site.connection, &mut output, unread)).await;
        if let Err(error) = ended {
            hub.send(json!({ "kind": "error", "message": format!("{error:#}") }));
            sleep(RETRY).await;
        }
        let mut is_running = hub.is_running.lock().unwrap_or_else(PoisonError::into_inner);
        if hub.readers.receiver_count() == 0 {
            *is_running = false;
            return;
        }
    }
}

impl Inner {
    fn send(&self, mut activity: Value) {
        activity["seen"] = json!(Timestamp::now().as_millisecond());
        // The last reader may have left.
        self.readers.send(Arc::new(activity)).ok();
    }
}

/// Takes the lines of `causeway tail --json`.
struct Lines<'h> {
    hub: &'h Inner,
    line: Vec<u8>,
}

impl io::Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if self.line.ends_with(b"\n") {
            let line = std::mem::take(&mut self.line);
            if let Ok(activity) = serde_json::from_slice::<Value>(&line) {
                self.hub.send(if line.len() > LARGEST { cut(&activity) } else { activity });
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The parts of a large activity that a row needs, and the beginning of the body.
fn cut(activity: &Value) -> Value {
    let short = |pointer: &str| Value::from(shortened(text(activity, pointer), 200));
    let rules: Vec<&Value> = activity.get("rules").and_then(Value::as_array).into_iter().flatten().take(50).collect();
    let body = activity.pointer("/event/detail/data").map(Value::to_string).unwrap_or_default();
    json!({
        "kind": short("/kind"), "eventId": short("/eventId"), "rules": rules, "outcome": short("/outcome"),
        "target": short("/target"), "function": short("/function"), "attempt": activity.get("attempt"),
        "tries": activity.get("tries"), "latencyMs": activity.get("latencyMs"), "tookMs": activity.get("tookMs"),
        "message": short("/message"), "code": short("/code"),
        "event": {
            "id": short("/event/id"), "source": short("/event/source"), "detail-type": short("/event/detail-type"),
            "detail": {
                "eventId": short("/event/detail/eventId"), "aggregateType": short("/event/detail/aggregateType"),
                "aggregateId": short("/event/detail/aggregateId"),
                "metadata": { "correlationId": short("/event/detail/metadata/correlationId") },
                "data": shortened(&body, 2_000),
            },
        },
    })
}

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
        start: start_of(&shared).to_owned(),
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
                (token(&call.shared))
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
