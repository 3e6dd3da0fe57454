//! What a pattern may ask of one value: to be equal, to begin or end with something, to lie
//! in a range, or to be anything but that. Every test looks at a single value; which values
//! of an event belong together is decided elsewhere.

use super::{
    address::{Address, Block},
    event::Value,
    fold::Folded,
    wildcard::Wildcard,
};

/// One wanted value of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// As the pattern spells it.
    pub(super) spelled: String,
    /// The question to the value.
    pub(super) test: Test,
}

/// A question to one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Is it this string?
    Text(String),
    /// Is it this number, however it is spelled?
    Number(f64),
    /// Is it a number spelled like this? For numbers that cannot be compared.
    Spelled(String),
    /// Is it `true`, `false` or `null`, as given?
    Word(&'static str),
    /// Does it begin with this?
    Prefix(String),
    /// Does it end with this?
    Suffix(String),
    /// Is it this string in any case?
    Folded(Folded),
    /// Does it begin with this in any case?
    FoldedPrefix(Folded),
    /// Does it end with this in any case?
    FoldedSuffix(Folded),
    /// Does it fit around the gaps?
    Wildcard(Wildcard),
    /// Is it a number in this range?
    Range(Range),
    /// Is it an address in this block?
    Block {
        /// The addresses.
        block: Block,
        /// Whether numbers are wanted in the same list.
        beside_numbers: bool,
    },
    /// Is there any value?
    Exists,
    /// Is there no value? No value answers yes.
    Absent,
    /// Is it none of these?
    AnythingBut(Refused),
}

/// Numbers from one bound to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Range {
    /// Nothing below this.
    pub(super) lower: Option<Bound>,
    /// Nothing above this.
    pub(super) upper: Option<Bound>,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    /// The number at the end.
    pub(super) number: f64,
    /// Whether the number itself is in the range.
    pub(super) included: bool,
}

/// What `anything-but` does not let through.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refused {
    /// These strings.
    Texts(Vec<String>),
    /// These numbers.
    Numbers(Vec<f64>),
    /// What begins with one of these.
    Prefixes(Vec<String>),
    /// What ends with one of these.
    Suffixes(Vec<String>),
    /// These strings in any case.
    Folded(Vec<Folded>),
    /// What fits one of these.
    Wildcards(Vec<Wildcard>),
}

impl Test {
    /// Does the value pass?
    pub(super) fn accepts(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Exists, _) => true,
            (Self::Absent, _) => false,
            (Self::AnythingBut(refused), value) => !refused.holds(value),
            (Self::Word(wanted), Value::Word(word)) => *wanted == word,
            (_, Value::Word(_)) => false,
            (test, Value::Text(text)) => test.accepts_text(text),
            (test, Value::Number { spelled, number }) => test.accepts_number(spelled, number),
        }
    }

    /// Does the test read values as numbers?
    pub(super) fn wants_numbers(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Range(_) | Self::AnythingBut(Refused::Numbers(_)))
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => text == wanted,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Folded(folded) => folded.equals(text),
            Self::FoldedPrefix(folded) => folded.starts(text),
            Self::FoldedSuffix(folded) => folded.ends(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Block { block, .. } => Address::read(text).is_some_and(|address| block.holds(address.digits())),
            _ => false,
        }
    }

    fn accepts_number(&self, spelled: &str, number: Option<f64>) -> bool {
        match (self, number) {
            (Self::Number(wanted), Some(number)) => *wanted == number,
            (Self::Range(range), Some(number)) => range.holds(number),
            (Self::Spelled(wanted), None) => wanted == spelled,
            // The service takes the digits of a number for those of an address, unless
            // something in the same list made it read them as a number.
            (Self::Block { beside_numbers: true, .. }, Some(_)) => false,
            (Self::Block { block, .. }, _) => block.holds(spelled.as_bytes()),
            _ => false,
        }
    }
}

impl Range {
    fn holds(&self, number: f64) -> bool {
        let above = |lower: Bound| number > lower.number || (lower.included && number == lower.number);
        let below = |upper: Bound| number < upper.number || (upper.included && number == upper.number);
        self.lower.is_none_or(above) && self.upper.is_none_or(below)
    }
}

impl Refused {
    fn holds(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Numbers(numbers), Value::Number { number: Some(number), .. }) => numbers.contains(&number),
            (Self::Texts(texts), Value::Text(text)) => texts.iter().any(|refused| refused == text),
            (Self::Prefixes(prefixes), Value::Text(text)) => prefixes.iter().any(|prefix| text.starts_with(prefix)),
            (Self::Suffixes(suffixes), Value::Text(text)) => suffixes.iter().any(|suffix| text.ends_with(suffix)),
            (Self::Folded(all), Value::Text(text)) => all.iter().any(|folded| folded.equals(text)),
            (Self::Wildcards(all), Value::Text(text)) => all.iter().any(|wildcard| wildcard.matches(text)),
            _ => false,
        }
    }
}
