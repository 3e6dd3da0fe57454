//! Which patterns came nearest to an event that none of them wants, and the first thing that each of them missed.

use std::cmp::Reverse;

use super::{Alternative, Event, Explanation, Part, Pattern, explain};

/// A pattern that came near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The name under which it was given.
    pub name: String,
    /// The first field that keeps it from matching, in words.
    pub why: String,
}

/// The nearest first, at most this many: those with the fewest fields that fail, then with the most that hold, then
/// those whose wanted value looks most like the found one. Where in none of them any field holds, only one is named.
pub fn nearest(patterns: &[(String, Pattern)], event: &Event, most: usize) -> Vec<Near> {
    let mut near: Vec<_> = patterns
        .iter()
        .filter_map(|(name, pattern)| {
            let explanation: Explanation = explain(pattern, event);
            let alternative: &Alternative = explanation.nearest().filter(|_| !explanation.matches)?;
            let failures = alternative.failures().count();
            let first = alternative.failures().next()?;
            let holding = alternative.parts.len() - failures;
            let near = Near { name: name.clone(), why: first.to_string() };
            Some((failures, Reverse(holding), Reverse(likeness(first)), near))
        })
        .collect();
    let most = match near.iter().any(|(_, holding, ..)| holding.0 > 0) {
        true => {
            near.retain(|(_, holding, ..)| holding.0 > 0);
            most
        }
        false => most.min(1),
    };
    near.sort_by(|one, other| (one.0, one.1, one.2, &one.3.name).cmp(&(other.0, other.1, other.2, &other.3.name)));
    near.into_iter().take(most).map(|(.., near)| near).collect()
}

/// How many letters are the same from the front and from the back, for the pair that is most alike.
fn likeness(part: &Part) -> usize {
    let pairs = part.wanted.iter().flat_map(|wanted| part.found.iter().map(move |found| (wanted, found)));
    let alike = |(wanted, found): (&String, &String)| {
        let front = wanted.chars().zip(found.chars()).take_while(|(one, other)| one == other).count();
        let back = wanted.chars().rev().zip(found.chars().rev()).take_while(|(one, other)| one == other).count();
        front + back
    };
    pairs.map(alike).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(patterns: &[(&str, &str)], event: &str) -> Vec<(String, String)> {
        let read = |(name, text): &(&str, &str)| ((*name).to_owned(), Pattern::parse(text).expect("a pattern"));
        let patterns: Vec<_> = patterns.iter().map(read).collect();
        let event = Event::parse(event).expect("an event");
        nearest(&patterns, &event, 2).into_iter().map(|near| (near.name, near.why)).collect()
    }

    #[test]
    fn the_one_with_the_fewest_failures_and_the_most_that_holds_is_nearest() {
        let patterns = [
            ("alone", r#"{"detail-type": ["Other"]}"#),
            ("both", r#"{"source": ["shop"], "detail-type": ["OrderPlaced"]}"#),
            ("stranger", r#"{"source": ["bakery"], "detail-type": ["BreadBaked"]}"#),
        ];
        let near = named(&patterns, r#"{"source": "till", "detail-type": "OrderPlaced"}"#);
        assert_eq!(
            near.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["both"],
            "in no other anything holds"
        );
        assert_eq!(near[0].1, "source: wanted \"shop\", found \"till\": no found value is wanted");
    }

    #[test]
    fn among_equals_the_one_that_looks_most_alike_comes_first() {
        let patterns = [
            ("a", r#"{"detail-type": ["CancelOrder"]}"#),
            ("b", r#"{"detail-type": ["PlaceOrder"]}"#),
            ("c", r#"{"detail-type": ["ShipStock"]}"#),
        ];
        let near = named(&patterns, r#"{"source": "cli", "detail-type": "PlaceOrdr"}"#);
        assert_eq!(near.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_pattern_that_matches_is_not_one_that_came_near() {
        assert_eq!(named(&[("a", r#"{"source": ["shop"]}"#)], r#"{"source": "shop"}"#), []);
    }
}
