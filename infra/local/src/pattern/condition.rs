//! Conditions on a single value: equality, prefix, suffix, range, and their negation by `anything-but`. Whether values
//! of different fields belong together is decided by the backtracking search.

use super::{
    cidr::{Address, CidrBlock},
    event::Value,
    wildcard::Wildcard,
};

/// One entry of a field's list of allowed values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// The JSON of the entry, as written in the pattern.
    pub(super) json: String,
    pub(super) operator: Operator,
}

/// A comparison with one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operator {
    /// Equal to a string.
    Text(String),
    /// Equal to a number, however it is written.
    Number(f64),
    /// A number with exactly this spelling. For numbers that cannot be compared by value.
    NumberText(String),
    /// Equal to `true`, `false` or `null`.
    Literal(&'static str),
    Prefix(String),
    Suffix(String),
    EqualsIgnoreCase(IgnoreCase),
    PrefixIgnoreCase(IgnoreCase),
    SuffixIgnoreCase(IgnoreCase),
    Wildcard(Wildcard),
    /// A number in this range.
    Range(Range),
    /// An IP address in this block.
    Cidr {
        block: CidrBlock,
        /// Whether the same list has a numeric condition.
        beside_numbers: bool,
    },
    /// Any value.
    Exists,
    /// No value. No value satisfies it.
    Absent,
    /// None of these.
    AnythingBut(Excluded),
}

/// A range of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Range {
    pub(super) lower: Option<Bound>,
    pub(super) upper: Option<Bound>,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) number: f64,
    /// Whether the number itself is in the range.
    pub(super) inclusive: bool,
}

/// What `anything-but` excludes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Excluded {
    Texts(Vec<String>),
    Numbers(Vec<f64>),
    Prefixes(Vec<String>),
    Suffixes(Vec<String>),
    EqualsIgnoreCase(Vec<IgnoreCase>),
    Wildcards(Vec<Wildcard>),
}

impl Operator {
    /// Returns whether the value satisfies the operator.
    pub(super) fn accepts(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Exists, _) => true,
            (Self::Absent, _) => false,
            (Self::AnythingBut(excluded), value) => !excluded.contains(value),
            (Self::Literal(expected), Value::Literal(literal)) => *expected == literal,
            (_, Value::Literal(_)) => false,
            (operator, Value::Text(text)) => operator.accepts_text(text),
            (operator, Value::Number { text, number }) => operator.accepts_number(text, number),
        }
    }

    /// Returns whether the operator compares values as numbers.
    pub(super) fn is_numeric(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Range(_) | Self::AnythingBut(Excluded::Numbers(_)))
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::Text(expected) => text == expected,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::EqualsIgnoreCase(expected) => expected.equals(text),
            Self::PrefixIgnoreCase(prefix) => prefix.is_prefix_of(text),
            Self::SuffixIgnoreCase(suffix) => suffix.is_suffix_of(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Cidr { block, .. } => Address::parse(text).is_some_and(|address| block.contains(address.digits())),
            _ => false,
        }
    }

    fn accepts_number(&self, text: &str, number: Option<f64>) -> bool {
        match (self, number) {
            (Self::Number(expected), Some(number)) => *expected == number,
            (Self::Range(range), Some(number)) => range.contains(number),
            (Self::NumberText(expected), None) => expected == text,
            // The service reads the digits of a number as those of an address, unless a numeric condition in the same
            // list makes it read them as a number.
            (Self::Cidr { beside_numbers: true, .. }, Some(_)) => false,
            (Self::Cidr { block, .. }, _) => block.contains(text.as_bytes()),
            _ => false,
        }
    }
}

impl Range {
    fn contains(&self, number: f64) -> bool {
        let above = |lower: Bound| number > lower.number || (lower.inclusive && number == lower.number);
        let below = |upper: Bound| number < upper.number || (upper.inclusive && number == upper.number);
        self.lower.is_none_or(above) && self.upper.is_none_or(below)
    }
}

impl Excluded {
    fn contains(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Numbers(numbers), Value::Number { number: Some(number), .. }) => numbers.contains(&number),
            (Self::Texts(texts), Value::Text(text)) => texts.iter().any(|excluded| excluded == text),
            (Self::Prefixes(prefixes), Value::Text(text)) => prefixes.iter().any(|prefix| text.starts_with(prefix)),
            (Self::Suffixes(suffixes), Value::Text(text)) => suffixes.iter().any(|suffix| text.ends_with(suffix)),
            (Self::EqualsIgnoreCase(all), Value::Text(text)) => all.iter().any(|excluded| excluded.equals(text)),
            (Self::Wildcards(all), Value::Text(text)) => all.iter().any(|wildcard| wildcard.matches(text)),
            _ => false,
        }
    }
}

/// A text that matches in either case. Each character matches its lower-case and its upper-case form, which may differ in
/// length, as those of `ß` do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IgnoreCase {
    characters: Vec<CaseForms>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct CaseForms {
    lower: String,
    upper: String,
}

impl IgnoreCase {
    pub(super) fn new(text: &str) -> Self {
        let forms = |character: char| CaseForms {
            lower: character.to_lowercase().collect(),
            upper: character.to_uppercase().collect(),
        };
        Self { characters: text.chars().map(forms).collect() }
    }

    /// Returns whether the value is this text.
    pub(super) fn equals(&self, value: &str) -> bool {
        self.strip_prefix(value).is_some_and(str::is_empty)
    }

    /// Returns whether the value begins with this text.
    pub(super) fn is_prefix_of(&self, value: &str) -> bool {
        self.strip_prefix(value).is_some()
    }

    /// Returns whether the value ends with this text.
    pub(super) fn is_suffix_of(&self, value: &str) -> bool {
        let mut characters = self.characters.iter().rev();
        characters
            .try_fold(value, |rest, forms| rest.strip_suffix(&forms.lower).or_else(|| rest.strip_suffix(&forms.upper)))
            .is_some()
    }

    // Neither form of a character is a prefix of the other, so the first that fits is the only one.
    fn strip_prefix<'v>(&self, value: &'v str) -> Option<&'v str> {
        self.characters
            .iter()
            .try_fold(value, |rest, forms| rest.strip_prefix(&forms.lower).or_else(|| rest.strip_prefix(&forms.upper)))
    }
}
