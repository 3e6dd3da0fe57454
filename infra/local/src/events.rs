//! EventBridge: buses, rules and targets, and the delivery of events to them, at least once.
//! What was acknowledged stands in a journal, so that a killed process goes on where it stopped.

mod accept;
mod bus_calls;
pub(crate) mod chance;
mod dead_letter;
pub(crate) mod delivery;
mod detail;
mod driver;
mod entry;
pub(crate) mod envelope;
mod feed;
mod hand_over;
pub(crate) mod input;
mod path;
mod place;
mod put_calls;
pub(crate) mod request;
pub(crate) mod retry;
mod rule;
mod rule_calls;
mod state;
pub(crate) mod target;
mod target_calls;
#[cfg(test)]
pub(crate) mod tests;
mod timers;

pub use feed::Counts;
pub use feed::Feed;
pub use feed::News;
pub use feed::NoFeed;
pub use feed::Outcome;
pub use place::Place;
pub(crate) use place::bus_name;

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde_json::Value;
use tokio::sync::Notify;

use crate::aws_error::AwsError;
use crate::clock::Clock;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::ports::InvokeLater;
use crate::ports::SendToQueue;

use rule::BusFacts;
use state::Change;
use state::State;

/// A journal shorter than this is never worth compacting.
const SHORT_JOURNAL: usize = 4_096;

/// What the service needs of the world around it.
#[derive(Clone)]
pub struct Surroundings {
    /// The region and account it pretends to be in.
    pub place: Place,
    /// All waiting goes through it.
    pub clock: Clock,
    /// Where functions are invoked.
    pub functions: Arc<dyn InvokeLater>,
    /// Where messages and dead letters are sent.
    pub queues: Arc<dyn SendToQueue>,
    /// Who watches.
    pub feed: Arc<dyn Feed>,
    /// Where ids and pauses come from.
    pub seed: u64,
}

/// The service.
pub struct Events {
    around: Surroundings,
    journal: Journal<Change>,
    state: Mutex<State>,
    counts: Mutex<Counts>,
    /// Tells the driver that something new may be due.
    news: Notify,
    /// How long the journal was at the start: part of every id, so that no run repeats another's.
    began_with: u64,
}

impl Events {
    /// Opens the service with its journal at this path. Nothing is delivered until [`Events::run`] runs.
    pub fn open(path: impl AsRef<Path>, around: Surroundings) -> Result<Arc<Self>, JournalError> {
        let (journal, changes) = Journal::open(path)?;
        Self::with(journal, changes, around)
    }

    /// A service that forgets everything when it ends.
    pub fn in_memory(around: Surroundings) -> Result<Arc<Self>, JournalError> {
        Self::with(Journal::in_memory(), Vec::new(), around)
    }

    fn with(journal: Journal<Change>, changes: Vec<Change>, around: Surroundings) -> Result<Arc<Self>, JournalError> {
        let mut state = State::default();
        let began_with = u64::try_from(changes.len()).unwrap_or_default();
        changes.into_iter().for_each(|change| state.apply(change));
        let (counts, news) = (Mutex::default(), Notify::new());
        let events = Self { around, journal, state: Mutex::new(state), counts, news, began_with };
        {
            let mut state = events.state();
            if !state.buses.contains_key("default") {
                let created = events.around.clock.now();
                let facts = BusFacts { name: "default".to_owned(), description: None, created };
                events.commit(&mut state, vec![Change::Bus(facts)])?;
            }
        }
        Ok(Arc::new(events))
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
            _ => Err(AwsError::sender("UnknownOperationException", format!("{operation} is not known here."))),
        }
    }

    /// How often what happened since the start.
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many deliveries have not ended.
    pub fn undelivered(&self) -> usize {
        self.state().deliveries.len()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // First remembered, then true.
    fn commit(&self, state: &mut State, changes: Vec<Change>) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.journal.append_all(&changes)?;
        changes.into_iter().for_each(|change| state.apply(change));
        let length = self.journal.length();
        if length > SHORT_JOURNAL && length > state.living() * 4 {
            // The change itself is remembered: a journal that stays long is no reason to refuse it.
            if let Err(error) = self.journal.compact(&state.changes()) {
                self.around.feed.tell(News::NotRemembered { message: error.to_string() });
            }
        }
        self.news.notify_one();
        Ok(())
    }
}
