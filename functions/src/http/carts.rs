//! `/carts/{user}`.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem},
};
use domain::{
    cart::{CartContent, CartContentRow},
    ids::UserId,
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("carts", [HttpRight::ReadViews]).row::<CartContentRow>("/carts/{user}", "A user's cart.", cart)
}

async fn cart(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let user: UserId = request.id("user")?;
    super::access::check_user(&request, user.as_str())?;
    super::access::own_row::<CartContent>(&app, &request, user.as_str(), |_| true).await
}
