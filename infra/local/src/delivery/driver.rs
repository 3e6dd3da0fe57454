//! The task that delivers: takes what is due, tries it, and writes down what came of it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::{
    clock::Clock,
    feed::{News, Outcome},
};

use super::{
    attempt::{attempt, bury},
    sender::{Parcel, Sender},
};

/// Deliveries under way at the same time.
const AT_ONCE: usize = 64;

/// Delivers until it is dropped. One such task runs for each sender.
pub(crate) async fn run<S: Sender>(sender: Arc<S>) {
    S::outbox(&mut sender.ledger().state()).release_all();
    let clock = sender.around().clock.clone();
    let mut under_way = JoinSet::new();
    loop {
        sender.fire();
        let now = clock.now();
        while under_way.len() < AT_ONCE {
            let Some(parcel) = S::outbox(&mut sender.ledger().state()).take_due(now) else {
                break;
            };
            let sender = Arc::clone(&sender);
            under_way.spawn(async move { deliver(&*sender, parcel).await });
        }
        let full = under_way.len() >= AT_ONCE;
        let next = next_moment::<S>(&mut sender.ledger().state()).filter(|_| !full);
        tokio::select! {
            Some(_) = under_way.join_next() => {}
            () = sender.ledger().changed() => {}
            () = until(&clock, next) => {}
        }
    }
}

/// When the next delivery is due, or something comes by itself.
pub(super) fn next_moment<S: Sender>(state: &mut S::State) -> Option<Timestamp> {
    let firing = S::next_firing(state);
    firing.into_iter().chain(S::outbox(state).next_due()).min()
}

async fn until(clock: &Clock, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn deliver<S: Sender>(sender: &S, mut parcel: S::Parcel) {
    let clock = &sender.around().clock;
    let began = clock.now();
    let outcome = match parcel.progress_mut().doomed.take() {
        Some(doom) => bury(sender, &mut parcel, doom).await,
        None => attempt(sender, &mut parcel).await,
    };
    {
        let mut state = sender.ledger().state();
        let mut changes = match &outcome {
            Outcome::Again { .. } => vec![S::goes_on(parcel.clone())],
            Outcome::Delivered | Outcome::DeadLettered { .. } | Outcome::Dropped { .. } => S::ended(&state, &parcel),
        };
        if outcome == Outcome::Delivered {
            let overtaken = S::outbox(&mut state).overtaken(&parcel, clock.now());
            changes.extend(overtaken.into_iter().map(S::goes_on));
        }
        sender.ledger().commit_or_go_on(&mut state, changes);
    }
    let now = clock.now();
    sender.count(&outcome);
    let label = parcel.label();
    sender.around().feed.tell(News::Tried {
        event_id: label.id.to_owned(),
        rule_arn: label.from.to_owned(),
        target_arn: label.to.to_owned(),
        attempt: parcel.progress().tries,
        age: now.duration_since(label.since),
        latency: now.duration_since(began),
        outcome,
    });
}
