//! Notifications with one thing wrong.

use causeway::{
    App, Claimed, Failure, Handled, Message, MessageId, Outcome, Received, Route,
    delivery::{
        inbox::{AttemptId, Claim, InboxKey, LEASE},
        receive::receive,
    },
    memory::Memory,
    message::envelope::Delivery,
    route,
    testing::sim::Plan,
};
use domain::order::{OrderCancelled, OrderConfirmed};
use futures::{FutureExt as _, future::BoxFuture};

/// The mail is sent first, and then it is noted that it was.
pub(super) fn after_the_effect(plan: &mut Plan, _: &Memory) {
    plan.routes.retain(|route| route.context != "notification");
    plan.routes.push(route("notification", confirmed_then_noted));
    plan.routes.push(route("notification", cancelled_then_noted));
}

async fn confirmed_then_noted(app: App, event: Received<OrderConfirmed>) -> Outcome {
    let claimed = Claimed { message: event.clone(), resumed: false };
    let handled = functions::notification::on_order_confirmed(app.clone(), claimed).await?;
    note(&app, event.id).await?;
    Ok(handled)
}

async fn cancelled_then_noted(app: App, event: Received<OrderCancelled>) -> Outcome {
    let claimed = Claimed { message: event.clone(), resumed: false };
    let handled = functions::notification::on_order_cancelled(app.clone(), claimed).await?;
    note(&app, event.id).await?;
    Ok(handled)
}

fn attempt(app: &App) -> AttemptId {
    AttemptId::new(app.ids().uuid(app.clock().now()))
}

async fn note(app: &App, message: MessageId) -> Result<(), Failure> {
    let key = InboxKey { consumer: "notification".to_owned(), message };
    let now = app.clock().now();
    app.inbox().claim(&key, attempt(app), now, now + LEASE).await?;
    Ok(app.inbox().complete(&key, now).await?)
}

/// A message is known by the id that the bus gave it, which changes when it is published again.
pub(super) fn by_the_id_of_the_bus(plan: &mut Plan, _: &Memory) {
    let routes = std::mem::take(&mut plan.routes).into_iter();
    let claimed = |route: Route| match (route.context, route.message) {
        ("notification", "OrderConfirmed") => route.wrapped(confirmed_by_bus_id),
        ("notification", "OrderCancelled") => route.wrapped(cancelled_by_bus_id),
        _ => route,
    };
    plan.routes = routes.map(claimed).collect();
}

fn confirmed_by_bus_id(_: Route, app: App, delivery: Delivery) -> BoxFuture<'static, Outcome> {
    claimed_by_bus_id(app, delivery, functions::notification::on_order_confirmed).boxed()
}

fn cancelled_by_bus_id(_: Route, app: App, delivery: Delivery) -> BoxFuture<'static, Outcome> {
    claimed_by_bus_id(app, delivery, functions::notification::on_order_cancelled).boxed()
}

async fn claimed_by_bus_id<M: Message, Answer: Future<Output = Outcome> + Send>(
    app: App,
    delivery: Delivery,
    handler: fn(App, Claimed<M>) -> Answer,
) -> Outcome {
    let message = receive::<M>(&delivery)?;
    let key = InboxKey { consumer: "notification".to_owned(), message: MessageId::new(delivery.id).unwrap() };
    let now = app.clock().now();
    let again = match app.inbox().claim(&key, attempt(&app), now, now + LEASE).await? {
        Claim::First => false,
        Claim::Resumed => true,
        Claim::Held => return Err(Failure::transient("held")),
        Claim::Completed => return Ok(Handled::Duplicate),
    };
    let handled = handler(app.clone(), Claimed { message, resumed: again }).await?;
    app.inbox().complete(&key, app.clock().now()).await?;
    Ok(handled)
}
