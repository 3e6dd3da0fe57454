//! Explains why a pattern does not match an event: for each field of the pattern the expected values, the event's values
//! and the verdict. A pattern with `$or` is explained once for each combination. [`near_misses`] finds the patterns that
//! came closest to a match.

use std::{cmp::Reverse, fmt};

use super::{
    backtracking,
    branch::{Branch, Field, FieldMatch},
    compile::Pattern,
    event::Event,
};

/// The result of comparing a pattern to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the pattern matches, for which one matching alternative is enough.
    pub matches: bool,
    /// A single alternative without `$or`; otherwise each combination of its objects.
    pub alternatives: Vec<Alternative>,
}

/// One way in which the pattern could match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Whether all fields match, and match together.
    pub matches: bool,
    /// The result of each field that the pattern names.
    pub fields: Vec<FieldResult>,
}

/// The result of one field of the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldResult {
    /// The field names from the outermost to the innermost, joined by dots.
    pub path: String,
    /// The conditions of the pattern as JSON, of which one must be satisfied.
    pub expected: Vec<String>,
    /// The values of the event as JSON.
    pub actual: Vec<String>,
    /// How the actual values compare to the expected ones.
    pub verdict: Verdict,
}

/// How the event's values compare to the conditions of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A value satisfies a condition, or the field is absent as required.
    Satisfied,
    /// The event has no value at this path: no such field, or an empty list.
    Missing,
    /// The event has an object here, and patterns compare plain values only.
    NotAValue,
    /// The field is present and must be absent.
    MustBeAbsent,
    /// No value satisfies a condition.
    Different,
    /// It is satisfied, but in another element of a list than the other fields.
    OtherElement,
}

/// Compares a pattern to an event, field by field.
pub fn explain(pattern: &Pattern, event: &Event) -> Explanation {
    let alternatives: Vec<_> = pattern.branches.iter().map(|branch| explain_branch(branch, event)).collect();
    Explanation { matches: alternatives.iter().any(|alternative| alternative.matches), alternatives }
}

fn explain_branch(branch: &Branch, event: &Event) -> Alternative {
    let results: Vec<_> = branch.fields().iter().map(|field| (field, field.matches(event))).collect();
    let candidates = results.iter().filter_map(|(_, result)| match result {
        FieldMatch::Depends(candidates) if !candidates.accepted.is_empty() => Some(candidates.clone()),
        _ => None,
    });
    let each_matches = results.iter().all(|(_, result)| !matches!(result, FieldMatch::Never));
    let conflict = each_matches && !backtracking::is_satisfiable(event, &candidates.collect::<Vec<_>>());
    let matches = branch.matches(event);
    let field_result = |(field, result): &(&Field, FieldMatch)| {
        let leaves = event.leaves(&field.path);
        let verdict = match result {
            FieldMatch::Always => Verdict::Satisfied,
            FieldMatch::Depends(_) if matches => Verdict::Satisfied,
            FieldMatch::Depends(candidates) if candidates.accepted.is_empty() => Verdict::MustBeAbsent,
            FieldMatch::Depends(_) if conflict => Verdict::OtherElement,
            FieldMatch::Depends(_) => Verdict::Satisfied,
            FieldMatch::Never if leaves.is_empty() && is_object(&field.path.text, event) => Verdict::NotAValue,
            FieldMatch::Never if leaves.is_empty() => Verdict::Missing,
            FieldMatch::Never if field.may_be_absent() && field.conditions.len() == 1 => Verdict::MustBeAbsent,
            FieldMatch::Never => Verdict::Different,
        };
        FieldResult {
            path: field.path.text.clone(),
            expected: field.conditions.iter().map(|condition| condition.json.clone()).collect(),
            actual: leaves.iter().map(|leaf| event.value(leaf).to_string()).collect(),
            verdict,
        }
    };
    Alternative { matches, fields: results.iter().map(field_result).collect() }
}

fn is_object(path: &str, event: &Event) -> bool {
    let inside = |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    event.paths().any(|(other, _)| inside(other))
}

impl Explanation {
    /// Returns the alternative with the fewest failing fields.
    pub fn nearest(&self) -> Option<&Alternative> {
        self.alternatives.iter().min_by_key(|alternative| (!alternative.matches, alternative.failures().count()))
    }
}

impl Alternative {
    /// Returns the fields that keep the alternative from matching.
    pub fn failures(&self) -> impl Iterator<Item = &FieldResult> {
        self.fields.iter().filter(|field| field.verdict != Verdict::Satisfied)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matches {
            return out.write_str("the pattern matches");
        }
        out.write_str("the pattern does not match")?;
        for (number, alternative) in (1..).zip(&self.alternatives) {
            if self.alternatives.len() > 1 {
                write!(out, "\nalternative {number} of $or:")?;
            }
            for failure in alternative.failures() {
                write!(out, "\n  {failure}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for FieldResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: expected {}, ", self.path, self.expected.join(" or "))?;
        match self.actual.as_slice() {
            [] => write!(out, "found nothing: {}", self.verdict),
            actual => write!(out, "found {}: {}", actual.join(", "), self.verdict),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Satisfied => "it matches",
            Self::Missing => "the event has no value there",
            Self::NotAValue => "the event has an object there, and only plain values are compared",
            Self::MustBeAbsent => "the field must be absent",
            Self::Different => "no value matches",
            Self::OtherElement => "it matches only in another element of a list than the other fields",
        })
    }
}

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
