//! Quantities: at least one piece, at most a million.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A number of pieces, from 1 to a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// A number that is not a valid quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quantity {number} must be 1 to {}", Quantity::MAX)]
pub struct InvalidQuantity {
    /// The rejected number.
    pub number: u32,
}

impl Quantity {
    /// The largest quantity.
    pub const MAX: u32 = 1_000_000;
    /// One piece.
    pub const ONE: Self = Self(1);

    /// Accepts a number from 1 to [`Self::MAX`].
    pub fn new(number: u32) -> Result<Self, InvalidQuantity> {
        if !(1..=Self::MAX).contains(&number) {
            return Err(InvalidQuantity { number });
        }
        Ok(Self(number))
    }

    /// Returns the number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(number: u32) -> Result<Self, InvalidQuantity> {
        Self::new(number)
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

impl JsonSchema for Quantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MAX })
    }
}
