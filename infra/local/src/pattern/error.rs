//! The reasons why a pattern or an event is rejected. Every message about a field names it by its dotted path and states the
//! rule, so that it can be shown to the author of the pattern. Beside it stands the shorter sentence of the service.

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
        /// The sentence of the service about it.
        service_reason: String,
    },
    /// The wildcards of a field take too much work to match.
    #[error("{path}: the wildcards of {wildcard:?} may match one value in too many ways")]
    TooComplex {
        /// The dotted path of the field.
        path: String,
        /// The wildcard.
        wildcard: String,
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
    pub(super) fn field(path: &str, problem: impl Into<String>, service_reason: impl Into<String>) -> Self {
        let path = if path.is_empty() { "the pattern" } else { path };
        Self::Field { path: path.to_owned(), problem: problem.into(), service_reason: service_reason.into() }
    }

    /// The sentence with which the service rejects the pattern. It is shorter than the error and names no path.
    pub fn service_reason(&self) -> String {
        match self {
            Self::TooLong { limit, .. } => format!("Event pattern size is greater than {limit}"),
            Self::Json(_) | Self::NotAnObject { .. } => "Filter is not an object".to_owned(),
            Self::Field { service_reason, .. } => service_reason.clone(),
            Self::TooComplex { .. } => "Rule is too complex - try using fewer wildcard characters or fewer repeating \
                                        character sequences after a wildcard character"
                .to_owned(),
            Self::TooManyCombinations { .. } => "There are too many combinations of $or".to_owned(),
            Self::TooManyFields { limit, .. } => format!("Too many fields, {limit} are allowed"),
        }
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
