//! The language as a whole: the case files, the limits and the error messages. A case is an event, a pattern and whether it
//! matches, does not match or is rejected; our own cases are in `cases.jsonl`, those of the service and its engine in the
//! shared folder.

use std::{fs, path::Path};

use super::{
    Alternative, Event, EventError, JsonError, Pattern, PatternError, Verdict,
    cidr::{Address, CidrBlock},
    explain,
    json::{self, Json, MAX_DEPTH},
    number::comparable,
};

/// A seeded random number generator: the same numbers in every run.
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }

    pub(super) fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

struct Case {
    name: String,
    event: String,
    pattern: String,
    expected: String,
}

fn cases(lines: &str) -> Vec<Case> {
    let case = |line| {
        let Json::Object(fields) = json::read(line).expect("a case is JSON") else {
            panic!("a case is an object: {line}");
        };
        let field = |field: &str| {
            let (_, value) = fields.iter().find(|(name, _)| name == field).expect("a case has all fields");
            match value {
                Json::Text(text) => text.as_ref().to_owned(),
                other => other.to_string(),
            }
        };
        Case { name: field("name"), event: field("event"), pattern: field("pattern"), expected: field("want") }
    };
    lines.lines().map(case).collect()
}

fn outcome(case: &Case) -> &'static str {
    let event = Event::parse(&case.event).expect("events of cases are valid");
    match Pattern::parse(&case.pattern) {
        Err(_) => "EXC",
        Ok(pattern) => {
            let matches = pattern.matches(&event);
            let explanation = explain(&pattern, &event);
            assert_eq!(explanation.matches, matches, "{}: the explanation disagrees", case.name);
            let explained = |one: &Alternative| one.matches == (one.failures().count() == 0);
            assert!(explanation.alternatives.iter().all(explained), "{}: the explanation has no reason", case.name);
            if matches { "True" } else { "False" }
        }
    }
}

fn disagreements(cases: &[Case]) -> Vec<String> {
    let differs = |case: &&Case| outcome(case) != case.expected;
    let shown = |case: &Case| format!("{} expects {}: {}", case.name, case.expected, case.pattern);
    cases.iter().filter(differs).map(shown).collect()
}

/// The cases of a file in the shared folder; none if the folder is absent.
fn shared(name: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/patterns");
    fs::read_to_string(folder.join(name)).map(|lines| cases(&lines)).unwrap_or_default()
}

fn rejection(pattern: &str) -> PatternError {
    Pattern::parse(pattern).expect_err("the pattern is rejected")
}

#[test]
fn our_own_cases_agree() {
    let own = cases(include_str!("cases.jsonl"));
    assert!(own.len() >= 60, "only {} cases were read", own.len());
    assert_eq!(disagreements(&own), [""; 0]);
}

#[test]
fn cases_validated_by_the_service_agree() {
    assert_eq!(disagreements(&shared("aws_validated_155.jsonl")), [""; 0]);
}

#[test]
fn cases_with_lists_agree() {
    assert_eq!(disagreements(&shared("arrays_51.jsonl")), [""; 0]);
}

#[test]
fn generated_cases_evaluated_by_the_engine_agree() {
    assert_eq!(disagreements(&shared("ruler_judged_1500.jsonl")), [""; 0]);
}

