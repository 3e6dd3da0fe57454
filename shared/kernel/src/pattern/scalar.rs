//! [`Scalar`]: a value of a field, how it is read at a path and compared. Whole numbers are compared exactly, also as a
//! percentage; other numbers as floats.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest text of a key or a condition, in bytes.
pub const MAX_TEXT: usize = 256;

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
}

/// A scalar as it is stored: a float is its bits, because reading a printed one may round it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Stored {
    #[serde(rename = "b")]
    Bool(bool),
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "f")]
    Float(u64),
    #[serde(rename = "t")]
    Text(String),
}

/// A borrowed scalar.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

/// The comparison of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    AtLeast,
    AtMost,
}

impl Scalar {
    pub(super) fn field(&self) -> Field<'_> {
        match self {
            Self::Bool(value) => Field::Bool(*value),
            Self::Int(value) => Field::Int(*value),
            Self::Float(value) => Field::Float(*value),
            Self::Text(value) => Field::Text(value),
        }
    }
}

impl Stored {
    pub(super) fn field(&self) -> Field<'_> {
        match self {
            Self::Bool(value) => Field::Bool(*value),
            Self::Int(value) => Field::Int(*value),
            Self::Float(bits) => Field::Float(f64::from_bits(*bits)),
            Self::Text(value) => Field::Text(value),
        }
    }
}

impl From<Field<'_>> for Stored {
    fn from(field: Field<'_>) -> Self {
        match field {
            Field::Bool(value) => Self::Bool(value),
            Field::Int(value) => Self::Int(value),
            Field::Float(value) => Self::Float(value.to_bits()),
            Field::Text(value) => Self::Text(value.to_owned()),
        }
    }
}

/// Reads the scalar at a path.
pub(super) fn read<'a>(data: &'a Value, path: &[String]) -> Option<Field<'a>> {
    match path.iter().try_fold(data, |value, name| value.get(name))? {
        Value::Bool(value) => Some(Field::Bool(*value)),
        Value::Number(number) => number.as_i64().map(Field::Int).or_else(|| number.as_f64().map(Field::Float)),
        Value::String(text) => (text.len() <= MAX_TEXT).then_some(Field::Text(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Field<'_> {
    /// Whether the comparison holds with this percentage of the other one.
    pub(super) fn compares(self, comparison: Comparison, other: Field<'_>, percent: u32) -> bool {
        let order = match (self, other) {
            (Field::Int(value), Field::Int(other)) => {
                Some((i128::from(value) * 100).cmp(&(i128::from(other) * i128::from(percent))))
            }
            (Field::Int(_) | Field::Float(_), Field::Int(_) | Field::Float(_)) => {
                let factor = f64::from(percent) / 100.0;
                self.number().partial_cmp(&(other.number() * factor))
            }
            (Field::Text(value), Field::Text(other)) => (value == other).then_some(Ordering::Equal),
            (Field::Bool(value), Field::Bool(other)) => (value == other).then_some(Ordering::Equal),
            _ => None,
        };
        let is_number = matches!(self, Field::Int(_) | Field::Float(_));
        match comparison {
            Comparison::Equals => order == Some(Ordering::Equal),
            Comparison::AtLeast => is_number && order.is_some_and(Ordering::is_ge),
            Comparison::AtMost => is_number && order.is_some_and(Ordering::is_le),
        }
    }

    fn number(self) -> f64 {
        match self {
            Field::Int(value) => value as f64,
            Field::Float(value) => value,
            Field::Bool(_) | Field::Text(_) => f64::NAN,
        }
    }
}
