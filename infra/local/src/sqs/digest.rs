//! The MD5 checksums of messages, which SDKs verify, and the content-based deduplication id.

use std::{collections::BTreeMap, fmt::Write};

use md5::{Digest, Md5};
use sha2::Sha256;

use super::message::MessageAttribute;

/// The MD5 of a message body.
pub(super) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// The MD5 of message attributes in the order of their names. Each part is preceded by its length.
pub(super) fn of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        update_part(&mut digest, name.as_bytes());
        update_part(&mut digest, attribute.data_type.as_bytes());
        match (&attribute.string_value, attribute.binary()) {
            (Some(text), _) => {
                digest.update([1]);
                update_part(&mut digest, text.as_bytes());
            }
            (None, bytes) => {
                digest.update([2]);
                update_part(&mut digest, &bytes.unwrap_or_default());
            }
        }
    }
    Some(hex(&digest.finalize()))
}

/// The content-based deduplication id: the SHA-256 of the body.
pub(super) fn of_content(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

fn update_part(digest: &mut Md5, bytes: &[u8]) {
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
