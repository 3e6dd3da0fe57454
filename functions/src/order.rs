//! Orders are placed unless their user is suspected of fraud; what payment and shipment have done for an order is recorded
//! in its stream.

use causeway::{App, Cause, Failure, Handled, Outcome, Received, Verified, command::execute::ExecuteError};
use domain::{
    fraud::{Fraud, FraudInput},
    ids::OrderId,
    order::{Order, OrderFact, OrderRecord, OrderRejection, PlaceOrder},
    payment::PaymentProcessed,
    shipment::{ShipmentDelivered, ShipmentDispatched, ShippingCancelled},
};

/// Places an order, or lets it wait for a person if its user is suspected of fraud.
pub async fn on_place_order(app: App, place: Received<PlaceOrder>) -> Outcome {
    let PlaceOrder { order_id, user_id, .. } = &place.data;
    let is_screened = app.state::<Fraud>(user_id).await?.screens(order_id);
    // A copy of an order that was placed before the suspicion does not wait.
    if is_screened && app.state::<Order>(order_id).await?.placed().is_none() {
        return app.execute::<Fraud>(user_id, &FraudInput::Hold(place.data.clone()), &place.cause()).await;
    }
    app.execute::<Order>(order_id, &place.data.clone().into(), &place.cause()).await
}

/// Records that an order is paid.
pub async fn on_payment_processed(app: App, paid: Verified<PaymentProcessed>) -> Outcome {
    record(&app, &paid.data.order_id, OrderFact::Paid(paid.data.clone()), &paid.cause()).await
}

/// Records that an order is shipped.
pub async fn on_shipment_dispatched(app: App, shipped: Verified<ShipmentDispatched>) -> Outcome {
    record(&app, &shipped.data.order_id, OrderFact::Shipped(shipped.data.clone()), &shipped.cause()).await
}

/// Records that an order is delivered.
pub async fn on_shipment_delivered(app: App, delivered: Verified<ShipmentDelivered>) -> Outcome {
    record(&app, &delivered.data.order_id, OrderFact::Delivered(delivered.data.clone()), &delivered.cause()).await
}

/// Cancels an order that will not be shipped.
pub async fn on_shipping_cancelled(app: App, cancelled: Verified<ShippingCancelled>) -> Outcome {
    let fact = OrderFact::ShippingCancelled(cancelled.data.clone());
    record(&app, &cancelled.data.order_id, fact, &cancelled.cause()).await
}

/// Records a fact. The bus has no order: one that overtook the fact before it is tried again later.
async fn record(app: &App, order: &OrderId, fact: OrderFact, cause: &Cause) -> Outcome {
    match app.try_execute::<OrderRecord>(order, &fact, cause).await {
        Ok(executed) if executed.repeated => Ok(Handled::Duplicate),
        Ok(_) => Ok(Handled::Done),
        Err(ExecuteError::Rejected(early @ (OrderRejection::NotPaid | OrderRejection::NotShipped))) => {
            Err(Failure::transient(early))
        }
        Err(ExecuteError::Rejected(_)) => app.execute::<OrderRecord>(order, &fact, cause).await,
        Err(error) => Err(error.into()),
    }
}
