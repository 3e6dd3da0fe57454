//! The book of orders on Causeway's kernel.

use std::convert::Infallible;

use causeway::{Decider, Patch, StreamId, View, log::commit::Recorded};
use serde::{Deserialize, Serialize};

use crate::event::{Book, OrderPlaced};

causeway::events! {
    /// The events of a book of orders.
    pub enum BookEvent: events of "book" {
        OrderPlaced = 1,
    }
}

/// The decider: every order is accepted.
pub struct OrderBook;

impl Decider for OrderBook {
    const CONTEXT: &'static str = "book";
    type State = Book;
    type Command = OrderPlaced;
    type Event = BookEvent;
    type Rejection = Infallible;

    fn decide(_: &Book, command: &OrderPlaced) -> Result<Vec<BookEvent>, Infallible> {
        Ok(vec![command.clone().into()])
    }

    fn evolve(mut book: Book, event: &BookEvent) -> Book {
        let BookEvent::OrderPlaced(order) = event;
        book.add(order);
        book
    }
}

/// The view of a book: its last order and the total of all.
pub struct BookRow;

/// A row of the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The number of orders.
    pub orders: u64,
    /// The total of all orders, in minor units.
    pub total: i64,
    /// The id of the last order.
    pub last_order: String,
}

impl View for BookRow {
    const NAME: &'static str = "book";
    type Event = BookEvent;
    type Row = Row;

    fn patch(_: &StreamId, event: &Recorded<BookEvent>) -> Patch {
        let BookEvent::OrderPlaced(order) = &event.event;
        Patch::none().add("orders", 1).add("total", order.total.amount).set("lastOrder", &order.order_id)
    }
}
