//! The event bus as a delivery service.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    activity::AttemptOutcome,
    delivery::{
        self,
        outbox::Outbox,
        progress::DeliveryFailure,
        service::{Delivery as _, DeliveryService},
    },
    durable_state::DurableState,
    interfaces::{NewMessage, TargetError},
    service_context::ServiceContext,
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
impl DeliveryService for Events {
    type Delivery = Delivery;
    type State = State;

    fn ctx(&self) -> &ServiceContext {
        &self.ctx
    }

    fn durable(&self) -> &DurableState<State> {
        &self.durable
    }

    fn outbox(state: &mut State) -> &mut Outbox<Delivery> {
        &mut state.outbox
    }

    fn fire_due(&self) {
        self.fire_due_rules();
        self.go_on_replaying();
    }

    fn next_firing(state: &State) -> Option<Timestamp> {
        // A replay that can go on does so at once.
        if state.can_replay() { Some(Timestamp::MIN) } else { state.next_firing() }
    }

    async fn invoke_target(&self, delivery: &Delivery) -> Result<(), TargetError> {
        self.hand_to_target(delivery).await.map_err(in_own_words)
    }

    fn dead_letter(&self, delivery: &Delivery, failure: &DeliveryFailure) -> NewMessage {
        dead_letter::of(delivery, failure)
    }

    fn attempted(delivery: Delivery) -> Change {
        Change::Tried(Box::new(delivery.owed))
    }

    fn ended(_state: &State, delivery: &Delivery) -> Vec<Change> {
        vec![Change::Done { number: delivery.progress().number }]
    }

    fn count(&self, outcome: &AttemptOutcome) {
        self.count_all(|counts| counts.tried(outcome));
    }
}
