//! The shelves against trying every rule: whatever the rules and the events, the same
//! names come out, in the same order.

use super::Rules;
use crate::pattern::{Event, Pattern, tests::Dice};

const VALUES: [&str; 12] = [
    "\"ab\"",
    "\"abc\"",
    "\"b\"",
    "\"10.0.0.1\"",
    "\"ünder\"",
    "1",
    "1.0",
    "-0.0",
    "0",
    "123456789012",
    "true",
    "null",
];

const OPERATORS: [&str; 16] = [
    "{\"prefix\":\"ab\"}",
    "{\"prefix\":\"\"}",
    "{\"prefix\":\"ün\"}",
    "{\"wildcard\":\"a*c\"}",
    "{\"wildcard\":\"*c\"}",
    "{\"wildcard\":\"abc\"}",
    "{\"suffix\":\"b\"}",
    "{\"equals-ignore-case\":\"AB\"}",
    "{\"prefix\":{\"equals-ignore-case\":\"A\"}}",
    "{\"numeric\":[\">=\",0]}",
    "{\"numeric\":[\"=\",1]}",
    "{\"cidr\":\"10.0.0.0/8\"}",
    "{\"exists\":true}",
    "{\"exists\":false}",
    "{\"anything-but\":\"ab\"}",
    "{\"anything-but\":[1,2]}",
];

fn fields(dice: &mut Dice, or: bool) -> String {
    let mut fields: Vec<_> = (0..=dice.below(2))
        .map(|_| {
            let name = dice.one_of(&["a", "b", "c.d", "c.e"]);
            let wanted: Vec<_> = (0..=dice.below(2))
                .map(|_| if dice.below(2) == 0 { *dice.one_of(&VALUES) } else { *dice.one_of(&OPERATORS) })
                .collect();
            format!("\"{name}\":[{}]", wanted.join(","))
        })
        .collect();
    if or && dice.below(4) == 0 {
        fields.push(format!("\"$or\":[{},{}]", self::fields(dice, false), self::fields(dice, false)));
    }
    format!("{{{}}}", fields.join(","))
}

fn event(dice: &mut Dice) -> String {
    let one = |dice: &mut Dice| match dice.below(4) {
        0 => format!("[{},{}]", dice.one_of(&VALUES), dice.one_of(&VALUES)),
        1 => "[]".to_owned(),
        _ => (*dice.one_of(&VALUES)).to_owned(),
    };
    let (a, b) = (one(dice), one(dice));
    let inner: Vec<_> = (0..=dice.below(2)).map(|_| format!("{{\"d\":{},\"e\":{}}}", one(dice), one(dice))).collect();
    format!("{{\"a\":{a},\"b\":{b},\"c\":[{}]}}", inner.join(","))
}

#[test]
fn the_shelves_find_what_trying_every_rule_finds() {
    let mut dice = Dice::new(11);
    for size in [1, 2, 5, 40] {
        for _ in 0..200 {
            let texts: Vec<_> = (0..size).map(|_| fields(&mut dice, true)).collect();
            let patterns: Vec<_> =
                texts.iter().map(|text| (text.clone(), Pattern::parse(text).expect("the pattern is valid"))).collect();
            let rules = Rules::new(patterns.clone());
            for _ in 0..10 {
                let text = event(&mut dice);
                let event = Event::parse(&text).expect("the event is valid");
                let tried = patterns.iter().filter(|(_, pattern)| pattern.matches(&event));
                let tried: Vec<_> = tried.map(|(name, _)| name.as_str()).collect();
                assert_eq!(rules.matching(&event), tried, "on {text}");
            }
        }
    }
}

#[test]
fn only_rules_that_share_a_value_are_tried() {
    let rule = |number: u32| {
        let text =
            format!(r#"{{"source":["shop"],"detail-type":["Event{number}"],"detail":{{"x":[{{"exists":true}}]}}}}"#);
        (number.to_string(), Pattern::parse(&text).expect("the pattern is valid"))
    };
    let rules = Rules::new((0..1_000).map(rule));
    let event =
        Event::parse(r#"{"source":"shop","detail-type":"Event7","detail":{"x":1}}"#).expect("the event is valid");
    assert_eq!(rules.candidates(&event).len(), 1);
    assert_eq!(rules.matching(&event), ["7"]);
}

#[test]
fn a_rule_with_several_matching_alternatives_is_named_once() {
    let pattern = Pattern::parse(r#"{"$or":[{"a":[1]},{"b":[2]}]}"#).expect("the pattern is valid");
    let rules = Rules::new([("both".to_owned(), pattern)]);
    let event = Event::parse(r#"{"a":1,"b":2}"#).expect("the event is valid");
    assert_eq!(rules.matching(&event), ["both"]);
    assert_eq!((rules.len(), rules.is_empty()), (1, false));
}

#[test]
fn a_rule_that_wants_only_absence_is_tried_on_every_event() {
    let pattern = Pattern::parse(r#"{"a":[{"exists":false}]}"#).expect("the pattern is valid");
    let rules = Rules::new([("without".to_owned(), pattern)]);
    assert_eq!(rules.matching(&Event::parse("{}").expect("the event is valid")), ["without"]);
    assert_eq!(rules.matching(&Event::parse(r#"{"a":1}"#).expect("the event is valid")), [""; 0]);
}
