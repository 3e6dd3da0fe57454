//! Items and their attributes: sizes as DynamoDB bills them, and reads that name what is wrong.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item as the SDK represents it.
pub type Item = HashMap<String, AttributeValue>;

/// The largest item that DynamoDB stores, in bytes.
pub(crate) const LIMIT: usize = 400 * 1024;

/// The bytes that one write unit pays for.
const WRITE_UNIT: usize = 1024;

/// The size of an item in bytes, as DynamoDB counts it.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

/// The write units that an item of this size consumes.
pub(crate) fn write_units(bytes: usize) -> usize {
    bytes.div_ceil(WRITE_UNIT).max(1)
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

/// A number takes one byte, one for a sign, and one for every two significant digits. The digits before and after the
/// decimal point are counted separately.
fn number_size(digits: &str) -> usize {
    let unsigned = digits.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = match (whole.trim_start_matches('0'), fraction.trim_end_matches('0')) {
        (whole, "") => (whole.trim_end_matches('0'), ""),
        ("", fraction) => ("", fraction.trim_start_matches('0')),
        both => both,
    };
    1 + usize::from(digits.starts_with('-')) + whole.len().div_ceil(2) + fraction.len().div_ceil(2)
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An item of these attributes.
pub(crate) fn item_of<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The string attribute of this name, or what is wrong with it.
pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Result<&'a str, String> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        Some(_) => Err(format!("{name} is not a string")),
        None => Err(format!("{name} is missing")),
    }
}

/// The unsigned integer attribute of this name, or what is wrong with it.
pub(crate) fn read_number(item: &Item, name: &str) -> Result<u64, String> {
    match item.get(name) {
        Some(AttributeValue::N(digits)) => digits.parse().map_err(|_| format!("{name} is {digits}, not an integer")),
        Some(_) => Err(format!("{name} is not a number")),
        None => Err(format!("{name} is missing")),
    }
}

#[cfg(test)]
mod tests;
