//! Strict JSON: [`check`] refuses duplicate keys and deep nesting, which parsers treat differently. A message that two
//! readers decode differently could get past one of them.

#[cfg(test)]
mod tests;

use std::{cell::Cell, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};

/// The deepest nesting accepted.
pub const MAX_DEPTH: usize = 64;

/// A text that is not strict JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON: {reason}")]
pub struct JsonError {
    /// The broken rule, with line and column.
    pub reason: String,
}

/// Checks that a text is JSON without duplicate keys, at most [`MAX_DEPTH`] levels deep.
///
/// ```
/// use causeway::message::json::check;
/// assert!(check(r#"{"a":[1,{"b":null}]}"#).is_ok());
/// assert!(check(r#"{"a":1,"a":2}"#).is_err());
/// assert!(check(&"[".repeat(1000)).is_err());
/// ```
pub fn check(text: &str) -> Result<(), JsonError> {
    let depth = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: &depth }.deserialize(&mut reader).and_then(|()| reader.end());
    read.map_err(|error| JsonError { reason: error.to_string() })
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: &'a Cell<usize>,
}

impl Strict<'_> {
    fn enter<E: serde::de::Error>(self) -> Result<(), E> {
        let depth = self.depth.get() + 1;
        if depth > MAX_DEPTH {
            return Err(E::custom(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth.set(depth);
        Ok(())
    }

    fn leave(self) {
        self.depth.set(self.depth.get() - 1);
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The visitor functions of values that need no check.
macro_rules! accept {
    ($($visit:ident($value:ty))+) => {
        $(fn $visit<E>(self, _: $value) -> Result<(), E> {
            Ok(())
        })+
    };
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Equivalent mutant: every type of JSON is accepted, so no error names what was expected.
        f.write_str("JSON")
    }

    accept! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        while items.next_element_seed(self)?.is_some() {}
        self.leave();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut keys = HashSet::new();
        while let Some(Key(key)) = entries.next_key()? {
            entries.next_value_seed(self)?;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format!("duplicate key {key:?}")));
            }
        }
        self.leave();
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Key(String);
