//! The activity of all services as one JSON text each, for `GET /_causeway/feed`.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::broadcast};

use super::bus_logs::BusLogs;
use crate::{
    events::{ActivityEvent, ActivitySink, AttemptOutcome},
    faults::{self, Fault},
    idle::Idle,
    lambda::{
        self, InvocationStep,
        process::{self, LogLine},
    },
    mapping,
    pattern::NearMiss,
};

/// Number of texts that are kept for a slow reader.
const CAPACITY: usize = 4_096;

/// Collects the activity. Clones share their readers.
#[derive(Clone)]
pub struct Observer {
    readers: broadcast::Sender<String>,
    /// Number of activities that are not published yet.
    pending: Arc<AtomicUsize>,
    bus_logs: Arc<OnceLock<BusLogs>>,
}

impl Default for Observer {
    fn default() -> Self {
        Self { readers: broadcast::Sender::new(CAPACITY), pending: Arc::default(), bus_logs: Arc::default() }
    }
}

impl Observer {
    /// The listener for log lines of function processes.
    pub fn log_listener(&self) -> process::Listener {
        let observer = self.clone();
        Arc::new(move |line| observer.publish(|| logged(&line)))
    }

    /// Sets the buses that log. An observer belongs to one cloud.
    pub(super) fn log_buses(&self, logs: BusLogs) {
        self.bus_logs.get_or_init(|| logs);
    }

    /// The channel to which readers subscribe.
    pub(super) fn readers(&self) -> &broadcast::Sender<String> {
        &self.readers
    }

    /// The listener for asynchronous invokes.
    pub(super) fn invoke_listener(&self) -> lambda::Listener {
        let observer = self.clone();
        Arc::new(move |happened| observer.publish(|| invoke(&happened)))
    }

    /// The listener for injected faults.
    pub(super) fn fault_listener(&self) -> faults::Listener {
        let observer = self.clone();
        Arc::new(move |fault| observer.publish(|| injected(fault)))
    }

    /// The listener for this event source mapping.
    pub(super) fn mapping_listener(&self, id: &str) -> mapping::Listener {
        let (observer, id) = (self.clone(), id.to_owned());
        Arc::new(move |happened| observer.publish(|| mapped(&id, &happened)))
    }

    /// Publishes the activity, followed by its bus log records.
    fn record_all(&self, activity: &ActivityEvent) {
        self.publish(|| of_bus(activity));
        let logs = self.bus_logs.get().filter(|_| self.is_observed());
        for line in logs.map(|logs| logs.records(activity)).unwrap_or_default() {
            self.publish(|| line);
        }
    }

    fn publish(&self, activity: impl FnOnce() -> Value) {
        if self.is_observed() {
            // The last reader may have left.
            self.readers.send(activity().to_string()).ok();
        }
    }
}

impl ActivitySink for Observer {
    fn record(&self, activity: ActivityEvent) {
        let is_unmatched = matches!(&activity, ActivityEvent::EventPut { rules, .. } if rules.is_empty());
        match Handle::try_current() {
            // Explaining why no rule matched takes time, and the caller of PutEvents must not wait for it.
            Ok(runtime) if is_unmatched && self.is_observed() => {
                let observer = self.clone();
                self.pending.fetch_add(1, SeqCst);
                runtime.spawn_blocking(move || {
                    observer.record_all(&activity);
                    observer.pending.fetch_sub(1, SeqCst);
                });
            }
            _ => self.record_all(&activity),
        }
    }

    fn is_observed(&self) -> bool {
        self.readers.receiver_count() > 0
    }
}

#[async_trait]
impl Idle for Observer {
    async fn is_idle(&self, _: Timestamp) -> bool {
        self.pending.load(SeqCst) == 0
    }
}

fn of_bus(activity: &ActivityEvent) -> Value {
    match activity {
        ActivityEvent::EventPut { bus, event_id, event, rules, unmatched } => {
            let nearest: Vec<Value> = match rules.is_empty() {
                true => unmatched.nearest(event).into_iter().map(near).collect(),
                false => Vec::new(),
            };
            let event: Value = serde_json::from_str(event).unwrap_or_default();
            json!({ "kind": "put", "bus": bus, "eventId": event_id, "event": event, "rules": rules, "nearest": nearest })
        }
        ActivityEvent::DeliveryAttempted { event_id, rule_arn, target_arn, attempt, age, latency, outcome } => {
            let (outcome, at, code, message) = match outcome {
                AttemptOutcome::Delivered => ("delivered", None, None, None),
                AttemptOutcome::Retry { at, code, message } => {
                    ("retried", Some(at.to_string()), Some(code), Some(message))
                }
                AttemptOutcome::DeadLettered { code, message } => ("deadLettered", None, Some(code), Some(message)),
                AttemptOutcome::Dropped { code, message } => ("dropped", None, Some(code), Some(message)),
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
        ActivityEvent::WalWriteFailed { message } => json!({ "kind": "error", "message": message }),
    }
}

fn near(near: NearMiss) -> Value {
    json!({ "rule": near.name, "why": near.why })
}

fn injected(fault: &Fault) -> Value {
    json!({ "kind": "fault", "fault": fault.kind.to_string(), "subject": fault.subject })
}

fn invoke(happened: &lambda::InvocationActivity) -> Value {
    let (what, milliseconds, message) = match &happened.step {
        InvocationStep::Succeeded(took) => ("done", Some(took.as_millis_f64()), None),
        InvocationStep::Failed(took, failure) => ("failed", Some(took.as_millis_f64()), Some(failure.to_string())),
        InvocationStep::SentToQueue(condition, queue) => {
            ("deadLettered", None, Some(format!("{condition:?} to {queue}")))
        }
        InvocationStep::Discarded(reason) => ("lost", None, Some(reason.clone())),
        InvocationStep::NotStored(reason) => ("notStored", None, Some(reason.clone())),
    };
    json!({
        "kind": "invoke",
        "function": happened.function,
        "requestId": happened.request_id,
        "eventId": happened.event_id,
        "tries": happened.attempts,
        "outcome": what,
        "tookMs": milliseconds,
        "message": message,
    })
}

fn mapped(id: &str, happened: &mapping::MappingActivity) -> Value {
    use mapping::MappingActivity;
    let (what, records, message) = match happened {
        MappingActivity::Succeeded(records) => ("done", Some(*records), None),
        MappingActivity::Failed(records, failure) => ("failed", Some(*records), Some(failure.to_string())),
        MappingActivity::SentToQueue(records, condition, queue) => {
            ("deadLettered", Some(*records), Some(format!("{condition:?} to {queue}")))
        }
        MappingActivity::Discarded(records, reason) => ("lost", Some(*records), Some(reason.clone())),
        MappingActivity::Stalled(reason) => ("stalled", None, Some(reason.clone())),
    };
    json!({ "kind": "mapping", "mapping": id, "outcome": what, "records": records, "message": message })
}

fn logged(line: &LogLine) -> Value {
    // A line of JSON is embedded as JSON, any other as a string.
    let text: Value = serde_json::from_str(&line.line).unwrap_or_else(|_| Value::String(line.line.clone()));
    json!({ "kind": "log", "function": line.function, "process": line.process_id, "line": text })
}
