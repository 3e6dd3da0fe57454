//! EventBridge: event buses, rules, targets, archives and replays. Events are delivered to targets at least once. The state
//! is written to a write-ahead log before a request is acknowledged, so that a killed process continues where it stopped.

mod archive;
mod archive_store;
mod bus;
mod delivery;
mod entry;
pub(crate) mod envelope;
pub(crate) mod input;
mod put_events;
mod replay;
mod replay_runner;
pub(crate) mod request;
mod rule;
mod state;
pub(crate) mod target;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::{
    activity::{ActivityEvent, ActivitySink, AttemptOutcome, NoActivitySink},
    service_context::ServiceContext,
};

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{aws_error::AwsError, delivery::is_idle, durable_state::DurableState, idle::Idle, wal::WalError};

use archive_store::ArchiveStore;
use bus::BusSettings;
use replay_runner::RemainingDay;
use state::{Change, State};

/// The EventBridge service.
pub struct EventBridge {
    ctx: ServiceContext,
    durable: DurableState<State>,
    counts: Mutex<Counts>,
    /// The archived events.
    archive_store: ArchiveStore,
    /// The events still to be replayed of the current day of each replay, by the replay's name.
    remaining_days: Mutex<BTreeMap<String, RemainingDay>>,
}

/// Counters since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted events.
    pub put: u64,
    /// Pairs of an event and a rule that matches it.
    pub matched: u64,
    /// Successful deliveries.
    pub delivered: u64,
    /// Failed attempts that are retried.
    pub retried: u64,
    /// Deliveries sent to a dead-letter queue.
    pub dead_lettered: u64,
    /// Deliveries lost because no dead-letter queue accepts them.
    pub dropped: u64,
}

impl EventBridge {
    /// Opens the service with its write-ahead log at this path. Nothing is delivered until [`EventBridge::run`] runs.
    pub fn open(path: impl AsRef<Path>, ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        let path = path.as_ref();
        let durable: DurableState<State> = DurableState::open(path, Arc::clone(&ctx.activity))?;
        let archive_store = ArchiveStore::open(path.parent().unwrap_or(Path::new("")), |archive| {
            durable.state().archives.contains_key(archive)
        })?;
        Self::new(durable, archive_store, ctx)
    }

    /// Creates a service without a write-ahead log.
    pub fn in_memory(ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        Self::new(DurableState::in_memory(Arc::clone(&ctx.activity)), ArchiveStore::in_memory(), ctx)
    }

    fn new(
        durable: DurableState<State>,
        archive_store: ArchiveStore,
        ctx: ServiceContext,
    ) -> Result<Arc<Self>, WalError> {
        {
            let mut state = durable.state();
            if !state.buses.contains_key("default") {
                let settings = BusSettings { name: "default".to_owned(), description: None, created: ctx.clock.now() };
                durable.commit(&mut state, vec![Change::Bus(settings)])?;
            }
        }
        let (counts, remaining_days) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Self { ctx, durable, counts, archive_store, remaining_days }))
    }

    /// Handles an API call, named as in `X-Amz-Target` after the dot.
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        match operation {
            "PutEvents" => self.put_events(body),
            "TestEventPattern" => put_events::test_event_pattern(body),
            "PutRule" => self.put_rule(body),
            "DescribeRule" => self.describe_rule(body),
            "ListRules" => self.list_rules(body),
            "EnableRule" => self.set_rule_enabled(body, true),
            "DisableRule" => self.set_rule_enabled(body, false),
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
            _ => Err(AwsError::sender("UnknownOperationException", format!("Unknown operation: {operation}."))),
        }
    }

    /// Returns the counters since the start of the process.
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of deliveries that have not ended.
    pub fn undelivered(&self) -> usize {
        self.durable.state().outbox.len()
    }

    fn update_counts(&self, update: impl FnOnce(&mut Counts)) {
        update(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn commit(&self, state: &mut State, changes: Vec<Change>) -> Result<(), AwsError> {
        self.durable.commit(state, changes).map_err(request::wal_failed)
    }
}

#[async_trait]
impl Idle for EventBridge {
    async fn is_idle(&self, now: Timestamp) -> bool {
        is_idle(self, now)
    }
}
