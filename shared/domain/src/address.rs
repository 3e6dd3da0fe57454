//! Postal addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A postal address, as the buyer entered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The name of the recipient.
    pub name: String,
    /// The street and the house number.
    pub street: String,
    /// The postal code.
    pub postal_code: String,
    /// The town.
    pub city: String,
    /// The country, as the buyer entered it.
    pub country: String,
}
