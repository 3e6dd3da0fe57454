//! A mail address in its shape: enough to refuse what no mailer takes, and what would break out of a header.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The longest address, in bytes.
const MAX_LENGTH: usize = 254;

/// A mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// A text that is no mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mail address {text:?} must be somebody@some.where, without spaces, at most {MAX_LENGTH} bytes")]
pub struct InvalidEmailAddress {
    /// The refused text, shortened.
    pub text: String,
}

impl EmailAddress {
    /// Checks the shape.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidEmailAddress> {
        let text = text.into();
        let refused =
            |character: char| character.is_whitespace() || character.is_control() || "<>,;\"".contains(character);
        let shaped = text.split_once('@').is_some_and(|(somebody, place)| {
            let named = place.split('.').count() >= 2 && place.split('.').all(|part| !part.is_empty());
            !somebody.is_empty() && named && !place.contains('@')
        });
        if !shaped || text.len() > MAX_LENGTH || text.contains(refused) {
            return Err(InvalidEmailAddress { text: text.chars().take(64).collect() });
        }
        Ok(Self(text))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;

    fn try_from(text: String) -> Result<Self, InvalidEmailAddress> {
        Self::new(text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl JsonSchema for EmailAddress {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": MAX_LENGTH, "examples": ["ada@example.com"] })
    }
}
