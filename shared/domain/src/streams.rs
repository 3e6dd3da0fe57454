//! The contexts that have streams, and how the state of each is folded.
//! A new context has its line here; a test names the ones that are missing.

#[cfg(test)]
mod tests;

use causeway::fold::Fold;

use crate::{
    fulfilment::Fulfilment, inventory::Inventory, notification::Notification, order::Order, stock_report::StockReport,
};

/// All of them.
pub fn streams() -> Vec<Fold> {
    vec![
        Fold::of::<Order>(),
        Fold::of::<Inventory>(),
        Fold::of::<Fulfilment>(),
        Fold::of::<Notification>(),
        Fold::of::<StockReport>(),
    ]
}
