//! Rules with one thing wrong.

use causeway::{App, Decider, Effect, Outcome, Received, memory::Memory, route, testing::sim::Plan};
use domain::{
    fulfilment::{
        Fulfilment, FulfilmentCompensating, FulfilmentDeadlinePassed, FulfilmentEvent, FulfilmentInput,
        FulfilmentState, TIME_TO_UNDO,
    },
    inventory::{
        Inventory, InventoryCommand, InventoryEvent, InventoryRejection, ReleaseStock, StockReleased, StockState,
    },
};

/// The deadline undoes what was done, also when the process has ended.
pub(super) fn timer_without_check(plan: &mut Plan, _: &Memory) {
    plan.routes.retain(|route| route.message != "FulfilmentDeadlinePassed");
    plan.routes.push(route("fulfilment", undo_at_the_deadline));
}

async fn undo_at_the_deadline(app: App, timer: Received<FulfilmentDeadlinePassed>) -> Outcome {
    let heard = FulfilmentInput::deadline_passed(&timer, app.clock().now());
    app.execute::<Impatient>(&timer.data.order_id, &heard, &timer.cause()).await
}

/// A process that believes its timer.
struct Impatient;

impl Decider for Impatient {
    const CONTEXT: &'static str = Fulfilment::CONTEXT;
    type State = FulfilmentState;
    type Command = FulfilmentInput;
    type Event = FulfilmentEvent;
    type Rejection = <Fulfilment as Decider>::Rejection;

    fn decide(state: &FulfilmentState, heard: &FulfilmentInput) -> Result<Vec<FulfilmentEvent>, Self::Rejection> {
        match state {
            FulfilmentState::Completed(course) => {
                let undo = FulfilmentCompensating {
                    order_id: heard.order_id.clone(),
                    reason: "the timer rang".to_owned(),
                    order_cancelled: false,
                    refused: None,
                    release: course.steps.to_undo().into_iter().map(|line| line.sku.clone()).collect(),
                    deadline: heard.at + TIME_TO_UNDO,
                };
                Ok(vec![undo.into()])
            }
            state => Fulfilment::decide(state, heard),
        }
    }

    fn evolve(state: FulfilmentState, event: &FulfilmentEvent) -> FulfilmentState {
        Fulfilment::evolve(state, event)
    }

    fn effects(after: &FulfilmentState, event: &FulfilmentEvent) -> Vec<Effect> {
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
