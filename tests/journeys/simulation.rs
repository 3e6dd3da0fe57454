//! Simulates scenarios side by side, under the faults of a seed, and checks their end.

use std::sync::Arc;

use causeway::{
    App, Failure, Outcome, Received, Route,
    memory::Memory,
    message::envelope::Delivery,
    route,
    testing::sim::{Faults, Log, Plan, Rng, Simulation},
};
use domain::shipment::{ConfirmDelivery, Shipment, ShipmentDispatched};
use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tests::payments;

use super::{
    final_state::FinalState,
    scenarios::{SCENARIOS, Scenario},
    shop_commands::Shop,
};

/// Plants a bug into the plan of a simulation, or none.
pub(crate) type Mutant = fn(&mut Plan, &Memory);

/// Plants no bug.
pub(crate) fn no_mutant(_: &mut Plan, _: &Memory) {}

/// Each message three times and in any order, and no other fault.
pub(crate) const THREEFOLD: Faults = Faults { doubled: 1.0, delayed: 0.3, ..Faults::NONE };

/// The faults of a seed.
pub(crate) fn faults(seed: u64) -> Faults {
    match seed % 8 {
        0 => Faults::NONE,
        1 => THREEFOLD,
        2 => Faults { killed: 0.4, ..Faults::NONE },
        3 => Faults { lost: 0.15, ..Faults::NONE },
        _ => Faults::CHAOS,
    }
}

/// The scenarios of a seed: about half of all.
pub(crate) fn scenarios(seed: u64) -> Vec<&'static Scenario> {
    let rng = Rng::seeded(seed ^ 0x5707);
    let mut chosen: Vec<&Scenario> = SCENARIOS.iter().filter(|_| rng.happens(0.5)).collect();
    if chosen.is_empty() {
        chosen.extend(SCENARIOS.first());
    }
    chosen
}

/// Simulates the scenarios of a seed; returns the breaches at the end, and the trace if it is asked for.
pub(crate) fn simulate_seed(seed: u64, mutant: Mutant, traced: bool) -> (Vec<String>, Vec<String>) {
    simulate(seed, faults(seed), &scenarios(seed), mutant, traced)
}

/// Simulates these scenarios under these faults; returns the breaches at the end, and the trace if it is asked for.
pub(crate) fn simulate(
    seed: u64,
    faults: Faults,
    scenarios: &[&Scenario],
    mutant: Mutant,
    traced: bool,
) -> (Vec<String>, Vec<String>) {
    let end = final_state(seed, faults, scenarios, mutant, traced);
    let mut breaches = end.breaches();
    for scenario in scenarios {
        breaches.extend((scenario.check)(&end).into_iter().map(|what| format!("{}: {what}", scenario.name)));
    }
    (breaches, end.run_log.trace)
}

/// The end of these scenarios under these faults.
pub(crate) fn final_state(
    seed: u64,
    faults: Faults,
    scenarios: &[&Scenario],
    mutant: Mutant,
    traced: bool,
) -> FinalState {
    let memory = Memory::new(seed);
    let provider = payments::serve(&memory.http);
    if Rng::seeded(seed).happens(0.5) {
        memory.mailer.forget_keys();
    }
    let mut plan = Plan { traced, ..Plan::new(seed, faults, routes(), &memory) };
    mutant(&mut plan, &memory);
    let log: Arc<dyn Log> = Arc::clone(&plan.log);
    let simulation = Simulation::new(plan);
    let shop = Shop { simulation: &simulation, memory: &memory };
    for scenario in scenarios {
        (scenario.begin)(&shop);
    }
    simulation.wake_relay();
    FinalState { charges: provider.charges(), ..FinalState::of(&simulation, &log, &memory) }
}

/// When a simulation begins.
pub(crate) const BEGIN: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// The functions and a carrier, with one sku that is not reserved and one order that is not scheduled for a long time.
fn routes() -> Vec<Route> {
    let slow = |route: &Route| matches!(route.message, "ReserveStock" | "ScheduleShipping");
    let routes = functions::routes().into_iter();
    let routes = routes.map(|route| if slow(&route) { route.wrapped(slowly) } else { route });
    routes.chain([route("carrier", deliver_parcel)]).collect()
}

fn slowly(inner: Route, app: App, delivery: Delivery) -> futures::future::BoxFuture<'static, Outcome> {
    async move {
        let open = BEGIN + SignedDuration::from_mins(100);
        let slow = ["slow-shelf", "o-unscheduled"].iter().any(|slow| delivery.detail.get().contains(slow));
        let slow = slow && (inner.message == "ScheduleShipping" || delivery.detail.get().contains("slow-shelf"));
        if slow && app.clock().now() < open {
            return Err(Failure::transient("it is not possible yet"));
        }
        inner.handle(&app, &delivery).await
    }
    .boxed()
}

/// The carrier brings each parcel.
async fn deliver_parcel(app: App, parcel: Received<ShipmentDispatched>) -> Outcome {
    let order_id = parcel.data.order_id.clone();
    let confirm = ConfirmDelivery { order_id: order_id.clone() };
    app.execute::<Shipment>(&order_id, &confirm.into(), &parcel.cause()).await
}
