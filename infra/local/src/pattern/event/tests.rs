use super::{
    Event,
    path::{digest, twin_of},
};
use crate::pattern::{Pattern, Rules};

#[test]
fn two_paths_with_the_same_digest_are_told_apart() {
    let (one, other) = ("customer-number-", twin_of("customer-number-"));
    assert_eq!(digest(one), digest(&other));
    assert_ne!(one, other);
    let quoted = serde_json::Value::from(other.as_str());
    let pattern = Pattern::parse(&format!(r#"{{"{one}":["red"]}}"#)).expect("a pattern");
    let rules = Rules::new([("red".to_owned(), pattern.clone())]);
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
