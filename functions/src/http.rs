//! The HTTP API: one function per family of paths. A user sees and changes what is their own; an operator, and a program
//! on this machine, everything.

mod access;
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

use causeway::http::HttpFunction;

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
