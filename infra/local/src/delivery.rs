//! Delivery to targets, shared by the event bus and the scheduler: a delivery is attempted when it is due, retried as
//! its retry policy says, and sent to the dead-letter queue when the policy is exhausted. Deliveries that have not
//! ended are part of the service's durable state.

pub(crate) mod outbox;
pub(crate) mod retry_policy;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    activity::{ActivityEvent, AttemptOutcome},
    idle::Idle,
    interfaces::{NewMessage, ServiceContext, TargetError},
    rng::unit_f64,
    wal::{DurableState, ReplayState},
};

use outbox::{Delivery, DeliveryFailure, Outbox};
use retry_policy::{RetryDecision, backoff};

/// The most deliveries that are attempted at the same time.
const MAX_IN_FLIGHT: usize = 64;
/// The most retries of a dead letter whose queue fails with a transient error.
const MAX_DEAD_LETTER_RETRIES: u32 = 10;

/// A change of a service's durable state.
pub(crate) type Change<S> = <<S as DeliveryService>::State as ReplayState>::Change;

/// A service that has deliveries to make.
#[async_trait]
pub(crate) trait DeliveryService: Sized + Send + Sync + 'static {
    type Delivery: Delivery;
    type State: ReplayState;

    fn ctx(&self) -> &ServiceContext;

    fn durable(&self) -> &DurableState<Self::State>;

    fn outbox(state: &mut Self::State) -> &mut Outbox<Self::Delivery>;

    /// Fires rules and schedules whose time has come. What was missed while the process was down fires once.
    fn fire_due(&self);

    /// The time at which the next rule or schedule fires.
    fn next_firing(state: &Self::State) -> Option<Timestamp>;

    async fn invoke_target(&self, delivery: &Self::Delivery) -> Result<(), TargetError>;

    /// The message for the dead-letter queue, without the attributes of every service.
    fn dead_letter(&self, delivery: &Self::Delivery) -> NewMessage;

    /// The change that records an attempt after which there will be another one.
    fn attempted(delivery: Self::Delivery) -> Change<Self>;

    /// The changes that record the end of a delivery, successful or not.
    fn ended(state: &Self::State, delivery: &Self::Delivery) -> Vec<Change<Self>>;

    /// Applies these changes even if they cannot be logged, which is then reported to observers.
    fn commit_best_effort(&self, state: &mut Self::State, changes: Vec<Change<Self>>) {
        if let Err(error) = self.durable().commit_best_effort(state, changes) {
            self.ctx().activity.record(ActivityEvent::WalWriteFailed { message: error.to_string() });
        }
    }
}

/// Makes the deliveries of a service until the future is dropped. Each service runs one such task.
pub(crate) async fn run<S: DeliveryService>(service: Arc<S>) {
    S::outbox(&mut service.durable().state()).release_all();
    let clock = service.ctx().clock.clone();
    let mut in_flight = JoinSet::new();
    loop {
        service.fire_due();
        let now = clock.now();
        while in_flight.len() < MAX_IN_FLIGHT {
            let Some(delivery) = S::outbox(&mut service.durable().state()).take_due(now) else { break };
            let service = Arc::clone(&service);
            in_flight.spawn(async move { process(&*service, delivery).await });
        }
        let full = in_flight.len() >= MAX_IN_FLIGHT;
        let next = next_wake::<S>(&mut service.durable().state()).filter(|_| !full);
        tokio::select! {
            Some(_) = in_flight.join_next() => {}
            () = service.durable().changed() => {}
            () = clock.sleep_until_any(next) => {}
        }
    }
}

/// The service is idle when no delivery is in flight or due, nothing fires now, and the clock will wake the worker for the
/// next one. A worker that has just started may not sleep yet: the clock must not be moved past its next wake.
#[async_trait]
impl<S: DeliveryService> Idle for S {
    async fn is_idle(&self, now: Timestamp) -> bool {
        let mut state = self.durable().state();
        if S::outbox(&mut state).in_flight() > 0 {
            return false;
        }
        let wake = self.ctx().clock.next_wake();
        next_wake::<S>(&mut state).is_none_or(|next| next > now && wake.is_some_and(|wake| wake <= next))
    }
}

/// The time at which the next delivery is due or the next rule or schedule fires.
fn next_wake<S: DeliveryService>(state: &mut S::State) -> Option<Timestamp> {
    let firing = S::next_firing(state);
    firing.into_iter().chain(S::outbox(state).next_due()).min()
}

