//! A tale: some of the stories at once, in the fault_plan of a seed, told to the end and looked at.

use std::sync::Arc;

use causeway::{
    App, Failure, Outcome, Route,
    memory::Memory,
    message::envelope::Delivery,
    testing::sim::{Faults, Log, Plan, Rng, Simulation},
};
use futures::FutureExt as _;
use jiff::SignedDuration;

use super::{
    final_state::FinalState,
    invariants,
    shop_commands::Shop,
    stories::{STORIES, Story},
};

/// What is planted into a house: a bug, or nothing.
pub(crate) type Plant = fn(&mut Plan, &Memory);

/// A house as it should be.
pub(crate) fn nothing(_: &mut Plan, _: &Memory) {}

/// Each message three times and in any order, but nothing else goes wrong.
pub(crate) const THREEFOLD: Faults = Faults { doubled: 1.0, delayed: 0.3, ..Faults::NONE };

/// The fault_plan of a seed.
pub(crate) fn fault_plan(seed: u64) -> Faults {
    match seed % 8 {
        0 => Faults::NONE,
        1 => THREEFOLD,
        2 => Faults { killed: 0.4, ..Faults::NONE },
        3 => Faults { lost: 0.15, ..Faults::NONE },
        _ => Faults::CHAOS,
    }
}

/// The stories of a seed: about half of them.
pub(crate) fn stories(seed: u64) -> Vec<&'static Story> {
    let rng = Rng::seeded(seed ^ 0x5707);
    let mut chosen: Vec<&Story> = STORIES.iter().filter(|_| rng.happens(0.5)).collect();
    if chosen.is_empty() {
        chosen.extend(STORIES.first());
    }
    chosen
}

/// Tells the tale of a seed; what is broken at its end, and what happened, if that is asked for.
pub(crate) fn tell(seed: u64, plant: Plant, traced: bool) -> (Vec<String>, Vec<String>) {
    tell_of(seed, fault_plan(seed), &stories(seed), plant, traced)
}

/// Tells these stories in this fault_plan.
pub(crate) fn tell_of(
    seed: u64,
    faults: Faults,
    stories: &[&Story],
    plant: Plant,
    traced: bool,
) -> (Vec<String>, Vec<String>) {
    let end = end_of(seed, faults, stories, plant, traced);
    let mut broken = invariants::broken(&end);
    for story in stories {
        broken.extend((story.end)(&end).into_iter().map(|what| format!("{}: {what}", story.name)));
    }
    (broken, end.run_log.trace)
}

/// What these stories come to in this fault_plan.
pub(crate) fn end_of(seed: u64, faults: Faults, stories: &[&Story], plant: Plant, traced: bool) -> FinalState {
    let memory = Memory::new(seed);
    if Rng::seeded(seed).happens(0.5) {
        memory.mailer.forget_keys();
    }
    let mut plan = Plan { traced, ..Plan::new(seed, faults, routes(), &memory) };
    plant(&mut plan, &memory);
    let log: Arc<dyn Log> = Arc::clone(&plan.log);
    let world = Simulation::new(plan);
    let shop = Shop { world: &world, memory: &memory };
    for story in stories {
        (story.begin)(&shop);
    }
    world.wake_relay();
    let mut end = FinalState::of(&world, &log, &memory);
    let by_hand = stories.iter().flat_map(|story| story.cancelled_by_hand);
    end.cancelled_by_hand = by_hand.map(|id| (*id).to_owned()).collect();
    end
}

/// The functions; one shelf is slow to answer.
fn routes() -> Vec<Route> {
    let routes = functions::routes().into_iter();
    routes.map(|route| if route.message == "ReserveStock" { route.wrapped(slow_shelf) } else { route }).collect()
}

fn slow_shelf(inner: Route, app: App, delivery: Delivery) -> futures::future::BoxFuture<'static, Outcome> {
    async move {
        let open = delivery.time + SignedDuration::from_mins(100);
        if delivery.detail.get().contains("slow-shelf") && app.clock().now() < open {
            return Err(Failure::transient("this shelf is slow"));
        }
        inner.handle(&app, &delivery).await
    }
    .boxed()
}
