//! The race of a deadline with the confirmation that is under way: `ConfirmOrder` is handled in time, and its answer
//! `OrderConfirmed` reaches the fulfilment after the deadline of its stage. A fulfilment that cancels at its deadline,
//! as it once did, cancels a confirmed order under this schedule in every seed. Now it asks the order, and follows.

use causeway::{
    App, Failure, Outcome, Route,
    memory::Memory,
    message::envelope::Delivery,
    testing::sim::{Faults, Plan},
};
use domain::{
    fulfilment::{FulfilmentEvent, TIME_TO_CONFIRM},
    order::OrderEvent,
};
use futures::{FutureExt as _, future::BoxFuture};
use jiff::SignedDuration;
use tests::invariants::Ending;

use super::{
    scenarios::{Scenario, completed_unless_late},
    simulation::{THREEFOLD, final_state},
};

const SCENARIO: Scenario = Scenario {
    name: "the confirmation is known after the deadline",
    begin: |shop| {
        shop.stock("race", 1);
        shop.place("o-race", &[("race", 1)]);
    },
    check: |end| completed_unless_late(end, "o-race"),
};

/// The deadline's timer fires up to a minute late, and its message may be five minutes late.
const AFTER_THE_DEADLINE: SignedDuration = SignedDuration::from_mins(7);

/// Fails each delivery of `OrderConfirmed` to the fulfilment until its deadline has passed.
fn answer_late(plan: &mut Plan, _: &Memory) {
    let routes = std::mem::take(&mut plan.routes).into_iter();
    let late = |route: &Route| route.message == "OrderConfirmed" && route.context == "fulfilment";
    plan.routes = routes.map(|route| if late(&route) { route.wrapped(after_the_deadline) } else { route }).collect();
}

fn after_the_deadline(inner: Route, app: App, delivery: Delivery) -> BoxFuture<'static, Outcome> {
    async move {
        match app.clock().now() < delivery.time + TIME_TO_CONFIRM + AFTER_THE_DEADLINE {
            true => Err(Failure::transient("the answer is under way")),
            false => inner.handle(&app, &delivery).await,
        }
    }
    .boxed()
}

#[test]
fn a_deadline_that_passes_while_the_confirmation_is_under_way_never_cancels_a_confirmed_order() {
    let mut followed = 0;
    for (seed, faults) in (0..40).flat_map(|seed| [(seed, Faults::NONE), (seed, THREEFOLD)]) {
        let end = final_state(seed, faults, &[&SCENARIO], answer_late, false);
        assert_eq!(end.breaches(), Vec::<String>::new(), "seed {seed}");
        assert!(end.is_late("o-race"), "seed {seed}: the deadline did not pass");
        let order = end.events::<OrderEvent>("order", "o-race");
        let confirmed = order.iter().any(|event| matches!(event, OrderEvent::OrderConfirmed(_)));
        let cancelled = order.iter().any(|event| matches!(event, OrderEvent::OrderCancelled(_)));
        assert!(confirmed && !cancelled, "seed {seed}: {order:?}");
        // The order rejects the cancellation; the fulfilment goes on as soon as it knows.
        let events = end.events::<FulfilmentEvent>("fulfilment", "o-race");
        assert!(!events.iter().any(|event| matches!(event, FulfilmentEvent::FulfilmentCompensated(_))), "seed {seed}");
        followed += u32::from(end.endings("o-race") == [Ending::Completed]);
    }
    assert!(followed > 10, "{followed} fulfilments followed the order to its end");
}
