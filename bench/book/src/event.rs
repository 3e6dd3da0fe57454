//! The event that both sides store: an order of a shop.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderPlaced {
    /// The order id.
    pub order_id: String,
    /// The user who placed it.
    pub user_id: String,
    /// The lines of the order.
    pub lines: Vec<Line>,
    /// The total.
    pub total: Money,
    /// The shipping address.
    pub shipping_address: Address,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The SKU.
    pub sku: String,
    /// The number of units.
    pub quantity: u32,
    /// The price of one unit.
    pub unit_price: Money,
}

/// Money in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// The amount in minor units.
    pub amount: i64,
    /// The ISO 4217 currency code.
    pub currency: String,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The name of the recipient.
    pub name: String,
    /// Street and number.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country, two letters.
    pub country: String,
}

/// The order with this number.
pub fn order_placed(number: u64) -> OrderPlaced {
    let line = |sku: &str, quantity, amount| Line {
        sku: sku.to_owned(),
        quantity,
        unit_price: Money { amount, currency: "EUR".to_owned() },
    };
    OrderPlaced {
        order_id: format!("o-{}", 100_000 + number),
        user_id: "u-4711".to_owned(),
        lines: vec![line("mug-blue", 2, 1250), line("teapot-large", 1, 3990)],
        total: Money { amount: 6490, currency: "EUR".to_owned() },
        shipping_address: Address {
            name: "Erika Beispiel".to_owned(),
            street: "Lange Gasse 12".to_owned(),
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".to_owned(),
        },
    }
}

/// The state of a book of orders, on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Book {
    /// The number of orders.
    pub orders: u64,
    /// The total of all orders, in minor units.
    pub total: i64,
    /// The id of the last order.
    pub last_order: String,
}

impl Book {
    /// Adds an order.
    pub fn add(&mut self, order: &OrderPlaced) {
        self.orders += 1;
        self.total += order.total.amount;
        self.last_order.clone_from(&order.order_id);
    }
}
