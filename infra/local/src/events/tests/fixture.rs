//! Fake functions and queues that accept everything unless an error is set, and a service on a paused clock.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    arn::AccountRegion,
    clock::Clock,
    events::{ActivityEvent, ActivitySink, EventBridge, ServiceContext},
    faults::Faults,
    interfaces::{InvokeAsync, NewMessage, SendToQueue, TargetError},
};

pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-central-1:000000000000:function:inventory";
pub(crate) const QUEUE: &str = "arn:aws:sqs:eu-central-1:000000000000:orders";
pub(crate) const DEAD_LETTERS: &str = "arn:aws:sqs:eu-central-1:000000000000:dead-letters";

#[derive(Default)]
pub(crate) struct FakeTargets {
    pub(crate) invoked: Mutex<Vec<(String, String)>>,
    pub(crate) sent: Mutex<Vec<(String, NewMessage)>>,
    pub(crate) activity: Mutex<Vec<ActivityEvent>>,
    pub(crate) faults: Mutex<Option<Faults>>,
    errors: Mutex<BTreeMap<String, VecDeque<TargetError>>>,
}

impl FakeTargets {
    /// Makes the next calls of a target fail with this code.
    pub(crate) fn fail(&self, arn: &str, times: usize, code: &str, transient: bool) {
        let error = TargetError { code: code.to_owned(), message: format!("{code} of the fake"), transient };
        let mut errors = self.errors.lock().unwrap();
        errors.entry(arn.to_owned()).or_default().extend(std::iter::repeat_n(error, times));
    }

    fn next_result(&self, arn: &str) -> Result<(), TargetError> {
        self.errors.lock().unwrap().get_mut(arn).and_then(VecDeque::pop_front).map_or(Ok(()), Err)
    }

    pub(crate) fn invocations(&self) -> Vec<Value> {
        self.invoked.lock().unwrap().iter().map(|(_, event)| serde_json::from_str(event).unwrap()).collect()
    }

    pub(crate) fn messages(&self, queue: &str) -> Vec<NewMessage> {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|(arn, _)| arn == queue).map(|(_, message)| message.clone()).collect()
    }

    pub(crate) fn context(self: &Arc<Self>, clock: &Clock) -> ServiceContext {
        ServiceContext {
            account_region: AccountRegion { region: "eu-central-1".to_owned(), account: "000000000000".to_owned() },
            clock: clock.clone(),
            functions: self.clone(),
            queues: self.clone(),
            activity: self.clone(),
            seed: 7,
            faults: self.faults.lock().unwrap().clone().unwrap_or_else(Faults::none),
        }
    }
}

#[async_trait]
impl InvokeAsync for FakeTargets {
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError> {
        self.next_result(function_arn)?;
        self.invoked.lock().unwrap().push((function_arn.to_owned(), event));
        Ok(())
    }
}

#[async_trait]
impl SendToQueue for FakeTargets {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        self.next_result(queue_arn)?;
        self.sent.lock().unwrap().push((queue_arn.to_owned(), message));
        Ok(())
    }
}

impl ActivitySink for FakeTargets {
    fn record(&self, activity: ActivityEvent) {
        self.activity.lock().unwrap().push(activity);
    }
}

pub(crate) fn clock() -> Clock {
    Clock::paused(start())
}

pub(crate) fn start() -> Timestamp {
    "2026-11-21T05:00:00Z".parse().unwrap()
}

/// Lets every task run until it waits.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Advances the clock by this many seconds, stopping at every timer.
pub(crate) async fn advance(clock: &Clock, seconds: i64) {
    let end = clock.now() + SignedDuration::from_secs(seconds);
    settle().await;
    while let Some(wake) = clock.next_wake().filter(|wake| *wake <= end) {
        clock.tick(wake.duration_since(clock.now()));
        settle().await;
    }
    clock.tick(end.duration_since(clock.now()));
    settle().await;
}

/// A folder with the path of a write-ahead log in it, and what a service needs to open it.
pub(crate) fn wal_fixture() -> (TempDir, PathBuf, Arc<FakeTargets>, Clock) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.journal");
    (folder, path, Arc::new(FakeTargets::default()), clock())
}

/// A service in memory that delivers nothing yet.
pub(crate) fn service() -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock) = (Arc::new(FakeTargets::default()), clock());
    let events = EventBridge::in_memory(fakes.context(&clock)).unwrap();
    (fakes, clock, events)
}

/// A service in memory that delivers.
pub(crate) fn running_service() -> (Arc<FakeTargets>, Clock, Arc<EventBridge>) {
    let (fakes, clock, events) = service();
    tokio::spawn(events.clone().run());
    (fakes, clock, events)
}

pub(crate) async fn call(events: &EventBridge, operation: &str, body: Value) -> Value {
    events.handle(operation, body).await.unwrap()
}

/// Creates a rule for all events of the shop, with these targets.
pub(crate) async fn create_rule(events: &EventBridge, name: &str, targets: Value) {
    call(events, "PutRule", json!({ "Name": name, "EventPattern": r#"{"source": ["shop"]}"# })).await;
    call(events, "PutTargets", json!({ "Rule": name, "Targets": targets })).await;
}

pub(crate) fn order_placed() -> Value {
    json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": r#"{"order": "o-1", "total": 25.50}"# })
}

pub(crate) async fn put(events: &EventBridge, entry: Value) -> Value {
    call(events, "PutEvents", json!({ "Entries": [entry] })).await
}
