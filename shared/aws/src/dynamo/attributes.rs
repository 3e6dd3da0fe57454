//! Items: what an attribute weighs and how one is read without trusting it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The most bytes one item may have.
pub(crate) const LIMIT: usize = 400 * 1024;

/// What one write unit pays for, in bytes.
const UNIT: usize = 1024;

/// An item's size as the service counts it.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

/// The write units that an item of this size costs.
pub(crate) fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT).max(1)
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => number_size(digits),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(key, value)| 1 + key.len() + value_size(value)).sum::<usize>(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|digits| number_size(digits)).sum(),
        AttributeValue::Bs(blobs) => blobs.iter().map(|blob| blob.as_ref().len()).sum(),
        _ => 1,
    }
}

/// A number costs one byte and one more for every two of its significant digits, before and behind the point
/// each for themselves; a sign is one byte.
fn number_size(digits: &str) -> usize {
    let unsigned = digits.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    let (whole, fraction) = match (whole, fraction) {
        (whole, "") => (whole.trim_end_matches('0'), ""),
        ("", fraction) => ("", fraction.trim_start_matches('0')),
        both => both,
    };
    1 + usize::from(digits.starts_with('-')) + whole.len().div_ceil(2) + fraction.len().div_ceil(2)
}

/// A whole number as an attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A text as an attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The text of this name, or what is wrong with it.
pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Result<&'a str, String> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        Some(_) => Err(format!("{name} is no text")),
        None => Err(format!("{name} is missing")),
    }
}

/// The whole number of this name, or what is wrong with it.
pub(crate) fn read_number(item: &Item, name: &str) -> Result<u64, String> {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => {
            digits.parse().map_err(|_| format!("{name} is {digits}, not a whole number"))
        }
        Some(_) => Err(format!("{name} is no number")),
        None => Err(format!("{name} is missing")),
    }
}

#[cfg(test)]
mod tests;
