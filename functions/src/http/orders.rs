//! `/orders/{id}` and `/users/{id}/orders`.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem, list},
};
use domain::{
    ids::{OrderId, UserId},
    order::{OrderDetails, OrderDetailsRow, OrderSummary, OrderSummaryRow},
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("orders", [HttpRight::ReadViews])
        .row::<OrderDetailsRow>("/orders/{id}", "An order in full.", order)
        .page::<OrderSummaryRow>("/users/{id}/orders", "The orders of a user, the newest first.", of_user)
}

async fn order(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id: OrderId = request.id("id")?;
    let caller = request.caller.clone();
    super::access::own_row::<OrderDetails>(&app, &request, id.as_str(), |row| caller.acts_for(row.user_id.as_str()))
        .await
}

async fn of_user(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let user: UserId = request.id("id")?;
    super::access::check_user(&request, user.as_str())?;
    let page = list::<OrderSummary>(&app, &request, &OrderSummary::list_of(&user)).await?;
    Ok(HttpResponse::json(200, &page)?.tagged(&request))
}
