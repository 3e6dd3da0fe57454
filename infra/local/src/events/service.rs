//! The EventBridge service: its state, and its deliveries to the targets of rules, with their error codes and
//! dead letters.

use std::{
    collections::{BTreeMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    aws_error::{AwsError, read},
    delivery::{
        self, DeliveryService,
        outbox::{Delivery, Outbox},
    },
    interfaces::{NewMessage, ServiceContext, TargetError},
    wal::{DurableState, WalError},
};

use super::{
    archive_store::{ArchiveStore, Day},
    envelope::AcceptedEvent,
    model::BusSettings,
    put_events::test_event_pattern,
    request,
    state::{Change, EventDelivery, PendingDelivery, State},
    target::TargetKind,
};

/// The EventBridge service.
pub struct EventBridge {
    pub(super) ctx: ServiceContext,
    pub(super) durable: DurableState<State>,
    pub(super) archive_store: ArchiveStore,
    /// The events still to be replayed of the current day of each replay, by the replay's name.
    pub(super) remaining_days: Mutex<BTreeMap<String, RemainingDay>>,
}

/// The events of a day that are still to be replayed.
pub(super) struct RemainingDay {
    pub(super) day: Day,
    /// The minute, a random number and the offset in the file of each event, in the order of the replay.
    pub(super) events: VecDeque<(i64, u64, u64)>,
}

impl EventBridge {
    /// Opens the service with its write-ahead log at this path. Without a path the state is lost with the process. Nothing
    /// is delivered until [`EventBridge::run`] runs.
    pub fn open(path: Option<&Path>, ctx: ServiceContext) -> Result<Arc<Self>, WalError> {
        let durable: DurableState<State> = DurableState::open(path)?;
        let mut state = durable.state();
        if !state.buses.contains_key("default") {
            let settings = BusSettings::new("default".to_owned(), ctx.clock.now());
            durable.commit(&mut state, vec![Change::Bus(settings)])?;
        }
        let folder = path.map(|path| path.parent().unwrap_or(Path::new("")));
        let archive_store = ArchiveStore::open(folder, |archive| state.archives.contains_key(archive))?;
        drop(state);
        Ok(Arc::new(Self { ctx, durable, archive_store, remaining_days: Mutex::default() }))
    }

    /// Handles an API call, named as in `X-Amz-Target` after the dot.
    pub async fn handle(&self, operation: &str, body: Value) -> Result<Value, AwsError> {
        match operation {
            "PutEvents" => self.put_events(read(body)?),
            "TestEventPattern" => test_event_pattern(read(body)?),
            "PutRule" => self.put_rule(read(body)?),
            "DescribeRule" => self.describe_rule(read(body)?),
            "ListRules" => self.list_rules(read(body)?),
            "EnableRule" => self.set_rule_enabled(read(body)?, true),
            "DisableRule" => self.set_rule_enabled(read(body)?, false),
            "DeleteRule" => self.delete_rule(read(body)?),
            "PutTargets" => self.put_targets(read(body)?),
            "RemoveTargets" => self.remove_targets(read(body)?),
            "ListTargetsByRule" => self.list_targets_by_rule(read(body)?),
            "ListRuleNamesByTarget" => self.list_rule_names_by_target(read(body)?),
            "CreateEventBus" => self.create_event_bus(read(body)?),
            "DescribeEventBus" => self.describe_event_bus(read(body)?),
            "ListEventBuses" => self.list_event_buses(read(body)?),
            "DeleteEventBus" => self.delete_event_bus(read(body)?),
            "PutPermission" => self.put_permission(read(body)?),
            "RemovePermission" => self.remove_permission(read(body)?),
            "TagResource" => self.tag_resource(read(body)?),
            "UntagResource" => self.untag_resource(read(body)?),
            "ListTagsForResource" => self.list_tags_for_resource(read(body)?),
            "CreateArchive" => self.create_archive(read(body)?),
            "DescribeArchive" => self.describe_archive(read(body)?),
            "ListArchives" => self.list_archives(read(body)?),
            "UpdateArchive" => self.update_archive(read(body)?),
            "DeleteArchive" => self.delete_archive(read(body)?),
            "StartReplay" => self.start_replay(read(body)?),
            "DescribeReplay" => self.describe_replay(read(body)?),
            "ListReplays" => self.list_replays(read(body)?),
            "CancelReplay" => self.cancel_replay(read(body)?),
            _ => Err(AwsError::sender("UnknownOperationException", format!("Unknown operation: {operation}."))),
        }
    }

    /// Returns the number of deliveries that have not ended.
    pub fn undelivered(&self) -> usize {
        self.durable.state().outbox.len()
    }

    pub(super) fn commit(&self, state: &mut State, changes: Vec<Change>) -> Result<(), AwsError> {
        self.durable.commit(state, changes).map_err(request::wal_failed)
    }

    /// Delivers events until the future is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        delivery::run(self).await;
    }

    // A function is invoked asynchronously: errors of its handler do not fail the delivery.
    async fn try_deliver(&self, delivery: &EventDelivery) -> Result<(), TargetError> {
        let PendingDelivery { target, rule_arn, .. } = &delivery.pending;
        let arn = &target.arn;
        let Some(input) = target.input(rule_arn, &delivery.event) else {
            return Err(TargetError::new("INVALID_JSON", "The input for the target is not valid JSON.", false));
        };
        match TargetKind::of(arn) {
            Some(TargetKind::Function) => self.ctx.functions.invoke_async(arn, input).await,
            Some(TargetKind::Queue) => {
                let group = target.message_group().map(str::to_owned);
                self.ctx.queues.send(arn, NewMessage { body: input, group, ..NewMessage::default() }).await
            }
            Some(TargetKind::Bus) if delivery.event.forwarded => {
                let message = "An event that came from another bus is not forwarded to a third one.";
                Err(TargetError::new("THIRD_ACCOUNT_HOP_DETECTED", message, false))
            }
            Some(TargetKind::Bus) => {
                let event =
                    AcceptedEvent { accepted_at: self.ctx.clock.now(), forwarded: true, ..(*delivery.event).clone() };
                self.put_on_bus(arn, event)
            }
            None => Err(TargetError::new("INVALID_PARAMETER", "Targets of this kind are not supported.", false)),
        }
    }
}

