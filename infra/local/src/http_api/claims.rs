//! The claims of a caller's token, for the JWT authorizer of an API. Issuer, audience and times are checked; the signature
//! is not, because the keys of the issuer are on the network.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::template::JwtAuthorizer;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// Each claim as text, as functions get them.
    pub(crate) fn texts(&self) -> Map<String, Value> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(values) => {
                let words: Vec<String> = values
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect();
                format!("[{}]", words.join(" "))
            }
            other => other.to_string(),
        };
        self.0.iter().map(|(name, value)| (name.clone(), Value::String(text(value)))).collect()
    }
}

/// The claims of the request's token, if this authorizer accepts it.
pub(crate) fn authorize(authorizer: &JwtAuthorizer, headers: &HeaderMap, now: Timestamp) -> Option<Claims> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let token = given.strip_prefix("Bearer ").unwrap_or(given);
    let mut parts = token.split('.');
    let (Some(_), Some(body), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
    let seconds = |name: &str| claims.get(name).map(|value| value.as_f64().unwrap_or(f64::NAN));
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are small")]
    let now = now.as_second() as f64;
    let in_time = seconds("exp").is_some_and(|expires| now < expires)
        && seconds("nbf").is_none_or(|begins| begins <= now)
        && seconds("iat").is_none_or(|issued| issued <= now);
    let has_audience =
        |value: &Value| value.as_str().is_some_and(|one| authorizer.audience.iter().any(|own| own == one));
    let audience = match claims.get("aud").or_else(|| claims.get("client_id"))? {
        Value::Array(all) => all.iter().any(has_audience),
        one => has_audience(one),
    };
    let issuer = claims.get("iss").and_then(Value::as_str) == Some(authorizer.issuer.as_str());
    (in_time && audience && issuer).then_some(Claims(claims))
}
