//! Random numbers from a seed: the same seed and parts give the same number again.

/// A random number from a seed and the parts that identify its use.
pub(crate) fn mix(seed: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(finish(seed), |so_far, part| finish(so_far ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// A random number from 0 up to, and not including, 1.
pub(crate) fn unit_f64(seed: u64, parts: &[u64]) -> f64 {
    // 32 bits are enough for rates and delays.
    f64::from(u32::try_from(mix(seed, parts) >> 32).unwrap_or_default()) / 4_294_967_296.0
}

/// Hashes a text to a number.
pub(crate) fn hash_text(text: &str) -> u64 {
    let seed = u64::try_from(text.len()).unwrap_or_default();
    text.bytes().fold(seed, |so_far, byte| finish(so_far ^ u64::from(byte)))
}

/// A UUID of version 4, made from the seed.
pub(crate) fn uuid(seed: u64, parts: &[u64]) -> String {
    let (high, low) = (mix(seed, parts), mix(!seed, parts));
    let bits = (u128::from(high) << 64) | u128::from(low);
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}

// The finishing step of a generator that passes the usual tests of randomness: each bit of
// the input changes about half of the bits of the output.
fn finish(state: u64) -> u64 {
    let state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}
