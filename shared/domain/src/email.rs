//! E-mail addresses, validated by their syntax only: rejects what no provider accepts and what could inject a header.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The maximum length of an address in bytes.
const MAX_LENGTH: usize = 254;

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "email", "maxLength" = MAX_LENGTH, "examples" = ["ada@example.com"]))]
pub struct EmailAddress(String);

/// A text that is not an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("e-mail address {text:?} must have the form name@example.com, without spaces, at most {MAX_LENGTH} bytes")]
pub struct InvalidEmailAddress {
    /// The rejected text, shortened.
    pub text: String,
}

impl EmailAddress {
    /// Accepts `local@domain.tld` without spaces and control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidEmailAddress> {
        let text = text.into();
        let forbidden =
            |character: char| character.is_whitespace() || character.is_control() || "<>,;\"".contains(character);
        let valid = text.split_once('@').is_some_and(|(local, domain)| {
            let labels = domain.split('.').count() >= 2 && domain.split('.').all(|part| !part.is_empty());
            !local.is_empty() && labels && !domain.contains('@')
        });
        if !valid || text.len() > MAX_LENGTH || text.contains(forbidden) {
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
