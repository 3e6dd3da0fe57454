//! An item as a stream's record shows it, turned into an item as the SDK has it.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use aws_smithy_types::base64::decode;
use serde::Deserialize;

use crate::dynamo::Item;

/// An item in a record.
pub type Image = HashMap<String, ImageValue>;

/// A value in a record: `{"S": "text"}`.
#[derive(Clone, Debug, Deserialize)]
pub enum ImageValue {
    /// A text.
    S(String),
    /// A number, in digits.
    N(String),
    /// Bytes, in base64.
    B(String),
    /// True or false.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Nothing.
    #[serde(rename = "NULL")]
    Null(bool),
    /// A list.
    L(Vec<ImageValue>),
    /// A map.
    M(Image),
    /// A set of texts.
    #[serde(rename = "SS")]
    Texts(Vec<String>),
    /// A set of numbers.
    #[serde(rename = "NS")]
    Numbers(Vec<String>),
    /// A set of bytes.
    #[serde(rename = "BS")]
    Blobs(Vec<String>),
}

/// The item, or what is wrong with it.
pub fn item(image: Image) -> Result<Item, String> {
    image.into_iter().map(|(name, value)| Ok((name, attribute(value)?))).collect()
}

fn attribute(value: ImageValue) -> Result<AttributeValue, String> {
    Ok(match value {
        ImageValue::S(text) => AttributeValue::S(text),
        ImageValue::N(digits) => AttributeValue::N(digits),
        ImageValue::B(base64) => AttributeValue::B(blob(&base64)?),
        ImageValue::Bool(truth) => AttributeValue::Bool(truth),
        ImageValue::Null(null) => AttributeValue::Null(null),
        ImageValue::L(list) => AttributeValue::L(list.into_iter().map(attribute).collect::<Result<_, _>>()?),
        ImageValue::M(map) => AttributeValue::M(item(map)?),
        ImageValue::Texts(texts) => AttributeValue::Ss(texts),
        ImageValue::Numbers(numbers) => AttributeValue::Ns(numbers),
        ImageValue::Blobs(blobs) => {
            AttributeValue::Bs(blobs.iter().map(|base64| blob(base64)).collect::<Result<_, _>>()?)
        }
    })
}

fn blob(base64: &str) -> Result<Blob, String> {
    decode(base64).map(Blob::new).map_err(|error| format!("bytes that are no base64: {error}"))
}
