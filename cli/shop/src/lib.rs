//! The command `causeway` of the shop: the commands of [`causeway_cli`] with the shop's handlers, its demo, and the
//! calculation of what its orders cost on AWS. The functions are here so that tests can call them in their own process.

pub mod command;
pub mod cost;
pub mod demo;
pub mod hints;
mod messages;

use causeway::{Decider as _, Message as _, Projection as _, View as _};
use causeway_cli::{
    application::{Application, Plot, SagaNames},
    up::{Running, Up},
};
use domain::{
    analytics::{ProductsByDay, SalesByMinute},
    fulfilment::{AbortFulfilment, Fulfilment, ProcessBoard, ResumeFulfilment},
};

/// The shop, as the commands need it.
pub const SHOP: Application = Application {
    routes: functions::routes,
    http_functions: functions::http::http_functions,
    folds: || domain::contexts().iter().map(|context| context.fold).collect(),
    sagas: &[SagaNames {
        context: Fulfilment::CONTEXT,
        board: ProcessBoard::NAME,
        id_field: "orderId",
        resume: ResumeFulfilment::NAME,
        abort: AbortFulfilment::NAME,
    }],
    plots: &[
        Plot {
            title: "Orders per minute",
            view: SalesByMinute::NAME,
            along: "minute",
            by: None,
            column: "orders",
            factor: 1.0,
        },
        Plot {
            title: "Paid per minute",
            view: SalesByMinute::NAME,
            along: "minute",
            by: Some("currency"),
            column: "paid",
            factor: 0.01,
        },
        Plot {
            title: "Pieces ordered per product",
            view: ProductsByDay::NAME,
            along: "sku",
            by: None,
            column: "pieces",
            factor: 1.0,
        },
    ],
};

/// Starts the local cloud with the shop's handlers. It is ready when this returns.
pub async fn start(args: &Up) -> anyhow::Result<Running> {
    causeway_cli::up::start(args, SHOP, Some(causeway_console::pages)).await
}
