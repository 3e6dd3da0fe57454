//! The activity that `causeway tail` follows, read once for all readers of the page Live.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use causeway_cli::{
    command::tail::{self, Tail},
    output::{self, Output},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{sync::broadcast, time::sleep};

use crate::{
    commands::{Site, text},
    page::shortened,
};

/// The number of activities that are kept for a slow reader.
const CAPACITY: usize = 2_048;

/// An activity with more bytes than this is cut.
const LARGEST: usize = 8 * 1024;

/// How long the follower goes on without readers, and how long it waits after an error.
const GRACE: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_secs(1);

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

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Value>> {
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