#[async_trait]
impl DeliveryService for EventBridge {
    type Delivery = EventDelivery;
    type State = State;

    fn ctx(&self) -> &ServiceContext {
        &self.ctx
    }

    fn durable(&self) -> &DurableState<State> {
        &self.durable
    }

    fn outbox(state: &mut State) -> &mut Outbox<EventDelivery> {
        &mut state.outbox
    }

    fn fire_due(&self) {
        self.fire_due_rules();
        self.continue_replays();
    }

    fn next_firing(state: &State) -> Option<Timestamp> {
        // A replay that can continue does so at once.
        if state.can_continue_replay() { Some(Timestamp::MIN) } else { state.next_firing() }
    }

    async fn invoke_target(&self, delivery: &EventDelivery) -> Result<(), TargetError> {
        self.try_deliver(delivery).await.map_err(with_dead_letter_code)
    }

    fn dead_letter(&self, delivery: &EventDelivery) -> NewMessage {
        let attributes = BTreeMap::from([("RULE_ARN".to_owned(), delivery.pending.rule_arn.clone())]);
        NewMessage { body: delivery.event.envelope.clone(), attributes, ..NewMessage::default() }
    }

    fn attempted(delivery: EventDelivery) -> Change {
        Change::DeliveryAttempted(Box::new(delivery.pending))
    }

    fn ended(_state: &State, delivery: &EventDelivery) -> Vec<Change> {
        vec![Change::DeliveryEnded { number: delivery.progress().number }]
    }
}

// Replaces the error code of a target by the code that EventBridge writes into dead letters.
fn with_dead_letter_code(error: TargetError) -> TargetError {
    let code = match error.code.as_str() {
        "AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist" | "ResourceNotFoundException" => "NO_RESOURCE",
        "AccessDenied" | "AccessDeniedException" => "NO_PERMISSIONS",
        "ThrottlingException" | "TooManyRequestsException" | "RequestThrottled" => "THROTTLING",
        other if is_dead_letter_code(other) => return error,
        _ if error.transient => "INTERNAL_ERROR",
        _ => "ERROR_FROM_TARGET",
    };
    TargetError { code: code.to_owned(), ..error }
}

// All codes of EventBridge are in upper case.
fn is_dead_letter_code(code: &str) -> bool {
    !code.is_empty() && code.chars().all(|character| character.is_ascii_uppercase() || character == '_')
}
