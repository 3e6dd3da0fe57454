//! Rules with one thing wrong.

use causeway::{
    App, Decider, Effect, Outcome, Received,
    memory::Memory,
    route,
    saga::{SagaInput, SagaState, Waits, event::Next, process::Status},
    testing::sim::Plan,
};
use domain::{
    fulfilment::{
        Fulfilment, FulfilmentCompensating, FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentOrder, TIME_TO_RESERVE,
    },
    inventory::{
        Inventory, InventoryCommand, InventoryEvent, InventoryRejection, ReleaseStock, StockReleased, StockState,
    },
};

/// The deadline undoes what was done, also when the process has ended.
pub(super) fn timer_without_check(plan: &mut Plan, _: &Memory) {
    decide_deadlines_by::<Impatient>(plan);
}

/// Deadlines are decided by this saga.
fn decide_deadlines_by<D: Decider<Command = SagaInput<Fulfilment>>>(plan: &mut Plan) {
    plan.routes.retain(|route| route.message != "FulfilmentDeadlinePassed");
    plan.routes.push(route("fulfilment", decide_deadline::<D>));
}

async fn decide_deadline<D>(app: App, timer: Received<FulfilmentDeadlinePassed>) -> Outcome
where
    D: Decider<Command = SagaInput<Fulfilment>>,
{
    let (id, signal) = <Fulfilment as Waits<FulfilmentDeadlinePassed>>::signal(&timer.data);
    let input = SagaInput { id, at: app.clock().now(), signal };
    app.execute::<D>(&timer.data.order_id, &input, &timer.cause()).await
}

/// A saga that does not check its timer.
struct Impatient;

impl Decider for Impatient {
    const CONTEXT: &'static str = Fulfilment::CONTEXT;
    type State = SagaState<FulfilmentOrder>;
    type Command = SagaInput<Fulfilment>;
    type Event = FulfilmentEvent;
    type Rejection = <Fulfilment as Decider>::Rejection;

    fn decide(state: &Self::State, input: &SagaInput<Fulfilment>) -> Result<Vec<FulfilmentEvent>, Self::Rejection> {
        if state.status != Status::Completed {
            return Fulfilment::decide(state, input);
        }
        let undo = state.steps.keys().filter(|step| step.starts_with("reserve/")).cloned().collect();
        let next = Next { undo, deadline: Some(input.at + TIME_TO_RESERVE), ..Next::default() };
        let reason = "the timer fired".to_owned();
        Ok(vec![FulfilmentCompensating { order_id: input.id.clone(), reason, next }.into()])
    }

    fn evolve(state: Self::State, event: &FulfilmentEvent) -> Self::State {
        Fulfilment::evolve(state, event)
    }

    fn effects(after: &Self::State, event: &FulfilmentEvent) -> Vec<Effect> {
        Fulfilment::effects(after, event)
    }
}

/// At a deadline the reserved lines are released at once, before it is known whether the order is cancelled.
pub(super) fn compensation_in_wrong_order(plan: &mut Plan, _: &Memory) {
    decide_deadlines_by::<Hasty>(plan);
}

/// A saga that undoes its stages all at once.
struct Hasty;

impl Decider for Hasty {
    const CONTEXT: &'static str = Fulfilment::CONTEXT;
    type State = SagaState<FulfilmentOrder>;
    type Command = SagaInput<Fulfilment>;
    type Event = FulfilmentEvent;
    type Rejection = <Fulfilment as Decider>::Rejection;

    fn decide(state: &Self::State, input: &SagaInput<Fulfilment>) -> Result<Vec<FulfilmentEvent>, Self::Rejection> {
        let mut events = Fulfilment::decide(state, input)?;
        for event in &mut events {
            if let FulfilmentEvent::FulfilmentCompensating(FulfilmentCompensating { next, .. }) = event {
                let reserved = state.steps.keys().filter(|step| step.starts_with("reserve/"));
                next.undo.extend(reserved.cloned());
                next.undo.sort();
                next.undo.dedup();
            }
        }
        Ok(events)
    }

    fn evolve(state: Self::State, event: &FulfilmentEvent) -> Self::State {
        Fulfilment::evolve(state, event)
    }

    fn effects(after: &Self::State, event: &FulfilmentEvent) -> Vec<Effect> {
        Fulfilment::effects(after, event)
    }
}

/// A shelf gives back what it is asked to, however often it is asked.
pub(super) fn compensation_twice(plan: &mut Plan, _: &Memory) {
    plan.routes.retain(|route| route.message != "ReleaseStock");
    plan.routes.push(route("inventory", release_again));
}

async fn release_again(app: App, command: Received<ReleaseStock>) -> Outcome {
    let mut cause = command.cause();
    // Each time is a new time.
    cause.command = app.ids().uuid(app.clock().now()).into();
    app.execute::<Generous>(&command.data.sku, &command.data.clone().into(), &cause).await
}

/// Shelves that do not look what an order holds.
struct Generous;

impl Decider for Generous {
    const CONTEXT: &'static str = Inventory::CONTEXT;
    type State = StockState;
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Rejection = InventoryRejection;

    fn decide(shelf: &StockState, command: &InventoryCommand) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        match command {
            InventoryCommand::ReleaseStock(release) => {
                let ReleaseStock { sku, order_id } = release.clone();
                let quantity = shelf.open.get(&order_id).map_or(1, |held| held.get());
                Ok(vec![StockReleased { sku, order_id, quantity }.into()])
            }
            other => Inventory::decide(shelf, other),
        }
    }

    fn evolve(shelf: StockState, event: &InventoryEvent) -> StockState {
        Inventory::evolve(shelf, event)
    }
}
