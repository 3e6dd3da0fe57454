//! Rules with one thing wrong.

use domain::fulfilment::FulfilmentDeadlinePassed;
use domain::inventory::Inventory;
use domain::inventory::InventoryCommand;
use domain::inventory::InventoryEvent;
use domain::inventory::InventoryRejection;
use domain::inventory::ReleaseStock;
use domain::inventory::Shelf;
use domain::inventory::StockReleased;
use domain::order::CancelOrder;
use domain::order::Order;
use kernel::App;
use kernel::Decider;
use kernel::Outcome;
use kernel::Received;
use kernel::memory::Memory;
use kernel::route;
use kernel::testing::sim::Plan;

/// The deadline cancels the order, whatever the process has come to.
pub(super) fn timer_without_check(plan: &mut Plan, _: &Memory) {
    plan.routes.retain(|route| route.message != "FulfilmentDeadlinePassed");
    plan.routes.push(route("fulfilment", cancel_at_the_deadline));
}

async fn cancel_at_the_deadline(app: App, timer: Received<FulfilmentDeadlinePassed>) -> Outcome {
    let order_id = timer.data.order_id.clone();
    let cancel = CancelOrder { order_id: order_id.clone(), reason: "it took longer".to_owned() };
    app.execute::<Order>(&order_id, &cancel.into(), &timer.cause()).await
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
    type State = Shelf;
    type Command = InventoryCommand;
    type Event = InventoryEvent;
    type Rejection = InventoryRejection;

    fn decide(shelf: &Shelf, command: &InventoryCommand) -> Result<Vec<InventoryEvent>, InventoryRejection> {
        match command {
            InventoryCommand::ReleaseStock(release) => {
                let ReleaseStock { sku, order_id } = release.clone();
                let quantity = shelf.open.get(&order_id).map_or(1, |held| held.get());
                Ok(vec![StockReleased { sku, order_id, quantity }.into()])
            }
            other => Inventory::decide(shelf, other),
        }
    }

    fn evolve(shelf: Shelf, event: &InventoryEvent) -> Shelf {
        Inventory::evolve(shelf, event)
    }
}
