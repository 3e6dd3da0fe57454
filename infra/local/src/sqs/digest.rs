//! The checksums by which SDKs compare what they sent with what arrived.

use std::{collections::BTreeMap, fmt::Write};

use md5::{Digest, Md5};
use sha2::Sha256;

use super::message::Attribute;

/// The MD5 of a body.
pub(super) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// The MD5 of attributes in the order of their names: each part with its length before it.
pub(super) fn of_attributes(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        part(&mut digest, name.as_bytes());
        part(&mut digest, attribute.data_type.as_bytes());
        match (&attribute.string_value, attribute.binary()) {
            (Some(text), _) => {
                digest.update([1]);
                part(&mut digest, text.as_bytes());
            }
            (None, bytes) => {
                digest.update([2]);
                part(&mut digest, &bytes.unwrap_or_default());
            }
        }
    }
    Some(hex(&digest.finalize()))
}

/// The deduplication id that a queue makes of the content.
pub(super) fn of_content(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

fn part(digest: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    digest.update(length.to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
