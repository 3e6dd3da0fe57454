//! What a message may be.

use std::collections::BTreeMap;

use super::super::{error, message::Attribute};
use crate::aws_error::AwsError;

/// So many attributes a message may have.
const MOST_ATTRIBUTES: usize = 10;

/// Why a parameter does not go with the kind of the queue.
pub(super) const NOT_FOR_THIS_TYPE: &str = "The request include parameter that is not valid for this queue type.";

pub(super) fn body(body: &str) -> Result<(), AwsError> {
    if body.is_empty() {
        return Err(error::missing("MessageBody"));
    }
    if !body.chars().all(is_allowed) {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                       #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(AwsError::sender("InvalidMessageContents", message));
    }
    Ok(())
}

fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

pub(super) fn attributes(attributes: &BTreeMap<String, Attribute>) -> Result<(), AwsError> {
    if attributes.len() > MOST_ATTRIBUTES {
        let message = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MOST_ATTRIBUTES}].",
            attributes.len()
        );
        return Err(AwsError::sender("InvalidParameterValue", message));
    }
    attributes.iter().try_for_each(|(name, attribute)| {
        if is_attribute_name(name) {
            value(name, attribute)
        } else {
            let message = format!("The message attribute name '{name}' is invalid.");
            Err(AwsError::sender("InvalidParameterValue", message))
        }
    })
}

fn is_attribute_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=256).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !(name.starts_with('.') || name.ends_with('.') || name.contains(".."))
        && !(lower.starts_with("aws.") || lower.starts_with("amazon."))
}

fn value(name: &str, attribute: &Attribute) -> Result<(), AwsError> {
    let refuse = |reason: &str| {
        let message = format!("The message attribute '{name}' {reason}");
        Err(AwsError::sender("InvalidParameterValue", message))
    };
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    let text = attribute.string_value.as_deref().unwrap_or_default();
    match kind {
        "" => refuse("must contain a non-empty message attribute type."),
        "String" | "Number" if text.is_empty() => {
            refuse(&format!("must contain a non-empty message attribute value for message attribute type '{kind}'."))
        }
        "String" if !text.chars().all(is_allowed) => refuse("contains invalid characters."),
        "Number" if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        "Number" => refuse("has no number as its value."),
        "String" => Ok(()),
        "Binary" if attribute.binary().is_some_and(|bytes| !bytes.is_empty()) => Ok(()),
        "Binary" => refuse("must contain a non-empty message attribute value for message attribute type 'Binary'."),
        _ => refuse(
            "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
        ),
    }
}

pub(super) fn system_attributes(attributes: &BTreeMap<String, Attribute>) -> Result<(), AwsError> {
    attributes.iter().try_for_each(|(name, attribute)| {
        if name != "AWSTraceHeader" || attribute.data_type != "String" {
            let message = format!("Message system attribute name '{name}' is invalid.");
            return Err(AwsError::sender("InvalidParameterValue", message));
        }
        value(name, attribute)
    })
}

/// A message group or deduplication id.
pub(super) fn fifo_id(parameter: &str, id: &str) -> Result<(), AwsError> {
    if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(error::invalid(
        parameter,
        id,
        "It can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    ))
}

/// In a FIFO queue only the queue as a whole delays.
pub(super) fn fifo_delay(delay: Option<u64>) -> Result<(), AwsError> {
    match delay {
        Some(seconds @ 1..) => Err(error::invalid("DelaySeconds", seconds, NOT_FOR_THIS_TYPE)),
        _ => Ok(()),
    }
}
