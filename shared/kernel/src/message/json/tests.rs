//! Which texts are strict JSON.

use serde_json::Value;

use super::*;
use crate::memory::MemoryIds;

fn nested(depth: usize) -> [String; 3] {
    let list = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let map = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let both = format!("{}{}", r#"[{"a":"#.repeat(depth / 2), "}]".repeat(depth / 2)).replace(":}", ":0}");
    [list, map, both]
}

#[test]
fn strict_json_passes() {
    let texts = ["null", "true", "1.5e3", "-0", r#""""#, "[]", "{}", r#"{"a":{"a":[{"a":1},{"a":2}]},"b":1}"#, " [1] "];
    for text in texts {
        assert!(check(text).is_ok(), "{text}");
    }
    let huge = format!("[{}0]", "0,".repeat(100_000));
    assert!(check(&huge).is_ok(), "a long array is not deep");
    let wide = format!("[{}[{}]]", "[],".repeat(100), r#"{"a":{}},"#.repeat(100).trim_end_matches(','));
    assert!(check(&wide).is_ok(), "values side by side are not deep");
}

#[test]
fn a_duplicate_key_is_refused_at_any_depth() {
    let texts = [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"a":3}"#,
        r#"[[{"x":{"a":1,"a":2}}]]"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"":1,"":2}"#,
    ];
    for text in texts {
        let error = check(text).expect_err(text);
        assert!(error.to_string().contains("duplicate key"), "{error}");
    }
}

#[test]
fn nesting_is_limited() {
    for text in nested(MAX_DEPTH) {
        assert!(check(&text).is_ok(), "{text}");
    }
    for depth in [MAX_DEPTH + 2, 127, 128, 1_000, 100_000] {
        for text in nested(depth) {
            assert!(check(&text).is_err(), "{depth} deep");
        }
    }
    let [list, ..] = nested(MAX_DEPTH + 1);
    assert!(check(&list).expect_err("too deep").to_string().contains("nested deeper than 64"));
}

#[test]
fn a_text_that_is_not_json_is_refused() {
    let texts =
        ["", " ", "{", "[1", "nul", "{a:1}", "{'a':1}", "[1,]", r#"{"a":1,}"#, "1 2", "{}{}", "NaN", "\u{feff}{}"];
    for text in texts {
        assert!(check(text).is_err(), "{text:?}");
    }
    assert!(check(r#""\ud800""#).is_err(), "half of a surrogate pair");
}

#[test]
fn random_texts_are_accepted_only_if_the_parser_accepts_them() {
    const PIECES: [&str; 14] = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "null", " ", "\\", "\"", "-"];
    let ids = MemoryIds::seeded(9);
    for _ in 0..20_000 {
        let length = ids.bits() % 12;
        let text: String = (0..length).map(|_| PIECES[(ids.bits() % PIECES.len() as u64) as usize]).collect();
        let read: Result<Value, _> = serde_json::from_str(&text);
        match check(&text) {
            Ok(()) => assert!(read.is_ok(), "{text}"),
            Err(error) => assert!(read.is_err() || error.reason.contains("duplicate key"), "{text}: {error}"),
        }
    }
}
