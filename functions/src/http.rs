//! The HTTP API: one function per family of paths. A user sees and changes what is their own; an operator, and a program
//! on this machine, everything.

pub mod accounts;
pub mod carts;
pub mod commands;
pub mod orders;
pub mod processes;
pub mod sales;
pub mod shipments;
pub mod stock;
pub mod streams;
pub mod users;

use causeway::{
    App, View,
    http::{HttpFunction, HttpRequest, HttpResponse, Problem, row},
};

/// All functions of the HTTP API.
pub fn http_functions() -> Vec<HttpFunction> {
    vec![
        commands::function(),
        orders::function(),
        users::function(),
        carts::function(),
        accounts::function(),
        stock::function(),
        shipments::function(),
        processes::function(),
        sales::function(),
        streams::function(),
    ]
}

/// The response with a row that the caller may see. One that is missing and one of another user look the same.
async fn own_row<V: View>(
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
fn check_user(request: &HttpRequest, user: &str) -> Result<(), Problem> {
    match request.caller.acts_for(user) {
        true => Ok(()),
        false => Err(Problem::forbidden("a user sees what is their own")),
    }
}

/// Refuses callers that do not operate the system.
fn check_operator(request: &HttpRequest) -> Result<(), Problem> {
    match request.caller.is_operator() {
        true => Ok(()),
        false => Err(Problem::forbidden("the token needs the scope operator")),
    }
}
