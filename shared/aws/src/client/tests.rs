use super::{Account, http_client, sdk_config};

fn account(said: &[(&str, &str)]) -> Result<Account, super::AccountError> {
    Account::read(|name| said.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn what_the_environment_does_not_say_is_named() {
    let unknown = account(&[("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", " ")]).unwrap_err();
    assert_eq!(unknown.to_string(), "the environment does not say AWS_REGION, AWS_SECRET_ACCESS_KEY");
}

#[test]
fn the_account_is_what_the_environment_says() {
    let said = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    let account = account(&said).unwrap();
    assert_eq!(account.credentials.access_key_id(), "key");
    assert_eq!(account.credentials.session_token(), Some("token"));
    let config = sdk_config(&account, http_client());
    assert_eq!(config.region().map(ToString::to_string).as_deref(), Some("eu-central-1"));
    assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:9"));
}
