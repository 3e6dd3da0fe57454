//! The border to partners: events of the inside are published again in their public shape.

use causeway::{App, Failure, Outcome, Verified};
use domain::{
    order::{Order, OrderConfirmed},
    public::{self, Public},
    shipment::ShipmentDispatched,
};

/// Publishes a confirmed order. The event has the id of the order only, so the order is asked for the total.
pub async fn on_order_confirmed(app: App, event: Verified<OrderConfirmed>) -> Outcome {
    let order = app.state::<Order>(&event.data.order_id).await?;
    let placed = order.placed().ok_or_else(|| Failure::permanent("an order is confirmed that was never placed"))?;
    let confirmed = public::order_confirmed(&event.data, placed.total, event.timestamp);
    app.execute::<Public>(&event.id, &confirmed.into(), &event.cause()).await
}

/// Publishes a dispatched shipment. The event carries all that partners learn.
pub async fn on_shipment_dispatched(app: App, event: Verified<ShipmentDispatched>) -> Outcome {
    let dispatched = public::shipment_dispatched(&event.data, event.timestamp);
    app.execute::<Public>(&event.id, &dispatched.into(), &event.cause()).await
}
