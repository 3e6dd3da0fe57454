//! Everything that happens in the cloud, as one JSON text each: what `GET /_causeway/feed` tells.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;
use tokio::sync::broadcast;

use crate::events::Feed;
use crate::events::News;
use crate::events::Outcome;
use crate::lambda;
use crate::lambda::What;
use crate::mapping;

/// So many texts are kept for a reader that is slow.
const KEPT: usize = 4_096;

/// Where all news go. A clone is the same place.
#[derive(Clone)]
pub(super) struct Teller {
    readers: broadcast::Sender<String>,
}

impl Teller {
    pub(super) fn new() -> Self {
        Self { readers: broadcast::Sender::new(KEPT) }
    }

    /// Where readers subscribe.
    pub(super) fn readers(&self) -> &broadcast::Sender<String> {
        &self.readers
    }

    /// Who hears what becomes of the events that functions are handed.
    pub(super) fn of_invokes(&self) -> lambda::Listener {
        let teller = self.clone();
        Arc::new(move |happened| teller.say(|| invoke(&happened)))
    }

    /// Who hears what this mapping does.
    pub(super) fn of_mapping(&self, id: &str) -> mapping::Listener {
        let (teller, id) = (self.clone(), id.to_owned());
        Arc::new(move |happened| teller.say(|| mapped(&id, &happened)))
    }

    fn say(&self, news: impl FnOnce() -> Value) {
        if self.readers.receiver_count() > 0 {
            // The last reader may have gone meanwhile.
            self.readers.send(news().to_string()).ok();
        }
    }
}

impl Feed for Teller {
    fn tell(&self, news: News) {
        self.say(|| of_bus(&news));
    }
}

fn of_bus(news: &News) -> Value {
    match news {
        News::Put { bus, event_id, event, rules } => {
            let event: Value = serde_json::from_str(event).unwrap_or_default();
            json!({ "kind": "put", "bus": bus, "eventId": event_id, "event": event, "rules": rules })
        }
        News::Tried { event_id, rule_arn, target_arn, attempt, age, latency, outcome } => {
            let (outcome, at, code, message) = match outcome {
                Outcome::Delivered => ("delivered", None, None, None),
                Outcome::Again { at, code, message } => ("again", Some(at.to_string()), Some(code), Some(message)),
                Outcome::DeadLettered { code, message } => ("deadLettered", None, Some(code), Some(message)),
                Outcome::Dropped { code, message } => ("dropped", None, Some(code), Some(message)),
            };
            json!({
                "kind": "delivery",
                "eventId": event_id,
                "rule": rule_arn,
                "target": target_arn,
                "attempt": attempt,
                "ageMs": age.as_millis_f64(),
                "latencyMs": latency.as_millis_f64(),
                "outcome": outcome,
                "at": at,
                "code": code,
                "message": message,
            })
        }
        News::NotRemembered { message } => json!({ "kind": "trouble", "message": message }),
    }
}

fn invoke(happened: &lambda::Happened) -> Value {
    let (what, milliseconds, told) = match &happened.what {
        What::Done(took) => ("done", Some(took.as_millis_f64()), None),
        What::Failed(took, failure) => ("failed", Some(took.as_millis_f64()), Some(failure.to_string())),
        What::Told(condition, queue) => ("told", None, Some(format!("{condition:?} to {queue}"))),
        What::Lost(reason) => ("lost", None, Some(reason.clone())),
        What::NotKept(reason) => ("notKept", None, Some(reason.clone())),
    };
    json!({
        "kind": "invoke",
        "function": happened.function,
        "requestId": happened.request_id,
        "tries": happened.tries,
        "outcome": what,
        "tookMs": milliseconds,
        "message": told,
    })
}

fn mapped(id: &str, happened: &mapping::Happened) -> Value {
    use mapping::Happened;
    let (what, records, told) = match happened {
        Happened::Done(records) => ("done", Some(*records), None),
        Happened::Failed(records, failure) => ("failed", Some(*records), Some(failure.to_string())),
        Happened::Told(records, condition, queue) => {
            ("told", Some(*records), Some(format!("{} to {queue}", condition.word())))
        }
        Happened::Lost(records, reason) => ("lost", Some(*records), Some(reason.clone())),
        Happened::Stuck(reason) => ("stuck", None, Some(reason.clone())),
    };
    json!({ "kind": "mapping", "mapping": id, "outcome": what, "records": records, "message": told })
}
