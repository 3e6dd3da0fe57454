//! Paths whose digests collide.

use super::{Event, digest, mix};
use crate::pattern::{Pattern, RuleIndex};

/// Finds another path of sixteen bytes with the same digest.
fn with_same_digest(path: &str) -> String {
    let word = |bytes: &str, from: usize| {
        let bytes = bytes.as_bytes().get(from..from + 8).and_then(|bytes| bytes.try_into().ok());
        u64::from_le_bytes(bytes.expect("eight bytes"))
    };
    let mixed = |first: u64| mix(path.len() as u64, first).rotate_left(5);
    let paths = (10_000_000..100_000_000).map(|number: u32| number.to_string()).filter_map(|first| {
        let second = mixed(word(path, 0)) ^ word(path, 8) ^ mixed(word(&first, 0));
        let second = String::from_utf8(second.to_le_bytes().to_vec()).ok()?;
        (second.is_ascii() && !second.contains('.')).then(|| first + &second)
    });
    paths.into_iter().next().expect("every few hundredth number has one")
}

#[test]
fn two_paths_with_the_same_digest_are_distinguished() {
    let (one, other) = ("customer-number-", with_same_digest("customer-number-"));
    assert_eq!(digest(one), digest(&other));
    assert_ne!(one, other);
    let quoted = serde_json::Value::from(other.as_str());
    let pattern = Pattern::parse(&format!(r#"{{"{one}":["red"]}}"#)).expect("a pattern");
    let rules = RuleIndex::new([("red".to_owned(), pattern.clone())]);
    for (event, expected) in [
        (format!(r#"{{"{one}":"red"}}"#), true),
        (format!(r#"{{{quoted}:"red"}}"#), false),
        (format!(r#"{{"{one}":"red",{quoted}:"blue"}}"#), true),
        (format!(r#"{{{quoted}:"red","{one}":"blue"}}"#), false),
    ] {
        let event = Event::parse(&event).expect("an event");
        assert_eq!(pattern.matches(&event), expected, "{event:?}");
        assert_eq!(!rules.matching(&event).is_empty(), expected, "{event:?}");
    }
}
