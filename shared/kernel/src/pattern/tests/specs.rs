//! Specifications that are not valid: the error names the pattern, the field and the rule.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::pattern::{PatternError, PatternLimits, PatternSpec, Patterns};

fn sequence(change: impl Fn(&mut Value)) -> Value {
    let mut spec = json!({
        "name": "pass-through",
        "key": "accountId",
        "pattern": { "sequence": { "within": "PT5M", "steps": [
            { "event": "MoneyDeposited", "as": "deposit" },
            { "event": "MoneyWithdrawn", "where": [
                { "field": "amount", "at_least": { "step": "deposit", "field": "amount", "percent": 90 } },
            ] },
        ] } },
        "repeat": { "times": 3, "within": "PT24H" },
    });
    change(&mut spec);
    spec
}

fn error(spec: Value) -> PatternError {
    let spec: PatternSpec = serde_json::from_value(spec).unwrap();
    Patterns::compile(&[spec]).unwrap_err()
}

/// Replaces one value of a valid pattern.
fn refused(pointer: &str, value: Value, field: &str, rule: &'static str) {
    let spec = sequence(|spec| *spec.pointer_mut(pointer).unwrap() = value.clone());
    let pattern = spec["name"].as_str().unwrap().to_owned();
    assert_eq!(error(spec), PatternError::Pattern { pattern, field: field.to_owned(), rule });
}

#[test]
fn a_pattern_names_the_field_and_the_rule_that_it_breaks() {
    let steps = "/pattern/sequence/steps";
    let condition = "pattern.sequence.steps[1].where[0]";
    let path = "must be field names with dots between them";
    refused("/name", json!("two words"), "name", "must be 1 to 64 characters of A-Z a-z 0-9 _ -");
    refused("/key", json!("a..b"), "key", path);
    refused("/key", json!({ "MoneyDeposited": "id" }), "key", "must have a path for every event of the steps");
    let paths = json!({ "MoneyDeposited": "id", "MoneyWithdrawn": "", "Other": "id" });
    refused("/key", paths, "key.Other", "must be an event of a step");
    refused("/key", json!({ "MoneyDeposited": "id", "MoneyWithdrawn": "" }), "key.MoneyWithdrawn", path);
    refused("/pattern/sequence/within", json!("PT0S"), "pattern.sequence.within", "must be longer than zero");
    refused("/repeat/within", json!("-PT1S"), "repeat.within", "must be longer than zero");
    refused("/repeat/times", json!(1), "repeat.times", "must be 2 to 100");
    refused(steps, json!([{ "event": "A" }]), "pattern.sequence.steps", "must be 2 to 16");
    refused(&format!("{steps}/0/event"), json!(""), "pattern.sequence.steps[0].event", "must not be empty");
    let twice = json!([{ "event": "A", "as": "a" }, { "event": "B", "as": "a" }]);
    refused(steps, twice, "pattern.sequence.steps[1].as", "must be unique in the pattern");
    let one = |change: Value, field: &str, rule: &'static str| {
        refused(&format!("{steps}/1/where/0"), change, &format!("{condition}{field}"), rule);
    };
    one(json!({ "field": "a" }), "", "must have exactly one of equals, at_least and at_most");
    one(
        json!({ "field": "a", "equals": 1, "at_most": 2 }),
        "",
        "must have exactly one of equals, at_least and at_most",
    );
    one(json!({ "field": ".", "equals": 1 }), ".field", path);
    one(json!({ "field": "a", "at_most": "b" }), ".at_most", "must be a number");
    one(json!({ "field": "a", "equals": "b".repeat(257) }), ".equals", "must be at most 256 bytes");
    let other = |step: &str, field: &str, percent: u32| json!({ "step": step, "field": field, "percent": percent });
    one(json!({ "field": "a", "equals": other("b", "c", 1) }), ".equals.step", "must be the name of an earlier step");
    one(json!({ "field": "a", "equals": other("deposit", "", 1) }), ".equals.field", path);
    one(json!({ "field": "a", "equals": other("deposit", "c", 0) }), ".equals.percent", "must be at least 1");
}

#[test]
fn a_count_fits_into_the_partial_matches() {
    let count = |at_least: u32| {
        json!({ "name": "p", "key": "k", "pattern": {
            "count": { "of": { "event": "A" }, "at_least": at_least, "within": "PT1S" } } })
    };
    for at_least in [0, 101] {
        let text = error(count(at_least)).to_string();
        assert_eq!(text, r#"pattern "p": pattern.count.at_least must be 1 to limits.max_partials"#);
    }
    let most: PatternSpec = serde_json::from_value(count(100)).unwrap();
    assert!(Patterns::compile(&[most]).is_ok());
}

#[test]
fn names_are_unique() {
    let spec: PatternSpec = serde_json::from_value(sequence(|_| {})).unwrap();
    let text = Patterns::compile(&[spec.clone(), spec]).unwrap_err().to_string();
    assert_eq!(text, r#"pattern "pass-through": name must be unique"#);
}

#[test]
fn limits_are_at_least_one_and_lateness_is_not_negative() {
    let limits = PatternLimits::default();
    let refused = |limits, field, rule| {
        assert_eq!(Patterns::compile_with(&[], limits).err(), Some(PatternError::Limit { field, rule }));
    };
    let lateness = SignedDuration::from_secs(-1);
    refused(PatternLimits { lateness, ..limits }, "lateness", "must not be negative");
    refused(PatternLimits { max_recent: 0, ..limits }, "max_recent", "must be at least 1");
    refused(PatternLimits { max_partials: 0, ..limits }, "max_partials", "must be at least 1");
    refused(PatternLimits { max_unconfirmed: 0, ..limits }, "max_unconfirmed", "must be at least 1");
}

#[test]
fn unknown_fields_are_errors_and_the_schema_says_so() {
    for pointer in
        ["", "/pattern/sequence", "/pattern/sequence/steps/0", "/pattern/sequence/steps/1/where/0", "/repeat"]
    {
        let spec = sequence(|spec| spec.pointer_mut(pointer).unwrap()["surplus"] = json!(1));
        let read = serde_json::from_value::<PatternSpec>(spec);
        assert!(read.is_err_and(|error| error.to_string().contains("unknown field `surplus`")), "{pointer}");
    }
    let operand = "/pattern/sequence/steps/1/where/0/at_least";
    let spec = sequence(|spec| spec.pointer_mut(operand).unwrap()["surplus"] = json!(1));
    assert!(serde_json::from_value::<PatternSpec>(spec).is_err());
    let schema = serde_json::to_value(schemars::schema_for!(PatternSpec)).unwrap();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["required"], json!(["name", "key", "pattern"]));
}

#[test]
fn a_specification_is_written_as_it_is_read() {
    let text = sequence(|_| {});
    let spec: PatternSpec = serde_json::from_value(text.clone()).unwrap();
    let written = serde_json::to_value(&spec).unwrap();
    assert_eq!(serde_json::from_value::<PatternSpec>(written).unwrap(), spec);
}
