//! Asynchronous invocations. An event is accepted when it is stored. Then the function is invoked until it succeeds,
//! until the retries are exhausted or until the event is too old, and the result is sent to the function's destination
//! or dead-letter queue. Each step is stored before the next one, so that a kill repeats a step and never skips one.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    faults::{Kind, Part},
    idle::Idle,
    interfaces::{InvokeAsync, NewMessage, SendToQueue, TargetError},
    template::Function,
    wal::{DurableState, ReplayState, WalError},
};

use super::functions::{ConcurrencyPermit, FunctionError, Functions};

/// The maximum size of an event, in bytes.
pub const MAX_EVENT_SIZE: usize = 1_048_576;
/// The longest time between an event and its duplicate.
const MAX_DUPLICATE_DELAY: SignedDuration = SignedDuration::from_secs(2);
/// The time between two attempts to send to a destination that fails with a transient error.
const DESTINATION_RETRY: SignedDuration = SignedDuration::from_secs(1);

/// A step of an asynchronous invocation, for observers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvocationActivity {
    /// The function's ARN.
    pub function: String,
    /// The request id of the invocation.
    pub request_id: String,
    /// The id of the event, if it came from an event bus.
    pub event_id: Option<String>,
    /// The number of attempts made so far.
    pub attempts: u32,
    /// The step.
    pub step: InvocationStep,
}

/// A step of an asynchronous invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationStep {
    /// The function succeeded, after this time.
    Succeeded(SignedDuration),
    /// The function failed, after this time.
    Failed(SignedDuration, FunctionError),
    /// The result was sent to the destination or dead-letter queue with this ARN.
    SentToQueue(Condition, String),
    /// The event was discarded, for this reason.
    Discarded(String),
    /// A step could not be stored and may be repeated after the next start.
    NotStored(String),
}

/// Receives each step of each asynchronous invocation.
pub type Listener = Arc<dyn Fn(InvocationActivity) + Send + Sync>;

/// Accepts events for asynchronous invocation. Dropping it stops all attempts, as a kill does.
pub struct AsyncInvoker {
    worker: Arc<Worker>,
    tasks: Mutex<JoinSet<()>>,
}

/// What the tasks of all events share.
struct Worker {
    functions: Functions,
    queues: Arc<dyn SendToQueue>,
    durable: DurableState<PendingEvents>,
    listener: Listener,
}

impl AsyncInvoker {
    /// Opens the invoker with its log at this path and continues with the events in it. Without a path the events are
    /// lost with the process. Must be called within a Tokio runtime.
    pub fn open(
        path: Option<&Path>,
        functions: Functions,
        queues: Arc<dyn SendToQueue>,
        listener: Listener,
    ) -> Result<Self, WalError> {
        let durable: DurableState<PendingEvents> = DurableState::open(path)?;
        let events: Vec<PendingEvent> = durable.state().values().cloned().collect();
        let worker = Arc::new(Worker { functions, queues, durable, listener });
        let invoker = Self { worker, tasks: Mutex::default() };
        events.into_iter().for_each(|event| invoker.spawn(event));
        Ok(invoker)
    }

    /// The number of events that have not ended.
    pub fn pending(&self) -> usize {
        self.worker.durable.state().len()
    }

    fn spawn(&self, event: PendingEvent) {
        let worker = Arc::clone(&self.worker);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move { worker.process(event).await });
    }

    /// Accepts an event and returns the request id of its invocation.
    pub(super) fn accept(&self, function: &str, event: String) -> Result<String, TargetError> {
        let functions = &self.worker.functions;
        let Some(function) = functions.find(function) else {
            return Err(TargetError::new("NO_RESOURCE", format!("Function not found: {function}"), false));
        };
        if event.len() > MAX_EVENT_SIZE {
            let message = format!("{} bytes are more than {MAX_EVENT_SIZE}", event.len());
            return Err(TargetError::new("ERROR_FROM_TARGET", message, false));
        }
        if let Err(reason) = serde_json::from_str::<&RawValue>(&event) {
            return Err(TargetError::new("INVALID_JSON", format!("the event is not valid JSON: {reason}"), false));
        }
        let now = functions.clock().now();
        let request_id = Uuid::new_v4().to_string();
        let event = PendingEvent {
            request_id: request_id.clone(),
            function: function.arn.clone(),
            event,
            accepted: now,
            attempts: 0,
            due: now,
            failure: None,
        };
        let duplicate = functions.faults().draw(Kind::Duplicate, Part::Lambda, &function.name).map(|fault| {
            let due = now.checked_add(fault.within(MAX_DUPLICATE_DELAY)).unwrap_or(now);
            PendingEvent { request_id: Uuid::new_v4().to_string(), due, ..event.clone() }
        });
        let events: Vec<PendingEvent> = [event].into_iter().chain(duplicate).collect();
        let (durable, changes) = (&self.worker.durable, events.iter().cloned().map(Change::Accepted).collect());
        let stored = durable.commit(&mut durable.state(), changes);
        stored.map_err(|reason| TargetError::new("INTERNAL_ERROR", reason.to_string(), true))?;
        events.into_iter().for_each(|event| self.spawn(event));
        Ok(request_id)
    }
}

