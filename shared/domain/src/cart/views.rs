//! The view of what is in each cart.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{CartEvent, CartLine, ItemAddedToCart, ItemRemovedFromCart};
use crate::{ids::UserId, money::Money};

/// A cart that was not changed for so many days expires.
pub const DAYS_UNTIL_EXPIRY: i64 = 30;

/// The view of carts: one row per user. Those with a content are in the list `open`, the longest untouched first.
/// One index partition holds the list; it takes some 500 changes of carts a second.
#[derive(Debug)]
pub struct CartContent;

/// What is in a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartContentRow {
    /// The id of the user.
    pub user_id: UserId,
    /// The lines.
    #[serde(default)]
    pub lines: Vec<CartLine>,
    /// The sum of all lines; nothing for a cart that never had a line.
    #[serde(default)]
    pub total: Option<Money>,
    /// The number of changes so far.
    #[serde(default)]
    pub changes: u64,
    /// The time of the newest change.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub changed_at: Option<Timestamp>,
}

impl CartContentRow {
    /// Whether the newest change is at least [`DAYS_UNTIL_EXPIRY`] days before `at`.
    pub fn is_expired(&self, at: Timestamp) -> bool {
        self.changed_at.is_some_and(|changed_at| {
            at.duration_since(changed_at) >= SignedDuration::from_hours(24 * DAYS_UNTIL_EXPIRY)
        })
    }
}

impl CartContent {
    /// The list of the carts with a content.
    pub const OPEN: &'static str = "open";
    /// The list of the carts without a content.
    pub const EMPTY: &'static str = "empty";
}

impl View for CartContent {
    const NAME: &'static str = "cart";
    type Event = CartEvent;
    type Row = CartContentRow;

    fn patch(stream: &StreamId, event: &Recorded<CartEvent>) -> Patch {
        let row = Patch::none().set("userId", stream.id());
        let (lines, total) = match &event.event {
            CartEvent::ProductViewed(_) => return row,
            CartEvent::ItemAddedToCart(ItemAddedToCart { lines, total, .. })
            | CartEvent::ItemRemovedFromCart(ItemRemovedFromCart { lines, total, .. }) => (&lines[..], Some(*total)),
            CartEvent::CartCheckedOut(_) | CartEvent::CartExpired(_) => (&[][..], None),
        };
        let list = if lines.is_empty() { Self::EMPTY } else { Self::OPEN };
        row.set("lines", lines)
            .set("total", total)
            .set("changedAt", event.at)
            .add("changes", 1)
            .list_at(list, format!("{:.9}/{}", event.at, stream.id()))
    }
}
