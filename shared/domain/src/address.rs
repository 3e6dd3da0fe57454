//! Where a parcel goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A postal address, as the buyer wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Who receives the parcel.
    pub name: String,
    /// Street and house.
    pub street: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// Country.
    pub country: String,
}
