//! `/shipments/{order}`.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem},
};
use domain::{
    ids::OrderId,
    order::OrderSummary,
    shipment::{ShipmentTracking, ShipmentTrackingRow},
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("shipments", [HttpRight::ReadViews]).row::<ShipmentTrackingRow>(
        "/shipments/{order}",
        "The shipment of an order.",
        shipment,
    )
}

/// A shipment belongs to the user of its order.
async fn shipment(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let order: OrderId = request.id("order")?;
    if !request.caller.is_operator() {
        let buyer = app.row::<OrderSummary>(order.as_str()).await?.map(|row| row.user_id);
        if !buyer.is_some_and(|buyer| request.caller.acts_for(buyer.as_str())) {
            return Err(Problem::not_found("shipment"));
        }
    }
    super::access::own_row::<ShipmentTracking>(&app, &request, order.as_str(), |_| true).await
}
