//! The contexts that have streams, and how the state of each is folded.
//! A new context has its line here; a test names the ones that are missing.

#[cfg(test)]
mod tests;

use causeway::command::dyn_fold::StreamFold;

use crate::{
    fulfilment::Fulfilment, inventory::Inventory, notification::Notification, order::Order, stock_report::StockReport,
};

/// All of them.
pub fn streams() -> Vec<StreamFold> {
    vec![
        StreamFold::of::<Order>(),
        StreamFold::of::<Inventory>(),
        StreamFold::of::<Fulfilment>(),
        StreamFold::of::<Notification>(),
        StreamFold::of::<StockReport>(),
    ]
}
