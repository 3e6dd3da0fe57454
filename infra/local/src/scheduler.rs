//! EventBridge Scheduler: single times and recurring ones, each with one target, retries and a
//! dead-letter queue. A time that passes while nobody runs is made up for at the next start.

mod driver;
mod group_calls;
mod hand_over;
mod plan;
mod refusal;
mod schedule_calls;
mod state;
#[cfg(test)]
mod tests;
mod wanted;

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde_json::Value;
use tokio::sync::Notify;

use crate::aws_error::AwsError;
use crate::events::News;
use crate::events::Surroundings;
use crate::journal::Journal;
use crate::journal::JournalError;
use crate::ports::PutOnBus;

use state::Change;
use state::Group;
use state::State;

/// A journal shorter than this is never worth compacting.
const SHORT_JOURNAL: usize = 4_096;

/// The service.
pub struct Scheduler {
    around: Surroundings,
    buses: Arc<dyn PutOnBus>,
    journal: Journal<Change>,
    state: Mutex<State>,
    /// Tells the driver that something new may be due.
    news: Notify,
    /// How long the journal was at the start: part of every id, so that no run repeats another's.
    began_with: u64,
}

impl Scheduler {
    /// Opens the service with its journal at this path. Nothing fires until [`Scheduler::run`] runs.
    pub fn open(
        path: impl AsRef<Path>,
        around: Surroundings,
        buses: Arc<dyn PutOnBus>,
    ) -> Result<Arc<Self>, JournalError> {
        let (journal, changes) = Journal::open(path)?;
        Self::with(journal, changes, around, buses)
    }

    /// A service that forgets everything when it ends.
    pub fn in_memory(around: Surroundings, buses: Arc<dyn PutOnBus>) -> Result<Arc<Self>, JournalError> {
        Self::with(Journal::in_memory(), Vec::new(), around, buses)
    }

    fn with(
        journal: Journal<Change>,
        changes: Vec<Change>,
        around: Surroundings,
        buses: Arc<dyn PutOnBus>,
    ) -> Result<Arc<Self>, JournalError> {
        let mut state = State::default();
        let began_with = u64::try_from(changes.len()).unwrap_or_default();
        changes.into_iter().for_each(|change| state.apply(change));
        let news = Notify::new();
        let scheduler = Self { around, buses, journal, state: Mutex::new(state), news, began_with };
        {
            let mut state = scheduler.state();
            if !state.groups.contains_key("default") {
                let group = Group { name: "default".to_owned(), created: scheduler.around.clock.now() };
                scheduler.commit(&mut state, vec![Change::Group(group)])?;
            }
        }
        Ok(Arc::new(scheduler))
    }

    /// Answers one call of the API. The service takes fields from the path, the query and the body;
    /// here all of them stand in one object.
    pub async fn handle(&self, operation: &str, fields: Value) -> Result<Value, AwsError> {
        match operation {
            "CreateSchedule" => self.create_schedule(fields),
            "UpdateSchedule" => self.update_schedule(fields),
            "GetSchedule" => self.get_schedule(fields),
            "DeleteSchedule" => self.delete_schedule(fields),
            "ListSchedules" => self.list_schedules(fields),
            "CreateScheduleGroup" => self.create_schedule_group(fields),
            "GetScheduleGroup" => self.get_schedule_group(fields),
            "ListScheduleGroups" => self.list_schedule_groups(fields),
            "DeleteScheduleGroup" => self.delete_schedule_group(fields),
            _ => Err(AwsError::sender("UnknownOperationException", format!("{operation} is not known here."))),
        }
    }

    /// How many executions have not ended.
    pub fn under_way(&self) -> usize {
        self.state().executions.len()
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

    // When the journal cannot be written the work goes on: at worst a restart repeats it.
    fn commit_or_go_on(&self, state: &mut State, changes: Vec<Change>) {
        if let Err(error) = self.commit(state, changes.clone()) {
            changes.into_iter().for_each(|change| state.apply(change));
            self.around.feed.tell(News::NotRemembered { message: error.to_string() });
        }
    }
}