#[async_trait]
impl InvokeAsync for AsyncInvoker {
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError> {
        self.accept(function_arn, event).map(|_| ())
    }
}

#[async_trait]
impl Idle for AsyncInvoker {
    async fn is_idle(&self, now: Timestamp) -> bool {
        !self.worker.durable.state().values().any(|event| event.due <= now)
    }
}

impl Worker {
    /// Invokes the function until it succeeds or the event is given up.
    async fn process(&self, mut event: PendingEvent) {
        let clock = self.functions.clock();
        // The function is looked up for each attempt: it may have been changed or deleted.
        while let Some(function) = self.functions.find(&event.function) {
            if function.reserved_concurrency == Some(0) {
                return self.give_up(&event, &function, Condition::ZeroReservedConcurrency).await;
            }
            let expires = event.expires(function.invokes.maximum_age_seconds);
            // The event is given up without waiting for an attempt that would come too late.
            if event.due.max(clock.now()) > expires {
                return self.give_up(&event, &function, Condition::EventAgeExceeded).await;
            }
            clock.sleep_until(event.due).await;
            let permit = tokio::select! {
                biased;
                permit = self.functions.acquire(&event.function) => permit,
                () = clock.sleep_until(expires) => {
                    return self.give_up(&event, &function, Condition::EventAgeExceeded).await;
                }
            };
            let Some(permit) = permit else { continue };
            if let Some(result) = self.attempt(permit, &mut event).await {
                if let Some(queue) = &function.invokes.on_success_arn {
                    let record = on_success(&event, &result, clock.now());
                    self.send(&event, Condition::Success, queue, record).await;
                }
                return self.end(&event);
            }
            if event.attempts > function.invokes.retries {
                return self.give_up(&event, &function, Condition::RetriesExhausted).await;
            }
        }
        self.report(&event, InvocationStep::Discarded("the function was deleted".to_owned()));
        self.end(&event);
    }

    /// Invokes the function once and returns its result, if it succeeded.
    async fn attempt(&self, permit: ConcurrencyPermit, event: &mut PendingEvent) -> Option<String> {
        let began = self.functions.clock().now();
        let result = self.functions.invoke(permit, &event.request_id, &event.event).await;
        let now = self.functions.clock().now();
        let duration = now.duration_since(began);
        event.attempts += 1;
        let failure = match result {
            Ok(result) => {
                self.report(event, InvocationStep::Succeeded(duration));
                return Some(result);
            }
            Err(failure) => failure,
        };
        event.due = event.next_attempt(now);
        event.failure = Some(failure.clone());
        self.report(event, InvocationStep::Failed(duration, failure.clone()));
        let (request_id, attempts, due) = (event.request_id.clone(), event.attempts, event.due);
        self.record(event, Change::Failed { request_id, attempts, due, failure });
        None
    }

    async fn give_up(&self, event: &PendingEvent, function: &Function, condition: Condition) {
        if let Some(queue) = &function.invokes.on_failure_arn {
            let record = on_failure(event, condition, self.functions.clock().now());
            self.send(event, condition, queue, record).await;
        }
        if let Some(queue) = &function.dead_letter_arn {
            self.send(event, condition, queue, dead_letter(event)).await;
        }
        if function.invokes.on_failure_arn.is_none() && function.dead_letter_arn.is_none() {
            let reason = format!("{condition:?} and no destination");
            self.report(event, InvocationStep::Discarded(reason));
        }
        self.end(event);
    }

    async fn send(&self, event: &PendingEvent, condition: Condition, queue: &str, message: NewMessage) {
        let clock = self.functions.clock();
        loop {
            match self.queues.send(queue, message.clone()).await {
                Ok(()) => return self.report(event, InvocationStep::SentToQueue(condition, queue.to_owned())),
                Err(TargetError { transient: true, .. }) => {
                    // Only the idle check needs the new due time, so it is not stored.
                    let due = clock.now().checked_add(DESTINATION_RETRY).unwrap_or(Timestamp::MAX);
                    if let Some(pending) = self.durable.state().get_mut(&event.request_id) {
                        pending.due = due;
                    }
                    clock.sleep(DESTINATION_RETRY).await;
                }
                Err(error) => return self.report(event, InvocationStep::Discarded(error.to_string())),
            }
        }
    }

    fn end(&self, event: &PendingEvent) {
        self.record(event, Change::Ended { request_id: event.request_id.clone() });
    }

    /// Records a change. If it cannot be stored, the step is repeated after the next start.
    fn record(&self, event: &PendingEvent, change: Change) {
        let stored = self.durable.commit_best_effort(&mut self.durable.state(), vec![change]);
        if let Err(error) = stored {
            self.report(event, InvocationStep::NotStored(error.to_string()));
        }
    }

