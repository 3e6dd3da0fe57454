//! EventBridge: buses, rules and targets, and the delivery of events to them, at least once.
//! What was acknowledged stands in a write-ahead log, so that a killed process goes on where it stopped.

mod accept;
mod archive;
mod archive_calls;
mod bus_calls;
mod counts;
mod dead_letter;
mod delivery;
mod detail;
mod driver;
mod entry;
pub(crate) mod envelope;
mod hand_over;
pub(crate) mod input;
mod path;
mod place;
mod put_calls;
mod replay;
mod replay_calls;
mod replaying;
pub(crate) mod request;
mod rule;
mod rule_calls;
mod shelf;
mod state;
pub(crate) mod target;
mod target_calls;
#[cfg(test)]
pub(crate) mod tests;
mod timers;

pub use crate::{
    activity::{ActivityEvent, ActivitySink, AttemptOutcome, NoActivitySink},
    service_context::ServiceContext,
};
pub use counts::Counts;
pub use place::Place;
pub(crate) use place::bus_name;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{aws_error::AwsError, delivery::is_idle, durable_state::DurableState, idle::Idle, wal::WalError};

use replaying::Slices;
use rule::BusFacts;
use shelf::Shelf;
use state::{Change, State};

/// The service.
pub struct Events {
    ctx: ServiceContext,
    durable: DurableState<State>,
    counts: Mutex<Counts>,
    /// What the archives hold.
    shelf: Shelf,
    /// What is left of the day that a replay is in, by the replay's name.
    slices: Mutex<BTreeMap<String, Slices>>,
}

impl Events {
    /// Opens the service with its write-ahead log at this path. Nothing is delivered until [`Events::run`] runs.
    pub fn open(path: impl AsRef<Path>, ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        let path = path.as_ref();
        let durable: DurableState<State> = DurableState::open(path, Arc::clone(&ctx.activity))?;
        let shelf = Shelf::open(path.parent().unwrap_or(Path::new("")), |archive| {
            durable.state().archives.contains_key(archive)
        })?;
        Self::with(durable, shelf, ctx)
    }

    /// A service that forgets everything when it ends.
    pub fn in_memory(ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        Self::with(DurableState::in_memory(Arc::clone(&ctx.activity)), Shelf::in_memory(), ctx)
    }

    fn with(durable: DurableState<State>, shelf: Shelf, ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        {
            let mut state = durable.state();
            if !state.buses.contains_key("default") {
                let facts = BusFacts { name: "default".to_owned(), description: None, created: ctx.clock.now() };
                durable.commit(&mut state, vec![Change::Bus(facts)])?;
            }
        }
        Ok(Arc::new(Self { ctx, durable, counts: Mutex::default(), shelf, slices: Mutex::default() }))
    }

    /// Answers one call of the API, named as in `X-Amz-Target` after the dot.
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        match operation {
            "PutEvents" => self.put_events(body),
            "TestEventPattern" => put_calls::test_event_pattern(body),
            "PutRule" => self.put_rule(body),
            "DescribeRule" => self.describe_rule(body),
            "ListRules" => self.list_rules(body),
            "EnableRule" => self.switch_rule(body, true),
            "DisableRule" => self.switch_rule(body, false),
            "DeleteRule" => self.delete_rule(body),
            "PutTargets" => self.put_targets(body),
            "RemoveTargets" => self.remove_targets(body),
            "ListTargetsByRule" => self.list_targets_by_rule(body),
            "ListRuleNamesByTarget" => self.list_rule_names_by_target(body),
            "CreateEventBus" => self.create_event_bus(body),
            "DescribeEventBus" => self.describe_event_bus(body),
            "ListEventBuses" => self.list_event_buses(body),
            "DeleteEventBus" => self.delete_event_bus(body),
            "CreateArchive" => self.create_archive(body),
            "DescribeArchive" => self.describe_archive(body),
            "ListArchives" => self.list_archives(body),
            "UpdateArchive" => self.update_archive(body),
            "DeleteArchive" => self.delete_archive(body),
            "StartReplay" => self.start_replay(body),
            "DescribeReplay" => self.describe_replay(body),
            "ListReplays" => self.list_replays(body),
            "CancelReplay" => self.cancel_replay(body),
            _ => Err(AwsError::sender("UnknownOperationException", format!("{operation} is not known here."))),
        }
    }

    /// How often what happened since the start.
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many deliveries have not ended.
    pub fn undelivered(&self) -> usize {
        self.durable.state().outbox.len()
    }

    fn count_all(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait]
impl Idle for Events {
    async fn is_idle(&self, now: Timestamp) -> bool {
        is_idle(self, now)
    }
}
