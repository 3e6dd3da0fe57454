//! Reads JSON the way the pattern language needs it: fields in the order they were written,
//! repeated fields kept, numbers with the spelling they came with. What is nested deeper
//! than [`DEEPEST`] levels is refused, so that nobody who walks the tree leaves the stack.

use std::{borrow::Cow, fmt};

use serde_json::Value as Escaped;

mod reader;
#[cfg(test)]
mod tests;

pub(super) use reader::{Reader, Scalar, read};

/// Objects and lists inside each other; one more is refused.
pub(super) const DEEPEST: usize = 500;

/// Why a text is not the JSON that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The grammar wanted something else at this byte.
    #[error("expected {wanted} at byte {at}")]
    Unexpected {
        /// Offset into the text, in bytes.
        at: usize,
        /// What the grammar allows there.
        wanted: &'static str,
    },
    /// Objects and lists are nested too deeply.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The deepest nesting that is read.
        limit: usize,
    },
}

/// A JSON value that borrows its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'t> {
    /// `true`, `false` or `null`.
    Word(&'static str),
    /// A number as it was spelled.
    Number(&'t str),
    /// A string without its escapes.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Json<'t>>),
    /// An object; order and repetitions are those of the text.
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

impl Json<'_> {
    /// What kind of value this is, as an error message calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Word(word) => word,
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => out.write_str(word),
            Self::Number(spelled) => out.write_str(spelled),
            Self::Text(text) => quoted(text).fmt(out),
            Self::List(items) => {
                for (position, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if position == 0 { "[" } else { "," })?;
                }
                out.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(fields) => {
                for (position, (name, value)) in fields.iter().enumerate() {
                    let opening = if position == 0 { "{" } else { "," };
                    write!(out, "{opening}{}:{value}", quoted(name))?;
                }
                out.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

/// Shows a text as a JSON string.
pub(super) fn quoted(text: &str) -> impl fmt::Display {
    Escaped::from(text)
}
