//! The book of orders on Causeway's kernel.

use causeway::{Decider, Patch, Rejection, StreamId, View, log::commit::Recorded};
use serde::{Deserialize, Serialize};

use crate::event::{Book, OrderPlaced};

causeway::events! {
    /// What happens to a book of orders.
    pub enum BookEvent: events of "book" {
        OrderPlaced = 1,
    }
}

/// The rules: every order is written down.
pub struct OrderBook;

/// No rule says no here.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("refused")]
pub struct Refused;

impl Rejection for Refused {
    fn rule(&self) -> &'static str {
        "Refused"
    }
}

impl Decider for OrderBook {
    const CONTEXT: &'static str = "book";
    type State = Book;
    type Command = OrderPlaced;
    type Event = BookEvent;
    type Rejection = Refused;

    fn decide(_: &Book, command: &OrderPlaced) -> Result<Vec<BookEvent>, Refused> {
        Ok(vec![command.clone().into()])
    }

    fn evolve(mut book: Book, event: &BookEvent) -> Book {
        let BookEvent::OrderPlaced(order) = event;
        book.add(order);
        book
    }
}

/// The book's row: the last order and what all cost.
pub struct BookRow;

/// The row as a reader sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// How many orders.
    pub orders: u64,
    /// What they cost together.
    pub total: i64,
    /// The last of them.
    pub last_order: String,
}

impl View for BookRow {
    const NAME: &'static str = "book";
    type Event = BookEvent;
    type Row = Shown;

    fn patch(_: &StreamId, event: &Recorded<BookEvent>) -> Patch {
        let BookEvent::OrderPlaced(order) = &event.event;
        Patch::none().add("orders", 1).add("total", order.total.amount).set("lastOrder", &order.order_id)
    }
}