#[test]
fn an_error_names_the_field_and_the_rule() {
    let check = |pattern: &str, message: &str| assert_eq!(rejection(pattern).to_string(), message);
    check("[]", "the pattern must be an object, not a list");
    check("{}", "the pattern: an empty object is not allowed");
    check(r#"{"detail":{"a":{}}}"#, "detail.a: an empty object is not allowed");
    check(r#"{"detail":{"a":[]}}"#, "detail.a: an empty list is not allowed");
    check(r#"{"detail":{"a":1}}"#, "detail.a: must be an object or a list of values, not a number");
    check(r#"{"a":[[1]]}"#, "a: a condition cannot be a list");
    check(r#"{"a":[{}]}"#, "a: an operator object must have exactly one field, not 0");
    check(r#"{"a":[{"contains":"x"}]}"#, r#"a: unknown operator "contains""#);
    check(r#"{"a":[{"anything-but":{"cidr":"x"}}]}"#, r#"a: unknown operator "cidr" inside anything-but"#);
    check(r#"{"a":[{"prefix":{"suffix":"x"}}]}"#, r#"a: unknown operator "suffix" inside prefix"#);
    check(r#"{"a":[{"prefix":5}]}"#, "a: prefix takes a string, not 5");
    check(r#"{"a":[{"exists":"true"}]}"#, r#"a: exists takes true or false, not "true""#);
    check(r#"{"a":[{"numeric":["<",6e9]}]}"#, "a: the number 6e9 cannot be compared exactly between -5e9 and 5e9");
    check(
        r#"{"a":[{"numeric":[">",2,"<",1]}]}"#,
        "a: numeric is invalid: the lower bound must be less than the upper bound",
    );
    check(
        r#"{"a":[{"cidr":"10.0.0.1/32"}]}"#,
        r#"a: "10.0.0.1/32" is not a CIDR block: an IPv4 block has at most 31 bits"#,
    );
    check(
        r#"{"a":[{"wildcard":"x**"}]}"#,
        r#"a: the wildcard "x**" is invalid: two wildcards follow each other at byte 1"#,
    );
    check(r#"{"a":{"$or":[{"b":[1]}]}}"#, r#"a: $or takes a list of at least two objects, not [{"b":[1]}]"#);
    check(r#"{"$or":[{"a":[1]},{"b":{"regex":[1]}}]}"#, r#"b: "regex" is reserved and cannot name a field inside $or"#);
}

#[test]
fn invalid_json_is_rejected_with_its_reason() {
    let Err(PatternError::Json(reason)) = Pattern::parse("{\"a\":[1}") else {
        panic!("the pattern is not JSON");
    };
    assert_eq!(reason.to_string(), "expected a comma or the end of the list at byte 7");
    assert_eq!(Event::parse("5").expect_err("no object"), EventError::NotAnObject { found: "a number" });
    assert!(matches!(Event::parse("{"), Err(EventError::Json(_))));
}

#[test]
fn the_length_of_a_pattern_is_limited() {
    let pattern = |filling: usize| format!("{{\"a\":[\"{}\"]}}", "ü".repeat(filling));
    assert!(Pattern::parse(&pattern(4_096 - 10)).is_ok());
    assert_eq!(rejection(&pattern(4_096 - 9)), PatternError::TooLong { characters: 4_097, limit: 4_096 });
}

#[test]
fn deep_nesting_is_rejected_without_a_stack_overflow() {
    let nested = |depth: usize| format!("{}[1]{}", "{\"\":".repeat(depth), "}".repeat(depth));
    assert!(matches!(rejection(&nested(600)), PatternError::Json(_)));
    assert!(Pattern::parse(&nested(400)).is_ok());
    for text in [nested(1_000), nested(100_000), "[".repeat(100_000), "{\"a\":[".repeat(1_000)] {
        assert!(Pattern::parse(&text).is_err());
        assert!(Event::parse(&text).is_err());
    }
}

#[test]
fn combinations_of_alternatives_are_limited() {
    let or = r#""$or":[{"a":[1]},{"b":[1]},{"c":[1]},{"d":[1]},{"e":[1]},{"f":[1]},{"g":[1]},{"h":[1]},{"i":[1]},{"j":[1]}]"#;
    let thousand = format!(r#"{{"x":{{{or}}},"y":{{{or}}},"z":{{{or}}}}}"#);
    assert!(Pattern::parse(&thousand).is_ok());
    let more = format!(r#"{{{or},"x":{{{or}}},"y":{{{or}}},"z":{{{or}}}}}"#);
    assert_eq!(rejection(&more), PatternError::TooManyCombinations { path: "z".to_owned(), limit: 1_000 });
}

#[test]
fn fields_of_a_pattern_are_limited() {
    let pattern = |fields: u32| {
        let fields: Vec<_> = (0..fields).map(|number| format!("\"{number}\":[1]")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert!(Pattern::parse(&pattern(256)).is_ok());
    assert_eq!(rejection(&pattern(257)), PatternError::TooManyFields { fields: 257, limit: 256 });
}

fn verdicts(pattern: &str, event: &str) -> Vec<Verdict> {
    let pattern = Pattern::parse(pattern).expect("the pattern is valid");
    let event = Event::parse(event).expect("the event is valid");
    let explanation = explain(&pattern, &event);
    explanation.nearest().expect("there is an alternative").fields.iter().map(|field| field.verdict).collect()
}

#[test]
fn every_field_has_a_verdict() {
    assert_eq!(
        verdicts(
            r#"{"a":[1],"b":[1],"c":[1],"d":[{"exists":false}],"e":[{"exists":false}],"f":[1]}"#,
            r#"{"a":1,"b":2,"d":0,"f":{"g":1}}"#,
        ),
        [
            Verdict::Satisfied,
            Verdict::Different,
            Verdict::Missing,
            Verdict::MustBeAbsent,
            Verdict::Satisfied,
            Verdict::NotAValue,
        ],
    );
}

#[test]
fn fields_that_match_in_different_elements_do_not_match_together() {
    let event = r#"{"lines":[{"sku":"a","count":1},{"sku":"b","count":2}],"id":5}"#;
    let pattern = r#"{"lines":{"sku":["a"],"count":[2]},"id":[5]}"#;
    assert_eq!(verdicts(pattern, event), [Verdict::Satisfied, Verdict::OtherElement, Verdict::OtherElement]);
}

#[test]
fn a_field_that_must_be_absent_from_an_element_is_reported() {
    let pattern = r#"{"lines":{"a":[1],"b":[{"exists":false}]}}"#;
    assert_eq!(verdicts(pattern, r#"{"lines":[{"a":1},{"b":2}]}"#), [Verdict::Satisfied, Verdict::Satisfied]);
    assert_eq!(verdicts(pattern, r#"{"lines":[{"a":1,"b":2}]}"#), [Verdict::Satisfied, Verdict::MustBeAbsent]);
    assert_eq!(verdicts(pattern, r#"{"lines":[{"a":2},{"b":2}]}"#), [Verdict::Different, Verdict::MustBeAbsent]);
}

#[test]
fn the_nearest_alternative_fails_in_the_fewest_fields() {
    let pattern = r#"{"$or":[{"a":[1],"b":[1]},{"c":[1]}]}"#;
    assert_eq!(verdicts(pattern, r#"{"c":2}"#), [Verdict::Different]);
    assert_eq!(verdicts(pattern, r#"{"a":1,"b":1,"c":2}"#), [Verdict::Satisfied, Verdict::Satisfied]);
}

#[test]
fn an_explanation_is_printed_with_its_alternatives() {
    let pattern =
        Pattern::parse(r#"{"source":["shop"],"$or":[{"detail":{"total":[{"numeric":[">",100]},5]}},{"vip":[true]}]}"#);
    let event = Event::parse(r#"{"source":"shop","detail":{"total":"7"}}"#).expect("the event is valid");
    let explanation = explain(&pattern.expect("the pattern is valid"), &event);
    assert_eq!(
        explanation.to_string(),
        "the pattern does not match\n\
         alternative 1 of $or:\n  \
         detail.total: expected {\"numeric\":[\">\",100]} or 5, found \"7\": no value matches\n\
         alternative 2 of $or:\n  \
         vip: expected true, found nothing: the event has no value there"
    );
}

#[test]
fn patterns_and_events_can_be_sent_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Pattern>();
    shared::<Event>();
    shared::<super::RuleIndex>();
}

fn digits(text: &str) -> Option<String> {
    let address = Address::parse(text)?;
    Some(String::from_utf8_lossy(address.digits()).into_owned())
}

fn contains(block: &str, text: &str) -> bool {
    let block = CidrBlock::parse(block).expect("the block is valid");
    Address::parse(text).is_some_and(|address| block.contains(address.digits()))
}

#[test]
fn every_spelling_of_an_address_has_the_same_digits() {
    assert_eq!(digits("10.0.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("010.000.0.255").as_deref(), Some("0A0000FF"));
    assert_eq!(digits("2001:db8::1").as_deref(), Some("20010DB8000000000000000000000001"));
    assert_eq!(digits("::ffff:a00:1").as_deref(), Some("0A000001"));
}

#[test]
fn text_that_is_not_an_address_is_not_parsed() {
    for text in
        ["", "10.0.0", "10.0.0.256", "10.0.0.1.2", "1..2.3", "a.b.c.d", "::1::", "12:30", ":", "::1.2.3.4", "+1.0.0.0"]
    {
        assert_eq!(digits(text), None, "{text}");
    }
}

#[test]
fn a_block_contains_the_addresses_with_its_prefix() {
    assert!(contains("10.1.2.3/9", "10.127.255.255"));
    assert!(!contains("10.1.2.3/9", "10.128.0.0"));
    assert!(contains("192.168.0.0/31", "192.168.0.1"));
    assert!(!contains("192.168.0.0/31", "192.168.0.2"));
    assert!(contains("0.0.0.0/0", "0.0.0.0") && contains("0.0.0.0/0", "255.255.255.255"));
    assert!(contains("2001:db8::/127", "2001:db8::1"));
    assert!(!contains("2001:db8::/127", "2001:db8::2"));
}

#[test]
fn an_invalid_block_is_rejected_with_its_reason() {
    let reason = |text| CidrBlock::parse(text).expect_err("the block is rejected").to_string();
    assert_eq!(reason("10.0.0.0"), "one slash is required");
    assert_eq!(reason("10.0.0.0/8/8"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0.0/-1"), "the number of bits must be an integer");
    assert_eq!(reason("10.0.0/8"), "there is no address before the slash");
    assert_eq!(reason("10.0.0.0/32"), "an IPv4 block has at most 31 bits");
    assert_eq!(reason("::/128"), "an IPv6 block has at most 127 bits");
}

#[test]
fn the_comparison_ends_as_soon_as_the_address_is_inside() {
    assert!(contains("0.0.0.0/0", "2001:db8::1"), "an IPv6 address is inside an IPv4 block");
    assert!(contains("2001::/16", "32.1.13.184"), "an IPv4 address is inside an IPv6 block");
    assert!(!contains("2001:db8::/32", "32.1.13.184"), "an IPv4 address ends before it is inside");
    let block = CidrBlock::parse("0.0.0.0/0").expect("the block is valid");
    assert!(block.contains(b"301.8"), "the digits of a number");
    assert!(!block.contains(b"0.5") && !block.contains(b"-1"));
}

#[test]
fn all_spellings_of_a_number_have_the_same_value() {
    for text in ["300", "300.0", "3e2", "3.0E+2", "3000e-1", "0.3e3", "300.000000000000000000"] {
        assert_eq!(comparable(text), Some(300.0), "{text}");
    }
}

#[test]
fn negative_zero_is_zero() {
    for text in ["0", "-0", "0.0", "-0.00e5", "0e-400"] {
        assert_eq!(comparable(text).map(f64::to_bits), Some(0), "{text}");
    }
}

#[test]
fn numbers_beyond_the_limit_are_not_compared() {
    assert_eq!(comparable("5000000000"), Some(5e9));
    assert_eq!(comparable("-5e9"), Some(-5e9));
    for text in ["5000000000.1", "-5000000001", "123456789012", "1e400", "-1e999999999999999999999"] {
        assert_eq!(comparable(text), None, "{text}");
    }
}

#[test]
fn numbers_too_precise_for_a_double_are_not_compared() {
    assert_eq!(comparable("0.1"), Some(0.1));
    assert_eq!(comparable("37.795818585593523"), None);
    assert_eq!(comparable("0.10000000000000000000000001"), None);
    assert_eq!(comparable("1e-400"), None);
}

fn round_trip(text: &str) -> String {
    json::read(text).expect("the text is valid").to_string()
}

fn text_of(text: &str) -> String {
    match json::read(text).expect("the text is valid") {
        Json::Text(text) => text.into_owned(),
        other => panic!("{other} is not a string"),
    }
}

#[test]
fn field_order_repeated_fields_and_number_spelling_are_kept() {
    let written = r#"{"b":1.50,"a":[true,null,-0,1E5],"b":{}}"#;
    assert_eq!(round_trip(written), written);
}

#[test]
fn escapes_become_characters() {
    assert_eq!(text_of(r#""a\"\\\/\b\f\n\r\t\u0041""#), "a\"\\/\u{8}\u{c}\n\r\tA");
    assert_eq!(text_of(r#""\ud83d\ude80 \u20ac""#), "🚀 €");
}

#[test]
fn an_unpaired_surrogate_becomes_the_replacement_character() {
    assert_eq!(text_of(r#""\ud83d""#), "\u{fffd}");
    assert_eq!(text_of(r#""\ude80x""#), "\u{fffd}x");
    assert_eq!(text_of(r#""\ud83d\u0041""#), "\u{fffd}A");
}

#[test]
fn invalid_json_is_not_read() {
    let short = [
        "", " ", "{", "[", "{]", "[1,]", "{\"a\"}", "{a:1}", "[1 2]", "01", "1.", ".5", "+1", "1e", "-", "tru", "nul",
        "\"", "\"\\x\"", "\"\n\"", "{} {}", "'a'", "NaN", "// no\n1",
    ];
    let long = ["{\"a\":1,}", "\"\\u12\"", "\"\\u12g4\"", "\u{feff}{}"];
    for text in short.iter().chain(&long) {
        assert!(matches!(json::read(text), Err(JsonError::Unexpected { .. })), "{text:?} was read");
    }
}

#[test]
fn a_json_error_says_what_was_expected_and_where() {
    let error = json::read(r#"{"a" 1}"#).expect_err("a colon is missing");
    assert_eq!(error.to_string(), "expected a colon at byte 5");
}

#[test]
fn nesting_of_json_is_limited() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(json::read(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(json::read(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
    assert_eq!(json::read(&"[".repeat(1_000_000)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
    assert_eq!(json::read(&"{\"a\":".repeat(1_000)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
}
