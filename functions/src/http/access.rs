//! What a caller may see.

use causeway::{
    App, View,
    http::{HttpRequest, HttpResponse, Problem, row},
};

/// The response with a row that the caller may see. One that is missing and one of another user look the same.
pub(super) async fn own_row<V: View>(
    app: &App,
    request: &HttpRequest,
    id: &str,
    is_visible: impl FnOnce(&V::Row) -> bool,
) -> Result<HttpResponse, Problem> {
    match row::<V>(app, request, id).await? {
        Some((version, row)) if is_visible(&row) => {
            Ok(HttpResponse::json(200, &row)?.with("version", version.to_string()).tagged(request))
        }
        Some(_) | None => Err(Problem::not_found(V::NAME)),
    }
}

/// Refuses callers that act for another user.
pub(super) fn check_user(request: &HttpRequest, user: &str) -> Result<(), Problem> {
    match request.caller.acts_for(user) {
        true => Ok(()),
        false => Err(Problem::forbidden("a user sees what is their own")),
    }
}

/// Refuses callers that do not operate the system.
pub(super) fn check_operator(request: &HttpRequest) -> Result<(), Problem> {
    match request.caller.is_operator() {
        true => Ok(()),
        false => Err(Problem::forbidden("the token needs the scope operator")),
    }
}
