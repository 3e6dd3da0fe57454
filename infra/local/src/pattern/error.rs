//! The reasons why a pattern or an event is rejected, one variant for each rule of the language. Every message names the
//! field by its dotted path and states the rule, so that it can be shown to the author of the pattern.

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
    /// An object has no fields.
    #[error("{path}: an empty object is not allowed")]
    EmptyObject {
        /// The dotted path of the field.
        path: String,
    },
    /// A list has no values, so it could never match.
    #[error("{path}: an empty list is not allowed")]
    EmptyList {
        /// The dotted path of the field.
        path: String,
    },
    /// A field of the pattern is neither an object nor a list of conditions.
    #[error("{path}: must be an object or a list of values, not {found}")]
    NotAList {
        /// The dotted path of the field.
        path: String,
        /// The kind of value found instead.
        found: &'static str,
    },
    /// A condition is not a string, number, true, false, null or one operator.
    #[error("{path}: a condition cannot be {found}")]
    NotAValue {
        /// The dotted path of the field.
        path: String,
        /// The kind of value found instead.
        found: &'static str,
    },
    /// An operator object does not have exactly one operator.
    #[error("{path}: an operator object must have exactly one field, not {fields}")]
    OneOperator {
        /// The dotted path of the field.
        path: String,
        /// The number of fields of the object.
        fields: usize,
    },
    /// There is no such operator here.
    #[error("{path}: unknown operator {operator:?}{inside}")]
    UnknownOperator {
        /// The dotted path of the field.
        path: String,
        /// The unknown name.
        operator: String,
        /// The enclosing operator, if any, for the message.
        inside: &'static str,
    },
    /// An operator has an invalid operand.
    #[error("{path}: {operator} takes {expected}, not {found}")]
    Operand {
        /// The dotted path of the field.
        path: String,
        /// The operator.
        operator: &'static str,
        /// The operands that the operator takes.
        expected: &'static str,
        /// The operand, as JSON.
        found: String,
    },
    /// A numeric expression is `=`, `<` or `<=` and a number, or `>` or `>=` and a number,
    /// after which `<` or `<=` and a number may follow.
    #[error("{path}: numeric is invalid: {problem}")]
    Numeric {
        /// The dotted path of the field.
        path: String,
        /// The rule that it breaks.
        problem: &'static str,
    },
    /// A number is outside -5e9 to 5e9 or not exact as a double.
    #[error("{path}: the number {number} cannot be compared exactly between -5e9 and 5e9")]
    NumberRange {
        /// The dotted path of the field.
        path: String,
        /// The value as written in the pattern.
        number: String,
    },
    /// A block is not an address, a slash and a number of bits.
    #[error("{path}: {block:?} is not a CIDR block: {problem}")]
    Cidr {
        /// The dotted path of the field.
        path: String,
        /// The value as written in the pattern.
        block: String,
        /// The rule that it breaks.
        problem: &'static str,
    },
    /// Two wildcards follow each other, or a backslash escapes something other than `*` and `\`.
    #[error("{path}: the wildcard {text:?} is invalid: {problem} at byte {at}")]
    Wildcard {
        /// The dotted path of the field.
        path: String,
        /// The value as written in the pattern.
        text: String,
        /// The rule that it breaks.
        problem: &'static str,
        /// The offset in the text, in bytes.
        at: usize,
    },
    /// `$or` is not a list of at least two objects.
    #[error("{path}: $or takes a list of at least two objects, not {found}")]
    Or {
        /// The dotted path of the field.
        path: String,
        /// The operand, as JSON.
        found: String,
    },
    /// A field inside `$or` has the name of an operator.
    #[error("{path}: {name:?} is reserved and cannot name a field inside $or")]
    Reserved {
        /// The dotted path of the field.
        path: String,
        /// The reserved name.
        name: String,
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
