//! The mailbox of the local cloud, asked over its port as anybody may.

use anyhow::{Context, bail};
use axum::{
    body::{Body, to_bytes},
    http::{StatusCode, Uri},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// As many mails as are shown at once.
const PATH: &str = "/_causeway/mailbox?limit=1000";

/// More than so many bytes no thousand mails have.
const LARGEST: usize = 64 * 1024 * 1024;

/// The newest mails.
pub(super) async fn newest(endpoint: &str) -> anyhow::Result<Vec<Value>> {
    let uri: Uri = format!("{endpoint}{PATH}").parse().context("the endpoint is no URL")?;
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(uri).await.context("the mailbox does not answer")?;
    let status = answer.status();
    let body = to_bytes(Body::new(answer.into_body()), LARGEST).await.context("the mailbox broke off")?;
    if status != StatusCode::OK {
        bail!("the mailbox answers {status}: {}", String::from_utf8_lossy(&body));
    }
    let mut shown: Value = serde_json::from_slice(&body).context("the mailbox answers no JSON")?;
    match shown.get_mut("Mails").map(Value::take) {
        Some(Value::Array(mails)) => Ok(mails),
        _ => bail!("the mailbox answers without Mails"),
    }
}

/// What a mail is about.
pub(super) fn subject(mail: &Value) -> Option<&str> {
    mail.pointer("/Content/Simple/Subject/Data")?.as_str()
}

/// Who has it.
pub(super) fn to(mail: &Value) -> Option<&str> {
    mail.pointer("/Destination/ToAddresses/0")?.as_str()
}
