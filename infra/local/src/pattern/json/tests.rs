//! The reader: what it keeps, what it rejects and its limit.

use super::{Json, JsonError, MAX_DEPTH, read};

fn round_trip(text: &str) -> String {
    read(text).expect("the text is valid").to_string()
}

fn text(json: &str) -> String {
    match read(json).expect("the text is valid") {
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
    assert_eq!(text(r#""a\"\\\/\b\f\n\r\t\u0041""#), "a\"\\/\u{8}\u{c}\n\r\tA");
    assert_eq!(text(r#""\ud83d\ude80 \u20ac""#), "🚀 €");
}

#[test]
fn an_unpaired_surrogate_becomes_the_replacement_character() {
    assert_eq!(text(r#""\ud83d""#), "\u{fffd}");
    assert_eq!(text(r#""\ude80x""#), "\u{fffd}x");
    assert_eq!(text(r#""\ud83d\u0041""#), "\u{fffd}A");
}

#[test]
fn invalid_json_is_rejected() {
    let short = [
        "", " ", "{", "[", "{]", "[1,]", "{\"a\"}", "{a:1}", "[1 2]", "01", "1.", ".5", "+1", "1e", "-", "tru", "nul",
        "\"", "\"\\x\"", "\"\n\"", "{} {}", "'a'", "NaN", "// no\n1",
    ];
    let long = ["{\"a\":1,}", "\"\\u12\"", "\"\\u12g4\"", "\u{feff}{}"];
    for text in short.iter().chain(&long) {
        assert!(matches!(read(text), Err(JsonError::Unexpected { .. })), "{text:?} was read");
    }
}

#[test]
fn an_error_says_what_was_expected_and_where() {
    let error = read(r#"{"a" 1}"#).expect_err("a colon is missing");
    assert_eq!(error.to_string(), "expected a colon at byte 5");
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
    assert_eq!(read(&"[".repeat(1_000_000)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
    assert_eq!(read(&"{\"a\":".repeat(1_000)), Err(JsonError::TooDeep { limit: MAX_DEPTH }));
}
