//! A number for each path, so that paths are sorted and looked for by it. Equal numbers are told apart by the paths
//! themselves, so nothing depends on how seldom they are.

/// Odd, with its bits all over the place, so that each byte reaches the upper ones.
const MIXER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A path of a pattern with its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::pattern) struct Path {
    /// The names from the outside to the inside, joined by dots.
    pub(in crate::pattern) text: String,
    /// Its number.
    pub(super) digest: u64,
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        Self { digest: digest(&text), text }
    }
}

/// The number of a path.
pub(super) fn digest(path: &str) -> u64 {
    let mut digest = path.len() as u64;
    let (words, rest) = path.as_bytes().as_chunks::<8>();
    for word in words {
        digest = mix(digest, u64::from_le_bytes(*word));
    }
    mix(digest, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn mix(digest: u64, word: u64) -> u64 {
    (digest.rotate_left(5) ^ word).wrapping_mul(MIXER)
}

/// Another path of sixteen bytes with the same digest.
#[cfg(test)]
pub(super) fn twin_of(path: &str) -> String {
    let word = |bytes: &str, from: usize| {
        let bytes = bytes.as_bytes().get(from..from + 8).and_then(|bytes| bytes.try_into().ok());
        u64::from_le_bytes(bytes.expect("eight bytes"))
    };
    let begun = |first: u64| mix(path.len() as u64, first).rotate_left(5);
    let twins = (10_000_000..100_000_000).map(|number: u32| number.to_string()).filter_map(|first| {
        let second = begun(word(path, 0)) ^ word(path, 8) ^ begun(word(&first, 0));
        let second = String::from_utf8(second.to_le_bytes().to_vec()).ok()?;
        (second.is_ascii() && !second.contains('.')).then(|| first + &second)
    });
    twins.into_iter().next().expect("every few hundredth number has one")
}
