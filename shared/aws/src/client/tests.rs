//! The account that the environment configures.

use super::{Account, http_client, sdk_config};

fn account(variables: &[(&str, &str)]) -> Result<Account, super::AccountError> {
    Account::read(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn missing_variables_are_named() {
    let error = account(&[("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", " ")]).unwrap_err();
    assert_eq!(error.to_string(), "the environment has no AWS_REGION, AWS_SECRET_ACCESS_KEY");
}

#[test]
fn the_account_has_the_values_of_the_environment() {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let account = account(&variables).unwrap();
    assert_eq!(account.credentials.access_key_id(), "key");
    assert_eq!(account.credentials.session_token(), Some("token"));
    let config = sdk_config(&account, http_client());
    assert_eq!(config.region().map(ToString::to_string).as_deref(), Some("eu-central-1"));
    assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:9"));
}
