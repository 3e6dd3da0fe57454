//! SES `SendEmail`, and the mailbox in which the mails are kept.

use axum::{extract::State, http::Uri, response::Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    protocol::{Payload, Protocol, fields, query},
    state::HttpState,
};
use crate::aws_error::AwsError;

/// The default number of mails in a response.
const USUAL_PAGE: usize = 100;

/// The maximum number of mails in a response.
const LARGEST_PAGE: usize = 1_000;

/// `POST /v2/email/outbound-emails`.
pub(super) async fn send(State(state): State<HttpState>, payload: Payload) -> Response {
    Protocol::Rest.answer(fields(payload).and_then(|mail| keep(&state, mail)))
}

/// `GET /_causeway/mailbox?to=ADDRESS&limit=NUMBER`: the newest mails, the oldest of them first.
pub(super) async fn mailbox(State(state): State<HttpState>, uri: Uri) -> Response {
    let shown = mailbox_args(&uri).map(|(to, limit)| {
        let (mails, all) = state.services.aws.mailbox.newest(to.as_deref(), limit);
        json!({ "Mails": mails, "Total": all })
    });
    Protocol::Rest.answer(shown)
}

fn keep(state: &HttpState, mut mail: Map<String, Value>) -> Result<Value, AwsError> {
    for required in ["Content", "Destination"] {
        if !mail.get(required).is_some_and(Value::is_object) {
            return Err(AwsError::sender("BadRequestException", format!("{required} is missing.")));
        }
    }
    let message_id = Uuid::new_v4().to_string();
    mail.insert("MessageId".to_owned(), json!(message_id));
    mail.insert("SentAt".to_owned(), json!(state.services.clock.now().to_string()));
    let kept = state.services.aws.mailbox.keep(Value::Object(mail));
    kept.map_err(|error| AwsError::receiver("InternalServiceErrorException", error.to_string()))?;
    Ok(json!({ "MessageId": message_id }))
}

/// The address and the limit of the query.
fn mailbox_args(uri: &Uri) -> Result<(Option<String>, usize), AwsError> {
    let args = query(uri);
    let refused = |message: String| Err(AwsError::sender("ValidationException", message));
    if let Some(unknown) = args.keys().find(|name| !matches!(name.as_str(), "to" | "limit")) {
        return refused(format!("{unknown} is not known: the mailbox takes to and limit."));
    }
    let text = |name: &str| args.get(name).and_then(Value::as_str).map(str::to_owned);
    let to = text("to");
    if to.as_ref().is_some_and(|to| to.trim().is_empty()) {
        return refused("to must be an address.".to_owned());
    }
    let Some(limit) = text("limit") else { return Ok((to, USUAL_PAGE)) };
    match limit.parse() {
        Ok(limit) if (1..=LARGEST_PAGE).contains(&limit) => Ok((to, limit)),
        _ => refused(format!("limit must be a whole number from 1 to {LARGEST_PAGE}.")),
    }
}
