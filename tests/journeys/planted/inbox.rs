//! Notifications with one thing wrong.

use domain::order::OrderCancelled;
use domain::order::OrderConfirmed;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use kernel::App;
use kernel::Claimed;
use kernel::Failure;
use kernel::MessageId;
use kernel::Outcome;
use kernel::Received;
use kernel::Route;
use kernel::envelope::Delivery;
use kernel::inbox::LEASE;
use kernel::inbox::Ticket;
use kernel::memory::Memory;
use kernel::route;
use kernel::testing::sim::Plan;
use serde_json::Value;
use serde_json::value::to_raw_value;

/// The mail is sent first, and then it is noted that it was.
pub(super) fn after_the_effect(plan: &mut Plan, _: &Memory) {
    plan.routes.retain(|route| route.context != "notification");
    plan.routes.push(route("notification", confirmed_then_noted));
    plan.routes.push(route("notification", cancelled_then_noted));
}

async fn confirmed_then_noted(app: App, event: Received<OrderConfirmed>) -> Outcome {
    let claimed = Claimed { message: event.clone(), again: false };
    let handled = functions::notification::on_order_confirmed(app.clone(), claimed).await?;
    note(&app, event.id).await?;
    Ok(handled)
}

async fn cancelled_then_noted(app: App, event: Received<OrderCancelled>) -> Outcome {
    let claimed = Claimed { message: event.clone(), again: false };
    let handled = functions::notification::on_order_cancelled(app.clone(), claimed).await?;
    note(&app, event.id).await?;
    Ok(handled)
}

async fn note(app: &App, message: MessageId) -> Result<(), Failure> {
    let ticket = Ticket { consumer: "notification".to_owned(), message };
    let now = app.clock().now();
    app.inbox().claim(&ticket, now, now + LEASE).await?;
    Ok(app.inbox().close(&ticket, now).await?)
}

/// A message is known by the id that the bus gave it, which changes when it is said again.
pub(super) fn by_the_id_of_the_bus(plan: &mut Plan, _: &Memory) {
    let routes = std::mem::take(&mut plan.routes).into_iter();
    let renamed = |route: Route| if route.context == "notification" { route.wrapped(rename) } else { route };
    plan.routes = routes.map(renamed).collect();
}

fn rename(inner: Route, app: App, mut delivery: Delivery) -> BoxFuture<'static, Outcome> {
    async move {
        let mut detail: Value = serde_json::from_str(delivery.detail.get()).unwrap();
        detail["eventId"] = delivery.id.clone().into();
        delivery.detail = to_raw_value(&detail).unwrap();
        inner.handle(&app, &delivery).await
    }
    .boxed()
}
