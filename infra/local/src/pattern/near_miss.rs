//! Finds the patterns that came closest to matching an event, with the first condition that failed in each.

use std::cmp::Reverse;

use super::{Event, FieldResult, Pattern, explain};

/// A pattern that almost matches an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The name that the pattern was given with.
    pub name: String,
    /// The first failing field, as an error message.
    pub why: String,
}

/// Returns at most `limit` patterns, closest first: those with the fewest failing fields, then those with the most matching
/// fields, then those whose expected value is most similar to the actual one. If no field of any pattern matches, only one
/// pattern is returned.
pub fn near_misses(patterns: &[(String, Pattern)], event: &Event, limit: usize) -> Vec<NearMiss> {
    let mut near: Vec<_> = patterns
        .iter()
        .filter_map(|(name, pattern)| {
            let explanation = explain(pattern, event);
            let alternative = explanation.nearest().filter(|_| !explanation.matches)?;
            let failures = alternative.failures().count();
            let first = alternative.failures().next()?;
            let matching = alternative.fields.len() - failures;
            let near = NearMiss { name: name.clone(), why: first.to_string() };
            Some((failures, Reverse(matching), Reverse(similarity(first)), near))
        })
        .collect();
    let limit = match near.iter().any(|(_, matching, ..)| matching.0 > 0) {
        true => {
            near.retain(|(_, matching, ..)| matching.0 > 0);
            limit
        }
        false => limit.min(1),
    };
    near.sort_by(|one, other| (one.0, one.1, one.2, &one.3.name).cmp(&(other.0, other.1, other.2, &other.3.name)));
    near.into_iter().take(limit).map(|(.., near)| near).collect()
}

/// The length of the common prefix and suffix of the most similar pair of an expected and an actual value.
fn similarity(field: &FieldResult) -> usize {
    let pairs = field.expected.iter().flat_map(|expected| field.actual.iter().map(move |actual| (expected, actual)));
    let similarity = |(expected, actual): (&String, &String)| {
        let prefix = expected.chars().zip(actual.chars()).take_while(|(one, other)| one == other).count();
        let suffix = expected.chars().rev().zip(actual.chars().rev()).take_while(|(one, other)| one == other).count();
        prefix + suffix
    };
    pairs.map(similarity).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(patterns: &[(&str, &str)], event: &str) -> Vec<(String, String)> {
        let read = |(name, text): &(&str, &str)| ((*name).to_owned(), Pattern::parse(text).expect("a pattern"));
        let patterns: Vec<_> = patterns.iter().map(read).collect();
        let event = Event::parse(event).expect("an event");
        near_misses(&patterns, &event, 2).into_iter().map(|near| (near.name, near.why)).collect()
    }

    #[test]
    fn the_pattern_with_the_fewest_failures_and_the_most_matching_fields_comes_first() {
        let patterns = [
            ("alone", r#"{"detail-type": ["Other"]}"#),
            ("both", r#"{"source": ["shop"], "detail-type": ["OrderPlaced"]}"#),
            ("stranger", r#"{"source": ["bakery"], "detail-type": ["BreadBaked"]}"#),
        ];
        let near = named(&patterns, r#"{"source": "till", "detail-type": "OrderPlaced"}"#);
        assert_eq!(
            near.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["both"],
            "no field of the others matches"
        );
        assert_eq!(near[0].1, "source: expected \"shop\", found \"till\": no value matches");
    }

    #[test]
    fn among_equals_the_most_similar_value_comes_first() {
        let patterns = [
            ("a", r#"{"detail-type": ["CancelOrder"]}"#),
            ("b", r#"{"detail-type": ["PlaceOrder"]}"#),
            ("c", r#"{"detail-type": ["ShipStock"]}"#),
        ];
        let near = named(&patterns, r#"{"source": "cli", "detail-type": "PlaceOrdr"}"#);
        assert_eq!(near.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_matching_pattern_is_not_a_near_miss() {
        assert_eq!(named(&[("a", r#"{"source": ["shop"]}"#)], r#"{"source": "shop"}"#), []);
    }
}
