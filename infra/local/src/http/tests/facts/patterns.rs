//! The sentences with which patterns are refused. An explanation follows on the next line.

use serde_json::json;

use super::Fact;

/// Refuses a pattern with this sentence.
async fn refuses(pattern: &str, sentence: &str) {
    let fact = Fact::recorded().await;
    let sentence = format!("Event pattern is not valid. Reason: {sentence}");
    let error = (400, "InvalidEventPatternException", sentence.as_str());
    let rule = json!({ "Name": "r", "EventPattern": pattern });
    fact.refuses("AWSEvents.PutRule", rule.clone(), error).await;
    let answer = fact.server.target("AWSEvents.PutRule", rule.to_string()).await;
    assert!(answer.json()["message"].as_str().unwrap().lines().count() == 2, "{}", answer.body);
}

macro_rules! refused {
    ($($name:ident: $pattern:literal => $sentence:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            refuses($pattern, $sentence).await;
        })*
    };
}

refused! {
    an_empty_list: r#"{"a": []}"# => "Empty arrays are not allowed";
    a_number_as_a_field: r#"{"int": 10}"# => r#""int" must be an object or an array"#;
    a_string_as_a_field: r#"{"detail": {"s": "x"}}"# => r#""s" must be an object or an array"#;
    a_prefix_that_is_a_number: r#"{"a": [{"prefix": 1}]}"# => "prefix match pattern must be a string";
    a_suffix_that_is_a_number: r#"{"a": [{"suffix": 1}]}"# => "suffix match pattern must be a string";
    a_suffix_that_is_a_list: r#"{"a": [{"suffix": ["x"]}]}"# => "suffix match pattern must be a string";
    a_wildcard_that_is_a_number: r#"{"a": [{"wildcard": 1}]}"# => "wildcard match pattern must be a string";
    an_equals_ignore_case_that_is_a_list: r#"{"a": [{"equals-ignore-case": ["x"]}]}"#
        => "equals-ignore-case match pattern must be a string";
    a_cidr_that_is_a_list: r#"{"a": [{"cidr": ["10.0.0.0/8"]}]}"# => "prefix match pattern must be a string";
    an_excluded_prefix_that_is_a_number: r#"{"a": [{"anything-but": {"prefix": 1}}]}"#
        => "prefix/suffix match pattern must be a string";
    an_excluded_suffix_that_is_empty: r#"{"a": [{"anything-but": {"suffix": ""}}]}"# => "Null prefix/suffix not allowed";
    an_excluded_number_in_any_case: r#"{"a": [{"anything-but": {"equals-ignore-case": [1]}}]}"#
        => "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.";
    an_operator_in_capitals: r#"{"a": [{"NUMERIC": ["=", 1]}]}"# => "Unrecognized match type NUMERIC";
    two_lower_bounds: r#"{"a": [{"numeric": [">", 0, ">", 1]}]}"# => "Bad numeric range operator: >";
    a_bound_that_is_a_string: r#"{"a": [{"numeric": [">", 0, "<", "1"]}]}"# => "Value of < must be numeric";
    a_single_bound_that_is_a_string: r#"{"a": [{"numeric": ["<", "1"]}]}"# => "Value of < must be numeric";
    a_block_without_a_slash: r#"{"a": [{"cidr": "10.0.0.0"}]}"# => "Malformed CIDR, one '/' required";
    a_block_with_letters_as_its_mask: r#"{"a": [{"cidr": "10.0.0.0/x"}]}"#
        => "Malformed CIDR, mask bits must be an integer";
    a_block_without_an_address: r#"{"a": [{"cidr": "xx.11.xx/8"}]}"# => "Nonstandard IP address: xx.11.xx";
    consecutive_wildcards: r#"{"a": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}"#
        => "Consecutive wildcard characters at pos 26";
    too_complex_wildcards: r#"{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}"#
        => "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character";
}
