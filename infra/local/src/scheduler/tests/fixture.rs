//! A scheduler with a real event bus, on the fixture of the bus tests.

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};

use crate::{
    clock::Clock,
    events::{
        EventBridge,
        tests::fixture::{self, FakeTargets},
    },
    scheduler::Scheduler,
};

pub(super) const BUS: &str = "arn:aws:events:eu-central-1:000000000000:event-bus/default";
pub(super) const SCHEDULE: &str = "arn:aws:scheduler:eu-central-1:000000000000:schedule/default/deadline";

pub(super) struct Fixture {
    pub(super) fakes: Arc<FakeTargets>,
    pub(super) clock: Clock,
    pub(super) events: Arc<EventBridge>,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let (fakes, clock, events) = fixture::running_service();
        Self { fakes, clock, events }
    }

    /// A fixture with a running scheduler in memory.
    pub(super) fn with_scheduler() -> (Self, Arc<Scheduler>) {
        let fixture = Self::new();
        let scheduler = fixture.scheduler();
        (fixture, scheduler)
    }

    pub(super) fn scheduler(&self) -> Arc<Scheduler> {
        let scheduler = Scheduler::in_memory(self.fakes.context(&self.clock), self.events.clone()).unwrap();
        tokio::spawn(scheduler.clone().run());
        scheduler
    }

    pub(super) fn open(&self, path: &Path) -> Arc<Scheduler> {
        Scheduler::open(path, self.fakes.context(&self.clock), self.events.clone()).unwrap()
    }

    pub(super) async fn pass(&self, seconds: i64) {
        fixture::advance(&self.clock, seconds).await;
    }
}

pub(super) async fn call(scheduler: &Scheduler, operation: &str, fields: Value) -> Value {
    scheduler.handle(operation, fields).await.unwrap()
}

/// The fields of a schedule that invokes the function at this expression.
pub(super) fn schedule(expression: &str) -> Value {
    json!({
        "Name": "deadline",
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": target(fixture::FUNCTION, "{\"order\": \"o-1\"}"),
    })
}

pub(super) fn target(arn: &str, input: &str) -> Value {
    json!({ "Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/scheduler", "Input": input })
}