/// Attempts a delivery or sends its dead letter, then stores and reports the outcome.
async fn process<S: DeliveryService>(service: &S, mut delivery: S::Delivery) {
    let clock = &service.ctx().clock;
    let began = clock.now();
    let outcome = match delivery.progress_mut().failure.take() {
        Some(failure) => dead_letter(service, &mut delivery, failure).await,
        None => attempt(service, &mut delivery).await,
    };
    {
        let mut state = service.durable().state();
        let mut changes = match matches!(outcome, AttemptOutcome::Retry { .. }) {
            true => vec![S::attempted(delivery.clone())],
            false => S::ended(&state, &delivery),
        };
        if outcome == AttemptOutcome::Delivered {
            let overtaken = S::outbox(&mut state).overtaken_by(&delivery, clock.now());
            changes.extend(overtaken.into_iter().map(S::attempted));
        }
        service.commit_best_effort(&mut state, changes);
    }
    let now = clock.now();
    let meta = delivery.meta();
    service.ctx().activity.record(ActivityEvent::DeliveryAttempted {
        event_id: meta.id.to_owned(),
        rule_arn: meta.from.to_owned(),
        target_arn: meta.to.to_owned(),
        attempt: delivery.progress().attempts,
        age: now.duration_since(meta.since),
        latency: now.duration_since(began),
        outcome,
    });
}

/// Invokes the target once and decides what follows.
async fn attempt<S: DeliveryService>(service: &S, delivery: &mut S::Delivery) -> AttemptOutcome {
    let is_dropped = std::mem::take(&mut delivery.progress_mut().dropped);
    let result = match is_dropped {
        true => Err(TargetError::new("INTERNAL_ERROR", "A planned fault dropped the delivery.", true)),
        false => service.invoke_target(delivery).await,
    };
    let progress = delivery.progress_mut();
    progress.attempts += 1;
    // A delivery waits only once for others to overtake it.
    progress.overtakers = 0;
    let error = match result {
        Ok(()) => return AttemptOutcome::Delivered,
        Err(error) => error,
    };
    let mut exhausted = None;
    if error.transient {
        let (progress, meta) = (delivery.progress(), delivery.meta());
        let random = unit_f64(service.ctx().seed, &[progress.number, u64::from(progress.attempts)]);
        match meta.policy.after(progress.attempts, meta.sent, service.ctx().clock.now(), random) {
            RetryDecision::Exhausted(limit) => exhausted = Some(limit.to_owned()),
            RetryDecision::RetryAt(at) => {
                delivery.progress_mut().due = at;
                return AttemptOutcome::Retry { at, code: error.code, message: error.message };
            }
        }
    }
    let failure = DeliveryFailure { code: error.code, message: error.message, exhausted, dead_letter_attempts: 0 };
    dead_letter(service, delivery, failure).await
}

/// Sends the dead letter. A transient error of the queue is retried; a permanent one, or no queue, loses the event.
async fn dead_letter<S: DeliveryService>(
    service: &S,
    delivery: &mut S::Delivery,
    mut failure: DeliveryFailure,
) -> AttemptOutcome {
    let (code, message) = (failure.code.clone(), failure.message.clone());
    let Some(queue) = delivery.meta().dead_letters else { return AttemptOutcome::Dropped { code, message } };
    let mut dead_letter = service.dead_letter(delivery);
    let attributes = [
        ("TARGET_ARN", delivery.meta().to.to_owned()),
        ("ERROR_CODE", code.clone()),
        ("ERROR_MESSAGE", message.clone()),
        ("RETRY_ATTEMPTS", delivery.progress().attempts.saturating_sub(1).to_string()),
    ];
    let exhausted = failure.exhausted.clone().map(|limit| ("EXHAUSTED_RETRY_CONDITION", limit));
    let attributes = attributes.into_iter().chain(exhausted);
    dead_letter.attributes.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    match service.ctx().queues.send(queue, dead_letter).await {
        Ok(()) => AttemptOutcome::DeadLettered { code, message },
        Err(error) if error.transient && failure.dead_letter_attempts < MAX_DEAD_LETTER_RETRIES => {
            failure.dead_letter_attempts += 1;
            let attempts = failure.dead_letter_attempts;
            let progress = delivery.progress_mut();
            let random = unit_f64(service.ctx().seed, &[progress.number, u64::from(attempts)]);
            let now = service.ctx().clock.now();
            let at = now.checked_add(backoff(attempts, random)).unwrap_or(Timestamp::MAX);
            progress.due = at;
            progress.failure = Some(failure);
            AttemptOutcome::Retry { at, code, message }
        }
        Err(_) => AttemptOutcome::Dropped { code, message },
    }
}
