//! The outside of the shop: a payment provider and a carrier.

use causeway::{
    App, Outcome, Received,
    gateway::{HttpError, HttpRequest, HttpResponse},
};
use domain::shipment::{ConfirmDelivery, Shipment, ShipmentDispatched};
use serde_json::{Value, json};

/// Charges every card but `tok_declined`, and returns ten euros.
pub(super) fn answer(request: &HttpRequest) -> Result<HttpResponse, HttpError> {
    let parts: Vec<&str> = request.path.split('/').skip(1).collect();
    let body: Value = serde_json::from_str(request.body.as_deref().unwrap_or("null")).unwrap();
    let (status, answer) = match parts.as_slice() {
        ["charges"] if body["token"] == "tok_declined" => {
            (402, json!({ "status": "declined", "key": body["key"], "reason": "the card has expired" }))
        }
        ["charges"] => {
            let (amount, currency) = (&body["amount"], &body["currency"]);
            (
                201,
                json!({ "status": "succeeded", "key": body["key"], "id": "ch-1", "amount": amount, "currency": currency }),
            )
        }
        ["charges", key, "refund"] => (201, json!({ "key": key, "id": "re-1", "amount": 1000, "currency": "EUR" })),
        _ => (404, json!({ "key": parts.get(1) })),
    };
    Ok(HttpResponse { status, body: answer.to_string() })
}

/// The carrier brings each parcel.
pub(super) async fn deliver_parcel(app: App, parcel: Received<ShipmentDispatched>) -> Outcome {
    let order_id = parcel.data.order_id.clone();
    let confirm = ConfirmDelivery { order_id: order_id.clone() };
    app.execute::<Shipment>(&order_id, &confirm.into(), &parcel.cause()).await
}
