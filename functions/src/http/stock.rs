//! `/stock/{sku}`: what everybody may see.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem},
};
use domain::{
    ids::Sku,
    inventory::{Stock, StockRow},
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("stock", [HttpRight::ReadViews]).row::<StockRow>("/stock/{sku}", "The stock of an item.", item)
}

async fn item(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let sku: Sku = request.id("sku")?;
    super::access::own_row::<Stock>(&app, &request, sku.as_str(), |_| true).await
}
