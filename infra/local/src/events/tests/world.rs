//! A stage: functions and queues that take everything, unless they were told to fail.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{ActivityEvent, ActivitySink, Events, Place, ServiceContext},
    faults::Faults,
    interfaces::{InvokeAsync, NewMessage, SendToQueue, TargetError},
};

pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-central-1:000000000000:function:inventory";
pub(crate) const QUEUE: &str = "arn:aws:sqs:eu-central-1:000000000000:orders";
pub(crate) const DEAD_LETTERS: &str = "arn:aws:sqs:eu-central-1:000000000000:dead-letters";

#[derive(Default)]
pub(crate) struct World {
    pub(crate) invoked: Mutex<Vec<(String, String)>>,
    pub(crate) sent: Mutex<Vec<(String, NewMessage)>>,
    pub(crate) activity: Mutex<Vec<ActivityEvent>>,
    pub(crate) faults: Mutex<Option<Faults>>,
    troubles: Mutex<BTreeMap<String, VecDeque<TargetError>>>,
}

impl World {
    /// The target fails so often with this code, and takes everything after that.
    pub(crate) fn fails(&self, arn: &str, times: usize, code: &str, transient: bool) {
        let trouble = TargetError { code: code.to_owned(), message: format!("{code} on the stage"), transient };
        let mut troubles = self.troubles.lock().unwrap();
        troubles.entry(arn.to_owned()).or_default().extend(std::iter::repeat_n(trouble, times));
    }

    fn trouble(&self, arn: &str) -> Result<(), TargetError> {
        self.troubles.lock().unwrap().get_mut(arn).and_then(VecDeque::pop_front).map_or(Ok(()), Err)
    }

    pub(crate) fn invocations(&self) -> Vec<Value> {
        self.invoked.lock().unwrap().iter().map(|(_, event)| serde_json::from_str(event).unwrap()).collect()
    }

    pub(crate) fn messages(&self, queue: &str) -> Vec<NewMessage> {
        let sent = self.sent.lock().unwrap();
        sent.iter().filter(|(arn, _)| arn == queue).map(|(_, message)| message.clone()).collect()
    }

    pub(crate) fn surroundings(self: &Arc<Self>, clock: &Clock) -> ServiceContext {
        ServiceContext {
            place: Place { region: "eu-central-1".to_owned(), account: "000000000000".to_owned() },
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
impl InvokeAsync for World {
    async fn invoke_async(&self, function_arn: &str, event: String) -> Result<(), TargetError> {
        self.trouble(function_arn)?;
        self.invoked.lock().unwrap().push((function_arn.to_owned(), event));
        Ok(())
    }
}

#[async_trait]
impl SendToQueue for World {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        self.trouble(queue_arn)?;
        self.sent.lock().unwrap().push((queue_arn.to_owned(), message));
        Ok(())
    }
}

impl ActivitySink for World {
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

/// Lets every task do what it can do now.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Plays this many seconds, stopping wherever somebody wakes.
pub(crate) async fn pass(clock: &Clock, seconds: i64) {
    let end = clock.now() + SignedDuration::from_secs(seconds);
    settle().await;
    while let Some(wake) = clock.next_wake().filter(|wake| *wake <= end) {
        clock.tick(wake.duration_since(clock.now()));
        settle().await;
    }
    clock.tick(end.duration_since(clock.now()));
    settle().await;
}

pub(crate) fn events(world: &Arc<World>, clock: &Clock) -> Arc<Events> {
    Events::in_memory(world.surroundings(clock)).unwrap()
}

pub(crate) async fn call(events: &Events, operation: &str, body: Value) -> Value {
    events.handle(operation, body).await.unwrap()
}

/// A rule for all events of the shop, with these targets.
pub(crate) async fn rule(events: &Events, name: &str, targets: Value) {
    call(events, "PutRule", json!({ "Name": name, "EventPattern": r#"{"source": ["shop"]}"# })).await;
    call(events, "PutTargets", json!({ "Rule": name, "Targets": targets })).await;
}

pub(crate) fn placed() -> Value {
    json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": r#"{"order": "o-1", "total": 25.50}"# })
}

pub(crate) async fn put(events: &Events, entry: Value) -> Value {
    call(events, "PutEvents", json!({ "Entries": [entry] })).await
}
