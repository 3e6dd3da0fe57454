//! The reasons why a pattern or an event is rejected. Every message about a field names it by its dotted path and states the
//! rule, so that it can be shown to the author of the pattern.

use super::json::JsonError;

/// The reason why a pattern is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The pattern is longer than the limit.
    #[error("the pattern has {characters} characters, {limit} are allowed")]
    TooLong {
        /// The length of the pattern, in characters.
        characters: usize,
        /// The maximum.
        limit: usize,
    },
    /// The text is not JSON.
    #[error("the pattern is not valid JSON")]
    Json(#[source] JsonError),
    /// The pattern is not an object.
    #[error("the pattern must be an object, not {found}")]
    NotAnObject {
        /// The kind of value found instead.
        found: &'static str,
    },
    /// A field or one of its conditions is invalid.
    #[error("{path}: {problem}")]
    Field {
        /// The dotted path of the field.
        path: String,
        /// The rule that it breaks.
        problem: String,
    },
    /// The alternatives of all `$or` multiply to more combinations than the limit.
    #[error("{path}: $or makes more than {limit} combinations")]
    TooManyCombinations {
        /// The dotted path of the `$or` that exceeded the limit.
        path: String,
        /// The maximum.
        limit: usize,
    },
    /// The pattern has more fields than the limit.
    #[error("the pattern has {fields} fields, {limit} are allowed")]
    TooManyFields {
        /// The number of fields.
        fields: usize,
        /// The maximum.
        limit: usize,
    },
}

impl PatternError {
    /// The error of the field at this path; an empty path is the pattern itself.
    pub(super) fn field(path: &str, problem: impl Into<String>) -> Self {
        let path = if path.is_empty() { "the pattern" } else { path };
        Self::Field { path: path.to_owned(), problem: problem.into() }
    }
}

/// The reason why an event is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The text is not JSON.
    #[error("the event is not valid JSON")]
    Json(#[source] JsonError),
    /// The event is not an object.
    #[error("the event must be an object, not {found}")]
    NotAnObject {
        /// The kind of value found instead.
        found: &'static str,
    },
}
