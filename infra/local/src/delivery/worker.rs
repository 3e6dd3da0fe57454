//! The task that makes a service's deliveries: it takes what is due, attempts it, and stores the outcome.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    activity::{ActivityEvent, AttemptOutcome},
    clock::Clock,
    interfaces::TargetError,
    rng::unit_f64,
};

use super::{
    progress::DeliveryFailure,
    retry_policy::{RetryDecision, backoff},
    service::{Delivery, DeliveryService},
};

/// The most deliveries that are attempted at the same time.
const MAX_IN_FLIGHT: usize = 64;

/// The most retries of a dead letter whose queue fails with a transient error.
const MAX_DEAD_LETTER_RETRIES: u32 = 10;

/// Makes the deliveries of a service until the future is dropped. Each service runs one such task.
pub(crate) async fn run<S: DeliveryService>(service: Arc<S>) {
    S::outbox(&mut service.durable().state()).release_all();
    let clock = service.ctx().clock.clone();
    let mut in_flight = JoinSet::new();
    loop {
        service.fire_due();
        let now = clock.now();
        while in_flight.len() < MAX_IN_FLIGHT {
            let Some(delivery) = S::outbox(&mut service.durable().state()).take_due(now) else {
                break;
            };
            let service = Arc::clone(&service);
            in_flight.spawn(async move { process(&*service, delivery).await });
        }
        let full = in_flight.len() >= MAX_IN_FLIGHT;
        let next = next_wake::<S>(&mut service.durable().state()).filter(|_| !full);
        tokio::select! {
            Some(_) = in_flight.join_next() => {}
            () = service.durable().changed() => {}
            () = sleep_until(&clock, next) => {}
        }
    }
}

/// Whether no delivery is in flight or due, nothing fires now, and the clock will wake the worker for the next one. A
/// worker that has just started may not sleep yet: the clock must not be moved past its next wake.
pub(crate) fn is_idle<S: DeliveryService>(service: &S, now: Timestamp) -> bool {
    let mut state = service.durable().state();
    if S::outbox(&mut state).in_flight() > 0 {
        return false;
    }
    let wake = service.ctx().clock.next_wake();
    next_wake::<S>(&mut state).is_none_or(|next| next > now && wake.is_some_and(|wake| wake <= next))
}

/// The time at which the next delivery is due or the next rule or schedule fires.
fn next_wake<S: DeliveryService>(state: &mut S::State) -> Option<Timestamp> {
    let firing = S::next_firing(state);
    firing.into_iter().chain(S::outbox(state).next_due()).min()
}

async fn sleep_until(clock: &Clock, time: Option<Timestamp>) {
    match time {
        Some(time) => clock.sleep_until(time).await,
        None => std::future::pending().await,
    }
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
        let mut changes = match &outcome {
            AttemptOutcome::Retry { .. } => vec![S::attempted(delivery.clone())],
            AttemptOutcome::Delivered | AttemptOutcome::DeadLettered { .. } | AttemptOutcome::Dropped { .. } => {
                S::ended(&state, &delivery)
            }
        };
        if outcome == AttemptOutcome::Delivered {
            let overtaken = S::outbox(&mut state).overtaken_by(&delivery, clock.now());
            changes.extend(overtaken.into_iter().map(S::attempted));
        }
        service.durable().commit_best_effort(&mut state, changes);
    }
    let now = clock.now();
    service.count(&outcome);
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
        true => Err(TargetError {
            code: "INTERNAL_ERROR".to_owned(),
            message: "A planned fault dropped the delivery.".to_owned(),
            transient: true,
        }),
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
    let Some(queue) = delivery.meta().dead_letters else {
        return AttemptOutcome::Dropped { code, message };
    };
    match service.ctx().queues.send(queue, service.dead_letter(delivery, &failure)).await {
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
