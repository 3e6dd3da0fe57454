//! The task that delivers: takes what is due, tries it, and writes down what came of it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::Events;
use super::chance;
use super::dead_letter;
use super::delivery::Delivery;
use super::delivery::Doom;
use super::feed::News;
use super::feed::Outcome;
use super::hand_over::in_own_words;
use super::retry::Next;
use super::retry::pause;
use super::state::Change;
use super::state::State;

/// Deliveries under way at the same time.
const AT_ONCE: usize = 64;

/// How often a dead letter is tried while its queue has a passing trouble.
const MOST_BURIALS: u32 = 10;

impl Events {
    /// Delivers until it is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        self.state().release_all();
        let mut under_way = JoinSet::new();
        loop {
            self.fire_due_rules();
            let now = self.around.clock.now();
            while under_way.len() < AT_ONCE {
                let Some(delivery) = self.state().take_due(now) else {
                    break;
                };
                let events = self.clone();
                under_way.spawn(async move { events.deliver(delivery).await });
            }
            let full = under_way.len() >= AT_ONCE;
            let next = self.state().next_moment().filter(|_| !full);
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                () = self.news.notified() => {}
                () = self.until(next) => {}
            }
        }
    }

    async fn until(&self, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.around.clock.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    async fn deliver(&self, mut delivery: Delivery) {
        let began = self.around.clock.now();
        let (outcome, change) = match delivery.owed.doomed.take() {
            Some(doom) => self.bury(&mut delivery, doom).await,
            None => self.attempt(&mut delivery).await,
        };
        self.commit_or_go_on(&mut self.state(), vec![change]);
        let now = self.around.clock.now();
        self.count(|counts| match &outcome {
            Outcome::Delivered => counts.delivered += 1,
            Outcome::Again { .. } => counts.retried += 1,
            Outcome::DeadLettered { .. } => counts.dead_lettered += 1,
            Outcome::Dropped { .. } => counts.dropped += 1,
        });
        self.around.feed.tell(News::Tried {
            event_id: delivery.event.id.clone(),
            rule_arn: delivery.owed.rule_arn.clone(),
            target_arn: delivery.owed.target.arn.clone(),
            attempt: delivery.owed.tries,
            age: now.duration_since(delivery.event.at),
            latency: now.duration_since(began),
            outcome,
        });
    }

    async fn attempt(&self, delivery: &mut Delivery) -> (Outcome, Change) {
        let handed_over = self.hand_over(delivery).await;
        delivery.owed.tries += 1;
        let error = match handed_over {
            Ok(()) => return (Outcome::Delivered, Change::Done { number: delivery.owed.number }),
            Err(error) => in_own_words(error),
        };
        let mut exhausted = None;
        if error.passing {
            let owed = &delivery.owed;
            let policy = owed.target.retry_policy.unwrap_or_default();
            let now = self.around.clock.now();
            match policy.after(owed.tries, delivery.event.at, now, self.chance(owed.number, owed.tries)) {
                Next::Exhausted(limit) => exhausted = Some(limit.to_owned()),
                Next::Try(at) => {
                    delivery.owed.due = at;
                    let outcome = Outcome::Again { at, code: error.code, message: error.message };
                    return (outcome, Change::Tried(Box::new(delivery.owed.clone())));
                }
            }
        }
        let doom = Doom { code: error.code, message: error.message, exhausted, burials: 0 };
        self.bury(delivery, doom).await
    }

    // Writes the dead letter. A queue in passing trouble is tried again; a missing one loses the event.
    async fn bury(&self, delivery: &mut Delivery, mut doom: Doom) -> (Outcome, Change) {
        let (code, message) = (doom.code.clone(), doom.message.clone());
        let done = Change::Done { number: delivery.owed.number };
        let config = delivery.owed.target.dead_letter_config.as_ref();
        let Some(queue) = config.and_then(|config| config.arn.clone()) else {
            return (Outcome::Dropped { code, message }, done);
        };
        match self.around.queues.send(&queue, dead_letter::of(delivery, &doom)).await {
            Ok(()) => (Outcome::DeadLettered { code, message }, done),
            Err(error) if error.passing && doom.burials < MOST_BURIALS => {
                doom.burials += 1;
                let wait = pause(doom.burials, self.chance(delivery.owed.number, doom.burials));
                let at = self.around.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
                delivery.owed.due = at;
                delivery.owed.doomed = Some(doom);
                (Outcome::Again { at, code, message }, Change::Tried(Box::new(delivery.owed.clone())))
            }
            Err(_) => (Outcome::Dropped { code, message }, done),
        }
    }

    fn chance(&self, number: u64, tries: u32) -> f64 {
        chance::chance(self.around.seed, &[number, u64::from(tries)])
    }

    // When the journal cannot be written the work goes on: at worst a restart repeats it.
    pub(super) fn commit_or_go_on(&self, state: &mut State, changes: Vec<Change>) {
        if let Err(error) = self.commit(state, changes.clone()) {
            changes.into_iter().for_each(|change| state.apply(change));
            self.around.feed.tell(News::NotRemembered { message: error.to_string() });
        }
    }
}
