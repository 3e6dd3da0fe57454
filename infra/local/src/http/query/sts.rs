//! STS: who calls, and credentials of a role. No credentials are checked here, so those of a role are made up.

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    form::Form,
    xml::{element, escaped, refuse, respond},
};
use crate::aws_error::AwsError;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The time for which credentials are valid, unless the request has another.
const DURATION: i64 = 3_600;

pub(super) fn answer(account: &str, action: &str, form: &Form) -> Response {
    let result = match action {
        "GetCallerIdentity" => Ok(caller_identity(account)),
        "AssumeRole" => assume_role(form),
        _ => {
            let version = form.text("Version").unwrap_or_default();
            tracing::warn!(%action, %version, "unknown operation");
            let message = format!("Could not find operation {action} for version {version}");
            Err(AwsError::sender("InvalidAction", message))
        }
    };
    match result {
        Ok(result) => respond(NAMESPACE, action, Some(result)),
        Err(error) => refuse(NAMESPACE, &error),
    }
}

fn caller_identity(account: &str) -> String {
    let arn = format!("arn:aws:iam::{account}:root");
    [("Arn", arn.as_str()), ("UserId", account), ("Account", account)].map(|(name, text)| element(name, text)).concat()
}

fn assume_role(form: &Form) -> Result<String, AwsError> {
    let required = |name: &str| {
        let message = format!("The request must contain the parameter {name}.");
        form.text(name).filter(|text| !text.is_empty()).ok_or_else(|| AwsError::sender("MissingParameter", message))
    };
    let (role, session) = (required("RoleArn")?, required("RoleSessionName")?);
    let seconds = form.text("DurationSeconds").map_or(Ok(DURATION), str::parse);
    let seconds = seconds.ok().filter(|seconds| (900..=43_200).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        AwsError::sender("ValidationError", "DurationSeconds must be an integer between 900 and 43200.")
    })?;
    let (account, name) = role
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(":role/"))
        .ok_or_else(|| AwsError::sender("ValidationError", format!("{role} is invalid")))?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let random = || Uuid::new_v4().simple().to_string().to_uppercase();
    let id = |prefix: &str| format!("{prefix}{}", random().get(..16).unwrap_or_default());
    let expiration = Timestamp::now().saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let user = element("AssumedRoleId", &escaped(&format!("{}:{session}", id("AROA"))))
        + &element("Arn", &escaped(&format!("arn:aws:sts::{account}:assumed-role/{name}/{session}")));
    let credentials = [
        ("AccessKeyId", id("ASIA")),
        ("SecretAccessKey", random()),
        ("SessionToken", random()),
        ("Expiration", expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    let credentials = credentials.map(|(name, text)| element(name, &text)).concat();
    Ok(element("AssumedRoleUser", &user) + &element("Credentials", &credentials))
}
