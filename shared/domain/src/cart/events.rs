//! Commands and events of a cart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    email::EmailAddress,
    ids::{OrderId, Sku, UserId},
    money::Money,
    quantity::Quantity,
};

causeway::events! {
    /// The commands to a cart.
    pub enum CartCommand: commands to "cart" by user_id {
        ViewProduct = 1,
        AddToCart = 1,
        RemoveFromCart = 1,
        CheckOutCart = 1,
        ExpireCart = 1,
    }
}

causeway::events! {
    /// The command that the schedule publishes.
    pub enum CartExpiryCommand: commands to "cart" {
        CartExpiryDue = 1,
    }
}

causeway::events! {
    /// The events of a cart.
    pub enum CartEvent: events of "cart" {
        ProductViewed = 1,
        ItemAddedToCart = 1,
        ItemRemovedFromCart = 1,
        CartCheckedOut = 1,
        CartExpired = 1,
    }
}

/// A line of a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartLine {
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces.
    pub quantity: Quantity,
    /// The price of one piece.
    pub unit_price: Money,
}

/// Records that a user views a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViewProduct {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the product.
    pub sku: Sku,
}

/// Adds pieces of an item to a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddToCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces to add, not validated yet.
    pub quantity: u32,
    /// The price of one piece.
    pub unit_price: Money,
}

/// Removes an item, with all its pieces, from a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveFromCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the item.
    pub sku: Sku,
}

/// Places an order for everything in a cart, and empties the cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckOutCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The number of changes of the cart that the user has seen.
    pub changes: u64,
    /// The postal address for the delivery, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The address for e-mails about the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// Empties a cart, unless it was changed in the meantime.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpireCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The number of changes of the cart that the sender has seen.
    pub changes: u64,
}

/// Expires the carts that nobody changed for a number of days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartExpiryDue {}

/// A user viewed a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductViewed {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the product.
    pub sku: Sku,
}

/// Pieces of an item were added to a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemAddedToCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// The number of pieces that were added.
    pub added: Quantity,
    /// All lines of the cart from then on.
    pub lines: Vec<CartLine>,
    /// The sum of all lines.
    pub total: Money,
}

/// An item was removed from a cart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemRemovedFromCart {
    /// The id of the user.
    pub user_id: UserId,
    /// The stock keeping unit of the item.
    pub sku: Sku,
    /// All lines of the cart from then on.
    pub lines: Vec<CartLine>,
    /// The sum of all lines.
    pub total: Money,
}

/// A cart was checked out and is empty. An order for its lines follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartCheckedOut {
    /// The id of the user.
    pub user_id: UserId,
    /// The id of the order, derived from the user and the number of changes: no two check-outs have the same.
    pub order_id: OrderId,
    /// The lines of the order.
    pub lines: Vec<CartLine>,
    /// The sum of all lines.
    pub total: Money,
    /// The postal address for the delivery, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The address for e-mails about the order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
}

/// A cart was emptied, because nobody changed it for a number of days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CartExpired {
    /// The id of the user.
    pub user_id: UserId,
}
