//! What must hold of the views: each row is the fold of its stream, here folded once more from the log.

use causeway::{
    View,
    view::view_store::{Row, RowKey},
};
use domain::{
    fulfilment::ProcessBoard,
    inventory::Stock,
    order::{OrderDetails, OrderSummary},
};

use super::final_state::FinalState;

/// What does not hold.
pub(crate) fn broken(end: &FinalState) -> Vec<String> {
    let mut broken = compare::<OrderSummary>(end, "order");
    broken.extend(compare::<OrderDetails>(end, "order"));
    broken.extend(compare::<Stock>(end, "inventory"));
    broken.extend(compare::<ProcessBoard>(end, "fulfilment"));
    broken
}

fn compare<V: View>(end: &FinalState, context: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for (stream, events) in end.of_context::<V::Event>(context) {
        let mut folded = Row::default();
        for event in &events {
            folded.apply(event.version, V::patch(&stream, event));
        }
        let key = RowKey { view: V::NAME.to_owned(), id: stream.id().to_owned() };
        let row = end.rows.get(&key).cloned().unwrap_or_default();
        if row != folded {
            broken.push(format!("{key} is {row:?}, the log says {folded:?}"));
        }
    }
    broken
}
