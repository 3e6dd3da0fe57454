//! The bus as a sender: what it owes and how each delivery is handed over.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    delivery::{
        self,
        outbox::Outbox,
        progress::Doom,
        sender::{Parcel, Sender},
    },
    feed::Outcome,
    ledger::Ledger,
    ports::{NewMessage, NotTaken},
    surroundings::Surroundings,
};

use super::{
    Events, dead_letter,
    delivery::Delivery,
    hand_over::in_own_words,
    state::{Change, State},
};

impl Events {
    /// Delivers until it is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        delivery::run(self).await;
    }
}

#[async_trait]
impl Sender for Events {
    type Parcel = Delivery;
    type State = State;

    fn around(&self) -> &Surroundings {
        &self.around
    }

    fn ledger(&self) -> &Ledger<State> {
        &self.ledger
    }

    fn outbox(state: &mut State) -> &mut Outbox<Delivery> {
        &mut state.outbox
    }

    fn fire(&self) {
        self.fire_due_rules();
        self.go_on_replaying();
    }

    fn next_firing(state: &State) -> Option<Timestamp> {
        // A replay that can go on does so at once.
        if state.can_replay() { Some(Timestamp::MIN) } else { state.next_firing() }
    }

    async fn hand_over(&self, delivery: &Delivery) -> Result<(), NotTaken> {
        self.hand_to_target(delivery).await.map_err(in_own_words)
    }

    fn dead_letter(&self, delivery: &Delivery, doom: &Doom) -> NewMessage {
        dead_letter::of(delivery, doom)
    }

    fn goes_on(delivery: Delivery) -> Change {
        Change::Tried(Box::new(delivery.owed))
    }

    fn ended(_state: &State, delivery: &Delivery) -> Vec<Change> {
        vec![Change::Done { number: delivery.progress().number }]
    }

    fn count(&self, outcome: &Outcome) {
        self.count_all(|counts| counts.tried(outcome));
    }
}
