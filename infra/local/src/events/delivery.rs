//! The deliveries of events to the targets of rules: invoking the target, its error codes, and the dead letter.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    activity::AttemptOutcome,
    delivery::{
        self,
        outbox::Outbox,
        progress::{DeliveryFailure, Progress},
        service::{Delivery, DeliveryMeta, DeliveryService},
    },
    durable_state::DurableState,
    interfaces::{NewMessage, TargetError},
    service_context::ServiceContext,
};

use super::{
    EventBridge,
    envelope::AcceptedEvent,
    input,
    state::{Change, State},
    target::{Target, TargetKind},
};

/// A delivery with its event.
#[derive(Clone, Debug)]
pub(crate) struct EventDelivery {
    pub(super) event: Arc<AcceptedEvent>,
    pub(super) pending: PendingDelivery,
}

/// A delivery that has not ended, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingDelivery {
    pub(super) rule_arn: String,
    pub(super) target: Target,
    #[serde(flatten)]
    pub(super) progress: Progress,
}

impl Delivery for EventDelivery {
    fn progress(&self) -> &Progress {
        &self.pending.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.pending.progress
    }

    fn meta(&self) -> DeliveryMeta<'_> {
        let target = &self.pending.target;
        DeliveryMeta {
            id: &self.event.id,
            from: &self.pending.rule_arn,
            to: &target.arn,
            since: self.event.accepted_at,
            sent: self.event.accepted_at,
            policy: target.retry_policy.unwrap_or_default(),
            dead_letters: target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref()),
        }
    }
}

impl EventBridge {
    /// Delivers events until the future is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        delivery::run(self).await;
    }

    // A function is invoked asynchronously: errors of its handler do not fail the delivery.
    async fn try_deliver(&self, delivery: &EventDelivery) -> Result<(), TargetError> {
        let PendingDelivery { target, rule_arn, .. } = &delivery.pending;
        let arn = &target.arn;
        let Some(input) = input::target_input(target, rule_arn, &delivery.event) else {
            return Err(target_error("INVALID_JSON", "The input for the target is not valid JSON.", false));
        };
        match TargetKind::of(arn) {
            Some(TargetKind::Function) => self.ctx.functions.invoke_async(arn, input).await,
            Some(TargetKind::Queue) => {
                let group = target.message_group().map(str::to_owned);
                self.ctx.queues.send(arn, NewMessage { body: input, group, ..NewMessage::default() }).await
            }
            Some(TargetKind::Bus) if delivery.event.forwarded => {
                let message = "An event that came from another bus is not forwarded to a third one.";
                Err(target_error("THIRD_ACCOUNT_HOP_DETECTED", message, false))
            }
            Some(TargetKind::Bus) => {
                let event =
                    AcceptedEvent { accepted_at: self.ctx.clock.now(), forwarded: true, ..(*delivery.event).clone() };
                self.put_on_bus(arn, event)
            }
            None => Err(target_error("INVALID_PARAMETER", "Targets of this kind are not supported.", false)),
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

    fn dead_letter(&self, delivery: &EventDelivery, failure: &DeliveryFailure) -> NewMessage {
        let pending = &delivery.pending;
        let mut attributes = BTreeMap::from([
            ("RULE_ARN".to_owned(), pending.rule_arn.clone()),
            ("TARGET_ARN".to_owned(), pending.target.arn.clone()),
            ("ERROR_CODE".to_owned(), failure.code.clone()),
            ("ERROR_MESSAGE".to_owned(), failure.message.clone()),
            ("RETRY_ATTEMPTS".to_owned(), pending.progress.attempts.saturating_sub(1).to_string()),
        ]);
        if let Some(limit) = &failure.exhausted {
            attributes.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), limit.clone());
        }
        NewMessage { body: delivery.event.envelope.clone(), attributes, ..NewMessage::default() }
    }

    fn attempted(delivery: EventDelivery) -> Change {
        Change::DeliveryAttempted(Box::new(delivery.pending))
    }

    fn ended(_state: &State, delivery: &EventDelivery) -> Vec<Change> {
        vec![Change::DeliveryEnded { number: delivery.progress().number }]
    }

    fn count(&self, outcome: &AttemptOutcome) {
        self.update_counts(|counts| match outcome {
            AttemptOutcome::Delivered => counts.delivered += 1,
            AttemptOutcome::Retry { .. } => counts.retried += 1,
            AttemptOutcome::DeadLettered { .. } => counts.dead_lettered += 1,
            AttemptOutcome::Dropped { .. } => counts.dropped += 1,
        });
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

/// Creates a target error with the code of a dead letter.
pub(super) fn target_error(code: &str, message: &str, transient: bool) -> TargetError {
    TargetError { code: code.to_owned(), message: message.to_owned(), transient }
}
