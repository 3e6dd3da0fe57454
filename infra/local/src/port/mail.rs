//! SES, as far as the house sends mails: they are not sent but kept in a mailbox, where everybody can read them.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::extract::State;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::aws_error::AwsError;

use super::Port;
use super::answer::Protocol;
use super::request::Payload;
use super::request::fields;

/// When there are more mails, the oldest go.
const MOST_MAILS: usize = 10_000;

/// The mails, the oldest first.
#[derive(Default)]
pub(super) struct Mailbox {
    mails: Mutex<VecDeque<Value>>,
}

/// `POST /v2/email/outbound-emails`.
pub(super) async fn send(State(port): State<Port>, payload: Payload) -> Response {
    Protocol::Rest.answer(fields(payload).and_then(|mail| keep(&port, mail)))
}

/// `GET /_causeway/mailbox`.
pub(super) async fn mailbox(State(port): State<Port>) -> Response {
    let mails = port.mailbox.mails.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Protocol::Rest.answer(Ok(json!({ "Mails": mails })))
}

fn keep(port: &Port, mut mail: Map<String, Value>) -> Result<Value, AwsError> {
    for required in ["Content", "Destination"] {
        if !mail.get(required).is_some_and(Value::is_object) {
            return Err(AwsError::sender("BadRequestException", format!("{required} is missing.")));
        }
    }
    let message_id = Uuid::new_v4().to_string();
    mail.insert("MessageId".to_owned(), json!(message_id));
    mail.insert("SentAt".to_owned(), json!(port.parts.clock.now().to_string()));
    let mut mails = port.mailbox.mails.lock().unwrap_or_else(PoisonError::into_inner);
    if mails.len() == MOST_MAILS {
        mails.pop_front();
    }
    mails.push_back(Value::Object(mail));
    Ok(json!({ "MessageId": message_id }))
}
