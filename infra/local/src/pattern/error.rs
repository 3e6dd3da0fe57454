//! Why a pattern or an event is refused: one variant for each rule of the language.
//! Every message names the field by its dotted path and says what the rule wants,
//! so that it can be shown to whoever wrote the pattern.

use super::json::JsonError;

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The text is longer than the service takes.
    #[error("the pattern has {characters} characters, {limit} are allowed")]
    TooLong {
        /// How many it has.
        characters: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The text is not JSON.
    #[error("the pattern is not valid JSON")]
    Json(#[source] JsonError),
    /// The whole pattern must be an object.
    #[error("the pattern must be an object, not {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// An object without fields says nothing.
    #[error("{path}: an empty object is not allowed")]
    EmptyObject {
        /// Where it stands.
        path: String,
    },
    /// A list without values could never match.
    #[error("{path}: an empty list is not allowed")]
    EmptyList {
        /// Where it stands.
        path: String,
    },
    /// A field of a pattern holds an object or a list of wanted values.
    #[error("{path}: must be an object or a list of values, not {found}")]
    NotAList {
        /// Where it stands.
        path: String,
        /// What it is.
        found: &'static str,
    },
    /// A wanted value is a string, number, true, false, null or one operator.
    #[error("{path}: a wanted value cannot be {found}")]
    NotAValue {
        /// Where it stands.
        path: String,
        /// What it is.
        found: &'static str,
    },
    /// An operator object holds one operator.
    #[error("{path}: an operator object must have exactly one field, not {fields}")]
    OneOperator {
        /// Where it stands.
        path: String,
        /// How many fields it has.
        fields: usize,
    },
    /// There is no such operator here.
    #[error("{path}: unknown operator {operator:?}{inside}")]
    UnknownOperator {
        /// Where it stands.
        path: String,
        /// The name that was given.
        operator: String,
        /// The operator around it, if any, in words.
        inside: &'static str,
    },
    /// An operator was given something it does not take.
    #[error("{path}: {operator} wants {wanted}, not {found}")]
    Operand {
        /// Where it stands.
        path: String,
        /// The operator.
        operator: &'static str,
        /// What the operator takes.
        wanted: &'static str,
        /// What it was given.
        found: String,
    },
    /// A numeric expression is `=`, `<` or `<=` and a number, or `>` or `>=` and a number,
    /// after which `<` or `<=` and a number may follow.
    #[error("{path}: numeric cannot be read: {problem}")]
    Numeric {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Numbers are compared between -5e9 and 5e9 and with the precision of a double.
    #[error("{path}: the number {number} cannot be compared exactly between -5e9 and 5e9")]
    NumberRange {
        /// Where it stands.
        path: String,
        /// As it was spelled.
        number: String,
    },
    /// A block of addresses is an address, a slash and a number of bits.
    #[error("{path}: {block:?} is not a block of addresses: {problem}")]
    Cidr {
        /// Where it stands.
        path: String,
        /// As it was spelled.
        block: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Wildcards stand alone, and a backslash escapes only `*` and `\`.
    #[error("{path}: the wildcard {text:?} is not allowed: {problem} at byte {at}")]
    Wildcard {
        /// Where it stands.
        path: String,
        /// As it was spelled.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
        /// Where in the text.
        at: usize,
    },
    /// `$or` wants at least two objects.
    #[error("{path}: $or wants a list of at least two objects, not {found}")]
    Or {
        /// Where it stands.
        path: String,
        /// What it was given.
        found: String,
    },
    /// Inside `$or` a field cannot have the name of an operator.
    #[error("{path}: {name:?} is reserved and cannot name a field inside $or")]
    Reserved {
        /// Where it stands.
        path: String,
        /// The name.
        name: String,
    },
    /// The alternatives of all `$or` multiply.
    #[error("{path}: $or makes more than {limit} combinations")]
    TooManyCombinations {
        /// The `$or` that went over the limit.
        path: String,
        /// How many are allowed.
        limit: usize,
    },
    /// A pattern names a limited number of fields.
    #[error("the pattern has {fields} fields, {limit} are allowed")]
    TooManyFields {
        /// How many it has.
        fields: usize,
        /// How many are allowed.
        limit: usize,
    },
}

/// Why an event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The text is not JSON.
    #[error("the event is not valid JSON")]
    Json(#[source] JsonError),
    /// The whole event must be an object.
    #[error("the event must be an object, not {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
}
