//! What the tests of all services share: targets that record what they receive, and a paused clock.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::task::yield_now;

use crate::{
    activity::{ActivityEvent, ActivitySink},
    arn::AccountRegion,
    clock::Clock,
    faults::Faults,
    interfaces::{InvokeAsync, NewMessage, SendToQueue, ServiceContext, TargetError},
};

/// Functions and queues that accept everything unless an error is set.
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

    /// The bodies of the messages to this queue, as JSON.
    pub(crate) fn bodies(&self, queue: &str) -> Vec<Value> {
        self.messages(queue).iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
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
        yield_now().await;
    }
}

/// Advances the clock by this duration, stopping at every timer.
pub(crate) async fn advance(clock: &Clock, duration: SignedDuration) {
    let end = clock.now() + duration;
    settle().await;
    while let Some(wake) = clock.next_wake().filter(|wake| *wake <= end) {
        clock.tick(wake.duration_since(clock.now()));
        settle().await;
    }
    clock.tick(end.duration_since(clock.now()));
    settle().await;
}