    fn report(&self, event: &PendingEvent, step: InvocationStep) {
        (self.listener)(InvocationActivity {
            function: event.function.clone(),
            request_id: event.request_id.clone(),
            event_id: event.event_id(),
            attempts: event.attempts,
            step,
        });
    }
}

/// An event whose asynchronous invocation has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PendingEvent {
    /// The request id, the same for all attempts.
    request_id: String,
    /// The function's ARN.
    function: String,
    /// The event as JSON.
    event: String,
    /// The time at which the event was accepted.
    #[serde(rename = "taken")]
    accepted: Timestamp,
    /// The number of attempts made so far.
    #[serde(rename = "tries")]
    attempts: u32,
    due: Timestamp,
    /// The failure of the latest attempt.
    failure: Option<FunctionError>,
}

/// A change, as a record of the write-ahead log.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Change {
    #[serde(rename = "Taken")]
    Accepted(PendingEvent),
    /// An attempt failed and there will be another one.
    Failed {
        request_id: String,
        #[serde(rename = "tries")]
        attempts: u32,
        due: Timestamp,
        failure: FunctionError,
    },
    /// The function succeeded, or the event was given up.
    #[serde(rename = "Done")]
    Ended { request_id: String },
}

impl PendingEvent {
    /// The end of the event's maximum age.
    fn expires(&self, maximum_age_seconds: u32) -> Timestamp {
        let age = SignedDuration::from_secs(maximum_age_seconds.into());
        self.accepted.checked_add(age).unwrap_or(Timestamp::MAX)
    }

    /// The id of the event, if it came from an event bus.
    fn event_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct BusEvent {
            id: Option<String>,
        }
        serde_json::from_str::<BusEvent>(&self.event).ok()?.id
    }

    /// The time of the next attempt after a failure now: one minute after the first failure, two after the second.
    fn next_attempt(&self, now: Timestamp) -> Timestamp {
        let minutes = i64::from(self.attempts.clamp(1, 2));
        now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX)
    }
}

/// The events that have not ended, by request id.
type PendingEvents = BTreeMap<String, PendingEvent>;

impl ReplayState for PendingEvents {
    type Change = Change;

    fn apply(&mut self, change: Change) {
        match change {
            Change::Accepted(event) => {
                self.insert(event.request_id.clone(), event);
            }
            Change::Failed { request_id, attempts, due, failure } => {
                if let Some(event) = self.get_mut(&request_id) {
                    (event.attempts, event.due, event.failure) = (attempts, due, Some(failure));
                }
            }
            Change::Ended { request_id } => {
                self.remove(&request_id);
            }
        }
    }

    fn changes(&mut self) -> Vec<Change> {
        self.values().cloned().map(Change::Accepted).collect()
    }
}

/// Why an asynchronous invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Condition {
    /// All retries failed.
    RetriesExhausted,
    /// The event reached its maximum age.
    EventAgeExceeded,
    /// The function has a reserved concurrency of zero.
    ZeroReservedConcurrency,
    /// The function succeeded.
    Success,
}

fn on_failure(event: &PendingEvent, condition: Condition, now: Timestamp) -> NewMessage {
    // There is no response if the function was never invoked.
    let response = event.failure.clone().map(|failure| {
        let context = json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
        (context, failure.payload())
    });
    record(event, condition, response, now)
}

fn on_success(event: &PendingEvent, result: &str, now: Timestamp) -> NewMessage {
    let context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
    let payload = serde_json::from_str(result).unwrap_or_else(|_| Value::from(result));
    record(event, Condition::Success, Some((context, payload)), now)
}

fn record(event: &PendingEvent, condition: Condition, response: Option<(Value, Value)>, now: Timestamp) -> NewMessage {
    let mut record = json!({
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": format!("{}:$LATEST", event.function),
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        // The event was validated when it was accepted.
        "requestPayload": serde_json::from_str::<Value>(&event.event).unwrap_or_default(),
    });
    if let (Some((context, payload)), Some(record)) = (response, record.as_object_mut()) {
        record.insert("responseContext".to_owned(), context);
        record.insert("responsePayload".to_owned(), payload);
    }
    NewMessage { body: record.to_string(), ..NewMessage::default() }
}

fn dead_letter(event: &PendingEvent) -> NewMessage {
    let (code, message) = match event.failure.clone() {
        Some(failure) => ("200", failure.message),
        None => ("429", "Rate Exceeded.".to_owned()),
    };
    // Lambda truncates the error message of a dead letter.
    let message: String = message.chars().take(1_024).collect();
    let attributes =
        [("RequestID", event.request_id.clone()), ("ErrorCode", code.to_owned()), ("ErrorMessage", message)];
    // An SQS message attribute must not be empty.
    let attributes = attributes.into_iter().filter(|(_, value)| !value.is_empty());
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).collect();
    NewMessage { body: event.event.clone(), attributes, ..NewMessage::default() }
}
