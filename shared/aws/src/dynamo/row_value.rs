//! A column's value as a native attribute, so that the service itself can add and append, and a person can read it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value};

/// The attribute of a value.
pub(crate) fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(list) => AttributeValue::L(list.iter().map(attribute).collect()),
        Value::Object(map) => {
            let fields: HashMap<_, _> = map.iter().map(|(key, value)| (key.clone(), attribute(value))).collect();
            AttributeValue::M(fields)
        }
    }
}

/// The value of an attribute, or what is wrong with it.
pub(crate) fn value(attribute: &AttributeValue) -> Result<Value, String> {
    match attribute {
        AttributeValue::Null(_) => Ok(Value::Null),
        AttributeValue::Bool(flag) => Ok(Value::Bool(*flag)),
        AttributeValue::N(digits) => number(digits),
        AttributeValue::S(text) => Ok(Value::String(text.clone())),
        AttributeValue::L(list) => list.iter().map(value).collect::<Result<Vec<Value>, String>>().map(Value::Array),
        AttributeValue::M(map) => {
            let fields = map.iter().map(|(key, field)| Ok((key.clone(), value(field)?)));
            fields.collect::<Result<Map<String, Value>, String>>().map(Value::Object)
        }
        _ => Err("an attribute is of a type that is never written here".to_owned()),
    }
}

/// Whole numbers stay whole; what has a fraction is a float.
fn number(digits: &str) -> Result<Value, String> {
    if let Ok(whole) = digits.parse::<i64>() {
        return Ok(whole.into());
    }
    if let Ok(whole) = digits.parse::<u64>() {
        return Ok(whole.into());
    }
    let float = digits.parse::<f64>().ok().and_then(Number::from_f64);
    float.map(Value::Number).ok_or_else(|| format!("{digits} is no number"))
}
