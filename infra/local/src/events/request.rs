//! Reading calls and refusing them, in the words of the service.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{aws_error::AwsError, wal::WalError};

/// The largest page, and the page if the caller names none.
const LARGEST_PAGE: usize = 100;

/// The call's fields.
pub(crate) fn read<T: DeserializeOwned>(body: Value) -> Result<T, AwsError> {
    serde_json::from_value(body).map_err(|error| AwsError::sender("SerializationException", error.to_string()))
}

/// The call breaks a rule of the API.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::sender("ValidationException", message)
}

/// There is no such thing.
pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::sender("ResourceNotFoundException", message)
}

/// The change could not be remembered, so it was not made.
pub(crate) fn not_remembered(error: WalError) -> AwsError {
    AwsError::receiver("InternalException", error.to_string())
}

/// A field that must be there.
pub(crate) fn required<T>(name: &str, value: Option<T>) -> Result<T, AwsError> {
    value.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// One page of what is sorted by name, beginning after the token, and the token of the next page.
pub(crate) fn page<T>(
    all: impl Iterator<Item = (String, T)>,
    token: Option<&str>,
    limit: Option<usize>,
) -> Result<(Vec<T>, Option<String>), AwsError> {
    let limit = limit.unwrap_or(LARGEST_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(invalid(format!("The limit of a page must be between 1 and {LARGEST_PAGE}.")));
    }
    let mut left = all.skip_while(|(name, _)| token.is_some_and(|token| name.as_str() <= token));
    let mut last = None;
    let mut items = Vec::new();
    for (name, item) in left.by_ref().take(limit) {
        last = Some(name);
        items.push(item);
    }
    let token = left.next().and(last);
    Ok((items, token))
}

/// The answer of a list: the page under its name, and the token if there is more.
pub(crate) fn listed<T: Into<Value>>(name: &str, (items, token): (Vec<T>, Option<String>)) -> Value {
    let mut fields = serde_json::Map::new();
    fields.insert(name.to_owned(), items.into_iter().map(Into::into).collect::<Vec<Value>>().into());
    if let Some(token) = token {
        fields.insert("NextToken".to_owned(), token.into());
    }
    fields.into()
}
