//! `/users/{id}`.

use causeway::{
    App,
    http::{HttpFunction, HttpRequest, HttpResponse, HttpRight, Problem},
};
use domain::{
    ids::UserId,
    user::{UserProfile, UserProfileRow},
};

/// The function.
pub fn function() -> HttpFunction {
    HttpFunction::new("users", [HttpRight::ReadViews]).row::<UserProfileRow>("/users/{id}", "A user.", user)
}

async fn user(app: App, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id: UserId = request.id("id")?;
    super::access::check_user(&request, id.as_str())?;
    super::access::own_row::<UserProfile>(&app, &request, id.as_str(), |_| true).await
}
