//! What a story is: the stock it begins with, the orders that are placed, and what must be read when it is over.

use super::{cancelled, confirmed, finding::Finding, last_unit, reader::Reader};

/// A story, ready to be played. All its names hold its tag, so that the demo can be played again on what is kept.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// Its number in the book of the business.
    pub(super) number: u8,
    /// What it is about.
    pub(super) title: &'static str,
    /// What will happen.
    pub(super) tells: Vec<String>,
    /// The ids of its messages begin with this, so that all that follows from them is known.
    pub(super) tag: String,
    /// What comes in first.
    pub(super) stock: Vec<Goods>,
    /// What is placed when that is there, all at once.
    pub(super) orders: Vec<Wanted>,
    /// How it ends.
    pub(super) ending: Ending,
}

/// So many of a thing.
#[derive(Clone, Debug)]
pub(super) struct Goods {
    /// What.
    pub(super) sku: String,
    /// How many.
    pub(super) quantity: u32,
}

/// An order that somebody places.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its id.
    pub(super) id: String,
    /// Where its mails go.
    pub(super) mail_to: String,
    /// What is bought.
    pub(super) lines: Vec<Goods>,
}

/// How a story ends.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// The order is confirmed.
    Confirmed,
    /// The order is cancelled, and what was held for it is free again.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// One order is confirmed, and all others are cancelled.
    OneOfMany {
        /// Why the others are.
        reason: String,
    },
}

impl Story {
    /// Whether so much happens that only numbers can be followed.
    pub(super) fn is_crowded(&self) -> bool {
        self.orders.len() > 1
    }

    /// Whether every order has come to an end, whichever.
    pub(super) async fn is_over(&self, reader: &mut Reader<'_>) -> anyhow::Result<bool> {
        for order in &self.orders {
            if !reader.order(&order.id).await?.is_over() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the views, the log and the mailbox say about it now.
    pub(super) async fn read(&self, reader: &mut Reader<'_>) -> anyhow::Result<Vec<Finding>> {
        reader.fetch_mails().await?;
        match &self.ending {
            Ending::Confirmed => confirmed::read(self, reader).await,
            Ending::Cancelled { reason } => cancelled::read(self, reason, reader).await,
            Ending::OneOfMany { reason } => last_unit::read(self, reason, reader).await,
        }
    }
}
