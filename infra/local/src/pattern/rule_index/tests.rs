//! Compares the index with matching every rule: it returns the same names in the same order.

use super::RuleIndex;
use crate::pattern::{Event, Pattern, tests::Rng};

/// Values of fields, separated by spaces.
const VALUES: &str = r#""ab" "abc" "b" "10.0.0.1" "ünder" 1 1.0 -0.0 0 123456789012 true null"#;

/// Operators of conditions, separated by white space.
const OPERATORS: &str = r#"
    {"prefix":"ab"} {"prefix":""} {"prefix":"ün"} {"wildcard":"a*c"} {"wildcard":"*c"}
    {"wildcard":"abc"} {"suffix":"b"} {"equals-ignore-case":"AB"} {"prefix":{"equals-ignore-case":"A"}}
    {"numeric":[">=",0]} {"numeric":["=",1]} {"cidr":"10.0.0.0/8"} {"exists":true} {"exists":false}
    {"anything-but":"ab"} {"anything-but":[1,2]}"#;

fn value(rng: &mut Rng) -> &'static str {
    let values: Vec<&str> = VALUES.split(' ').collect();
    values[rng.below(values.len())]
}

fn operator(rng: &mut Rng) -> &'static str {
    let operators: Vec<&str> = OPERATORS.split_whitespace().collect();
    operators[rng.below(operators.len())]
}

fn fields(rng: &mut Rng, or: bool) -> String {
    let mut fields: Vec<_> = (0..=rng.below(2))
        .map(|_| {
            let name = rng.one_of(&["a", "b", "c.d", "c.e"]);
            let conditions: Vec<_> =
                (0..=rng.below(2)).map(|_| if rng.below(2) == 0 { value(rng) } else { operator(rng) }).collect();
            format!("\"{name}\":[{}]", conditions.join(","))
        })
        .collect();
    if or && rng.below(4) == 0 {
        fields.push(format!("\"$or\":[{},{}]", self::fields(rng, false), self::fields(rng, false)));
    }
    format!("{{{}}}", fields.join(","))
}

fn event(rng: &mut Rng) -> String {
    let one = |rng: &mut Rng| match rng.below(4) {
        0 => format!("[{},{}]", value(rng), value(rng)),
        1 => "[]".to_owned(),
        _ => value(rng).to_owned(),
    };
    let (a, b) = (one(rng), one(rng));
    let inner: Vec<_> = (0..=rng.below(2)).map(|_| format!("{{\"d\":{},\"e\":{}}}", one(rng), one(rng))).collect();
    format!("{{\"a\":{a},\"b\":{b},\"c\":[{}]}}", inner.join(","))
}

#[test]
fn the_index_finds_the_same_rules_as_matching_every_rule() {
    let mut rng = Rng::new(11);
    for size in [1, 2, 5, 40] {
        for _ in 0..200 {
            let texts: Vec<_> = (0..size).map(|_| fields(&mut rng, true)).collect();
            let patterns: Vec<_> =
                texts.iter().map(|text| (text.clone(), Pattern::parse(text).expect("the pattern is valid"))).collect();
            let rules = RuleIndex::new(patterns.clone());
            for _ in 0..10 {
                let text = event(&mut rng);
                let event = Event::parse(&text).expect("the event is valid");
                let tried = patterns.iter().filter(|(_, pattern)| pattern.matches(&event));
                let tried: Vec<_> = tried.map(|(name, _)| name.as_str()).collect();
                assert_eq!(rules.matching(&event), tried, "on {text}");
            }
        }
    }
}

#[test]
fn only_rules_that_share_a_value_are_candidates() {
    let rule = |number: u32| {
        let text =
            format!(r#"{{"source":["shop"],"detail-type":["Event{number}"],"detail":{{"x":[{{"exists":true}}]}}}}"#);
        (number.to_string(), Pattern::parse(&text).expect("the pattern is valid"))
    };
    let rules = RuleIndex::new((0..1_000).map(rule));
    let event =
        Event::parse(r#"{"source":"shop","detail-type":"Event7","detail":{"x":1}}"#).expect("the event is valid");
    assert_eq!(rules.candidates(&event).len(), 1);
    assert_eq!(rules.matching(&event), ["7"]);
}

#[test]
fn a_rule_with_several_matching_alternatives_is_named_once() {
    let pattern = Pattern::parse(r#"{"$or":[{"a":[1]},{"b":[2]}]}"#).expect("the pattern is valid");
    let rules = RuleIndex::new([("both".to_owned(), pattern)]);
    let event = Event::parse(r#"{"a":1,"b":2}"#).expect("the event is valid");
    assert_eq!(rules.matching(&event), ["both"]);
    assert_eq!((rules.len(), rules.is_empty()), (1, false));
}

#[test]
fn a_rule_that_requires_only_absence_is_a_candidate_for_every_event() {
    let pattern = Pattern::parse(r#"{"a":[{"exists":false}]}"#).expect("the pattern is valid");
    let rules = RuleIndex::new([("without".to_owned(), pattern)]);
    assert_eq!(rules.matching(&Event::parse("{}").expect("the event is valid")), ["without"]);
    assert_eq!(rules.matching(&Event::parse(r#"{"a":1}"#).expect("the event is valid")), [""; 0]);
}
