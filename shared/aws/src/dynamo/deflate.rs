//! Compressing text: plain deflate, with an end to what is unpacked, so that no item can fill the memory.

use std::io::{Read, Write};

use flate2::{Compression, bufread::DeflateDecoder, write::DeflateEncoder};

/// The most bytes a packed text may unpack to: many times what one item takes, and little for a function.
const MOST: u64 = 16 * 1024 * 1024;

/// Packs a text; none when the packer gives up, and then it stays as it is.
pub(crate) fn deflate(text: &str) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok()
}

/// Unpacks a text, or says what is wrong with it.
pub(crate) fn inflate(packed: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let mut decoder = DeflateDecoder::new(packed).take(MOST + 1);
    decoder.read_to_string(&mut text).map_err(|error| format!("packed text cannot be unpacked: {error}"))?;
    if text.len() as u64 > MOST {
        return Err(format!("packed text unpacks to more than {MOST} bytes"));
    }
    Ok(text)
}
