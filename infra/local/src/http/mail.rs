//! SES, as far as the fixture sends mails: they are not sent but kept in a mailbox, where everybody can read them. A mail
//! that was sent twice lies there twice, because SES takes no key of the sender's and would deliver both.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Mutex, PoisonError},
};

use axum::{extract::State, http::Uri, response::Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    aws_error::AwsError,
    wal::{Wal, WalError},
};

use super::{
    HttpState,
    answer::Protocol,
    request::{Payload, add_query, fields},
};

/// Number of mails that are kept. The oldest are dropped.
const MOST_MAILS: usize = 10_000;

/// The default number of mails in a response.
const USUAL_PAGE: usize = 100;

/// The maximum number of mails in a response.
const LARGEST_PAGE: usize = 1_000;

/// The accepted mails, logged before they are acknowledged.
#[derive(Debug)]
pub struct Mailbox {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug)]
struct Kept {
    wal: Wal<Value>,
    /// The oldest first.
    mails: VecDeque<Value>,
}

impl Mailbox {
    /// The mailbox whose write-ahead log is at this path; without a path the mails are forgotten with it.
    pub fn open(path: Option<&Path>) -> Result<Self, WalError> {
        Self::of_at_most(MOST_MAILS, path)
    }

    pub(super) fn of_at_most(most: usize, path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, mails) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let mut mails = VecDeque::from(mails);
        mails.drain(..mails.len().saturating_sub(most));
        Ok(Self { kept: Mutex::new(Kept { wal, mails }), most })
    }

    fn keep(&self, mail: Value) -> Result<(), WalError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { wal, mails } = &mut *kept;
        wal.append(&mail)?;
        mails.push_back(mail);
        if mails.len() > self.most {
            mails.pop_front();
        }
        if wal.length() > self.most * 2 {
            // The mail itself is logged, so a failed compaction does not refuse it.
            if let Err(error) = wal.compact(mails.make_contiguous()) {
                tracing::warn!(%error, "the log of the mails could not be compacted");
            }
        }
        Ok(())
    }

    /// The newest mails that were sent to this address, at most so many, the oldest of them first; and how many there
    /// are in all.
    fn newest(&self, to: Option<&str>, most: usize) -> (Vec<Value>, usize) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = || kept.mails.iter().filter(|mail| to.is_none_or(|to| is_to(mail, to)));
        let mut newest: Vec<Value> = matching().rev().take(most).cloned().collect();
        newest.reverse();
        (newest, matching().count())
    }
}

/// `POST /v2/email/outbound-emails`.
pub(super) async fn send(State(state): State<HttpState>, payload: Payload) -> Response {
    Protocol::Rest.answer(fields(payload).and_then(|mail| keep(&state, mail)))
}

/// `GET /_causeway/mailbox?to=ADDRESS&limit=NUMBER`: the newest mails, the oldest of them first.
pub(super) async fn mailbox(State(state): State<HttpState>, uri: Uri) -> Response {
    let shown = asked(&uri).map(|(to, limit)| {
        let (mails, all) = state.services.mailbox.newest(to.as_deref(), limit);
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
    let kept = state.services.mailbox.keep(Value::Object(mail));
    kept.map_err(|error| AwsError::receiver("InternalServiceErrorException", error.to_string()))?;
    Ok(json!({ "MessageId": message_id }))
}

/// Whose mails are asked for, and how many.
fn asked(uri: &Uri) -> Result<(Option<String>, usize), AwsError> {
    let mut asked = Map::new();
    add_query(&mut asked, uri);
    let refused = |message: String| Err(AwsError::sender("ValidationException", message));
    if let Some(unknown) = asked.keys().find(|name| !matches!(name.as_str(), "to" | "limit")) {
        return refused(format!("{unknown} is not known: the mailbox takes to and limit."));
    }
    let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
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

/// Is this address among those that the mail goes to? It may stand there behind a name: `Ada <ada@example.com>`.
fn is_to(mail: &Value, address: &str) -> bool {
    let destination = mail.get("Destination");
    let lists = ["ToAddresses", "CcAddresses", "BccAddresses"].into_iter().filter_map(|list| destination?.get(list));
    let mut addresses = lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    addresses.any(|written| {
        let bare = written.rsplit_once('<').map_or(written, |(_, rest)| rest.trim_end().trim_end_matches('>'));
        bare.trim().eq_ignore_ascii_case(address.trim())
    })
}
