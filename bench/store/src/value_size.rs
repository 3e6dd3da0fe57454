//! A value's size as DynamoDB bills it: text and blobs in bytes, numbers packed two digits to the byte.

use serde_json::Value;

/// The size of a value in the form of the wire.
pub fn value_size(value: &Value) -> usize {
    let Some((kind, content)) = value.as_object().and_then(|value| value.iter().next()) else { return 0 };
    match (kind.as_str(), content) {
        ("S", Value::String(text)) => text.len(),
        ("B", Value::String(base64)) => base64.trim_end_matches('=').len() * 3 / 4,
        ("N", Value::String(number)) => number_size(number),
        ("L", Value::Array(list)) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        _ => 1,
    }
}

fn number_size(number: &str) -> usize {
    let digits = number.trim_start_matches(['-', '0']).bytes().filter(u8::is_ascii_digit).count();
    digits.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}
