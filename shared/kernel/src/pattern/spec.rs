//! [`PatternSpec`]: a pattern as data, read from JSON. Unknown fields are errors; `schemars` makes its JSON schema.
//! Durations are ISO 8601 in hours, minutes and seconds: `PT10M`, and `PT24H` for a day.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scalar;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatternSpec {
    /// The name: unique, 1 to 64 characters of `A-Z a-z 0-9 _ -`. It is part of the id of every match.
    pub name: String,
    /// What the events of a match have in common.
    pub key: KeySpec,
    /// What is looked for.
    pub pattern: PatternKind,
    /// Matches only if it is found several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<RepeatSpec>,
}

/// Where the key is in the data of an event: field names with dots between them, such as `buyer.id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum KeySpec {
    /// The same path in every event.
    Field(String),
    /// The path for each event by its name, so that different streams are joined.
    Fields(BTreeMap<String, String>),
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Events that follow each other.
    Sequence(SequenceSpec),
    /// Several events of a kind.
    Count(CountSpec),
    /// An event that another one does not follow.
    Absence(AbsenceSpec),
}

/// Events that follow each other, with others between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SequenceSpec {
    /// The steps in order: 2 to 16.
    pub steps: Vec<StepSpec>,
    /// The time from the first event to the last, included.
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

/// Several events of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountSpec {
    /// The event.
    pub of: StepSpec,
    /// How many: at least 1, at most [`PatternLimits::max_partials`](super::PatternLimits::max_partials).
    pub at_least: usize,
    /// The time from the first event to the last, included.
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

/// An event that another one does not follow. Both may be of the same kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsenceSpec {
    /// The event that begins the wait.
    pub after: StepSpec,
    /// The event that must not come.
    pub not: StepSpec,
    /// The length of the wait, its end included.
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

/// The whole pattern several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatSpec {
    /// How many times: 2 to 100.
    pub times: usize,
    /// The time from the earliest start to the last end, included.
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

/// An event of a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// The name of the event: `PaymentFailed`.
    pub event: String,
    /// A name for conditions of later steps; unique in the pattern.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Conditions on its fields, which must all hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// A condition on a field, with exactly one comparison. It does not hold where the field is missing, or of another type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The path of the field.
    pub field: String,
    /// Equal to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Operand>,
    /// A number, and at least as large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Operand>,
    /// A number, and at most as large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Operand>,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Operand {
    /// A field of an earlier step.
    Step(StepField),
    /// A value.
    Value(#[schemars(with = "serde_json::Value")] Scalar),
}

/// A field of an earlier step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepField {
    /// The name that the step has by `as`.
    pub step: String,
    /// The path of the field.
    pub field: String,
    /// The part of the number that is compared: 90 is 90 %. Whole numbers are compared exactly.
    #[serde(default = "all")]
    pub percent: u32,
}

/// 100 %: the number itself.
pub(super) fn all() -> u32 {
    100
}
