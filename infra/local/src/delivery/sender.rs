//! Who owes deliveries: what the driver asks of the service behind them.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    feed::Outcome,
    ledger::{Ledger, Remembered},
    ports::{NewMessage, NotTaken},
    surroundings::Surroundings,
};

use super::{
    outbox::Outbox,
    progress::{Doom, Progress},
    retry::RetryPolicy,
};

/// Something on its way to one target.
pub(crate) trait Parcel: Clone + Send + Sync + 'static {
    /// How far it has come.
    fn progress(&self) -> &Progress;

    /// The same, to be changed.
    fn progress_mut(&mut self) -> &mut Progress;

    /// What does not change on the way.
    fn label(&self) -> Label<'_>;
}

/// What stands on a parcel.
pub(crate) struct Label<'p> {
    /// The id by which watchers know it.
    pub(crate) id: &'p str,
    /// The rule, or the schedule.
    pub(crate) from: &'p str,
    /// The target's ARN.
    pub(crate) to: &'p str,
    /// Since when watchers count its age.
    pub(crate) since: Timestamp,
    /// Since when its policy counts its age.
    pub(crate) sent: Timestamp,
    pub(crate) policy: RetryPolicy,
    /// The queue for its dead letter.
    pub(crate) dead_letters: Option<&'p str>,
}

/// One change of a sender's ledger.
pub(crate) type Change<S> = <<S as Sender>::State as Remembered>::Change;

/// A service that owes deliveries.
#[async_trait]
pub(crate) trait Sender: Send + Sync + 'static {
    type Parcel: Parcel;
    type State: Remembered;

    fn around(&self) -> &Surroundings;

    fn ledger(&self) -> &Ledger<Self::State>;

    /// What the state holds of deliveries.
    fn outbox(state: &mut Self::State) -> &mut Outbox<Self::Parcel>;

    /// Begins what comes by itself, if its time has come. What was missed while nobody ran comes once.
    fn fire(&self);

    /// When something comes by itself again.
    fn next_firing(state: &Self::State) -> Option<Timestamp>;

    /// Hands it over to its target, once.
    async fn hand_over(&self, parcel: &Self::Parcel) -> Result<(), NotTaken>;

    /// The message for the dead-letter queue.
    fn dead_letter(&self, parcel: &Self::Parcel, doom: &Doom) -> NewMessage;

    /// It was tried and will be tried again.
    fn goes_on(parcel: Self::Parcel) -> Change<Self>
    where
        Self: Sized;

    /// It has ended, well or not.
    fn ended(state: &Self::State, parcel: &Self::Parcel) -> Vec<Change<Self>>
    where
        Self: Sized;

    /// Takes note of what came of a try.
    fn count(&self, outcome: &Outcome);
}
