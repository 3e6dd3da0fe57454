//! Complete, incomplete and invalid configurations.

use std::collections::HashMap;

use causeway::{VerificationPolicy, delivery::VerifyEvents};

use super::{Config, ConfigError, Needs, check_lambda};

const ALL: [(&str, &str); 14] = [
    ("EVENTS_TABLE", "causeway-events"),
    ("VIEWS_TABLE", "causeway-views"),
    ("INBOX_TABLE", "causeway-inbox"),
    ("BUS_NAME", "causeway"),
    ("DEAD_LETTER_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/letters"),
    ("SCHEDULE_GROUP", "causeway"),
    ("SCHEDULE_ROLE_ARN", "arn:aws:iam::1:role/causeway"),
    ("BUS_ARN", "arn:aws:events:eu-central-1:1:event-bus/causeway"),
    ("SCHEDULE_DEAD_LETTER_ARN", "arn:aws:sqs:eu-central-1:1:letters"),
    ("MAIL_FROM", "shop@example.com"),
    ("PAYMENTS_URL", "https://payments.example.com"),
    ("BUS_CALL_BYTES", "1000"),
    ("ACCOUNT_ID", "000000000001"),
    ("VERIFY_EVENTS", "all"),
];

/// Variables with a default.
const OPTIONAL: [&str; 3] = ["BUS_CALL_BYTES", "ACCOUNT_ID", "VERIFY_EVENTS"];

const EVERYTHING: Needs = Needs { timers: true, mail: true, http: Some("payments") };

fn read(needs: Needs, change: impl Fn(&mut HashMap<&str, &str>)) -> Result<Config, ConfigError> {
    let mut variables = HashMap::from(ALL);
    change(&mut variables);
    Config::read(needs, |name| variables.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn a_complete_environment_gives_a_complete_configuration() {
    let config = read(EVERYTHING, |_| {}).unwrap();
    assert_eq!(config.events_table, "causeway-events");
    assert_eq!(config.bus_call_bytes, 1000);
    assert_eq!(config.scheduler.unwrap().group, "causeway");
    assert_eq!(config.mail_from.as_deref(), Some("shop@example.com"));
    assert_eq!(
        config.verification,
        VerificationPolicy { account: Some("000000000001".to_owned()), verify_events: VerifyEvents::All }
    );
}

#[test]
fn by_default_required_events_are_verified_and_the_account_is_not_checked() {
    let config = read(EVERYTHING, |variables| variables.retain(|name, _| !OPTIONAL.contains(name))).unwrap();
    assert_eq!(config.verification, VerificationPolicy { account: None, verify_events: VerifyEvents::Required });
}

#[test]
fn each_missing_variable_is_named_with_its_purpose() {
    for (missing, _) in ALL.into_iter().filter(|(name, _)| !OPTIONAL.contains(name)) {
        for empty in [false, true] {
            let error = read(EVERYTHING, |variables| {
                if empty {
                    variables.insert(missing, " ")
                } else {
                    variables.remove(missing)
                };
            })
            .unwrap_err();
            assert_eq!(error.problems.len(), 1, "{error}");
            assert!(error.problems[0].starts_with(&format!("{missing} is missing: the ")), "{error}");
        }
    }
}

#[test]
fn all_missing_variables_are_named_at_once() {
    let error = Config::read(EVERYTHING, |_| None).unwrap_err();
    assert_eq!(error.problems.len(), ALL.len() - OPTIONAL.len());
}

#[test]
fn an_invalid_variable_is_named_with_its_value_and_the_valid_form() {
    for (variable, value, form) in [
        ("SCHEDULE_ROLE_ARN", "causeway", "an ARN"),
        ("BUS_ARN", "causeway", "an ARN"),
        ("DEAD_LETTER_QUEUE_URL", "letters", "a URL"),
        ("MAIL_FROM", "shop", "a mail address"),
        ("PAYMENTS_URL", "payments", "a URL"),
        ("BUS_CALL_BYTES", "many", "a whole number"),
        ("ACCOUNT_ID", "1234", "twelve digits"),
        ("VERIFY_EVENTS", "some", "none, moving or all"),
    ] {
        let error = read(EVERYTHING, |variables| {
            variables.insert(variable, value);
        })
        .unwrap_err();
        assert!(error.to_string().contains(&format!("{variable} is {value:?} and must be {form}")), "{error}");
    }
}

#[test]
fn a_function_without_timers_and_mail_needs_no_variables_for_them() {
    let config = read(Needs::default(), |variables| {
        variables.retain(|name, _| !name.starts_with("SCHEDULE") && *name != "BUS_ARN" && *name != "MAIL_FROM");
        variables.remove("PAYMENTS_URL");
    })
    .unwrap();
    assert_eq!(config.http, None);
    assert_eq!(config.scheduler, None);
    assert_eq!(config.mail_from, None);
}

#[test]
fn on_an_emulator_an_outside_system_has_the_address_of_the_simulated_one() {
    let config = read(EVERYTHING, |variables| {
        variables.remove("PAYMENTS_URL");
        variables.insert("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/");
        variables.insert("PAYMENTS_KEY", "secret");
    });
    let http = config.unwrap().http.unwrap();
    assert_eq!((http.url.as_str(), http.key.as_deref()), ("http://127.0.0.1:4566/_causeway/payments", Some("secret")));
}

#[test]
fn outside_of_lambda_its_missing_variables_are_named() {
    let error = check_lambda(|name| (name != "AWS_LAMBDA_FUNCTION_NAME").then(|| "x".to_owned())).unwrap_err();
    assert_eq!(error.problems.len(), 1);
    assert!(error.to_string().contains("AWS_LAMBDA_FUNCTION_NAME"), "{error}");
}
