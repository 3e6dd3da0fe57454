//! The calls of the tables that a command makes, answered in this process and without the way through their own
//! protocol. Whatever is unusual about a call goes that way all the same, so that every refusal has their words.

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use dynoxide::{Database, errors::DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

use crate::write_notifier::WriteNotifier;

use super::request::header;

const JSON: &str = "application/x-amz-json-1.0";
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-crc32");

/// The answer, if this call can be answered at hand.
pub(super) fn answer(
    database: &Database,
    writes: &WriteNotifier,
    operation: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Option<Response> {
    if !headers.contains_key(AUTHORIZATION) || header(headers, CONTENT_TYPE.as_str()) != Some(JSON) {
        return None;
    }
    match operation {
        "GetItem" => call(body, |request| database.get_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "PutItem" => call(body, |request: dynoxide::actions::put_item::PutItemRequest| {
            let table = request.table_name.clone();
            let answer = database.put_item(request)?;
            writes.notify_table(&table);
            Ok(answer)
        }),
        "UpdateItem" => call(body, |request: dynoxide::actions::update_item::UpdateItemRequest| {
            let table = request.table_name.clone();
            let answer = database.update_item(request)?;
            writes.notify_table(&table);
            Ok(answer)
        }),
        "TransactWriteItems" => call(body, |request| {
            let answer = database.transact_write_items(request)?;
            writes.notify_all();
            Ok(answer)
        }),
        _ => None,
    }
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &Bytes,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Option<Response> {
    let request = serde_json::from_slice(body).ok()?;
    match run(request) {
        Ok(answer) => Some(match serde_json::to_string(&answer) {
            Ok(body) => written(StatusCode::OK, body),
            // It is done, so it must not go the other way and be done twice.
            Err(error) => {
                let error = DynoxideError::InternalServerError(error.to_string());
                written(StatusCode::INTERNAL_SERVER_ERROR, error.to_json())
            }
        }),
        // These are answers, too. Nothing was written, so the other way may find and say the same of the rest.
        Err(
            error @ (DynoxideError::ConditionalCheckFailedException(..)
            | DynoxideError::TransactionCanceledException(..)),
        ) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
            Some(written(status, error.to_json()))
        }
        Err(_) => None,
    }
}

fn written(status: StatusCode, body: String) -> Response {
    let checksum = HeaderValue::from(crc32fast::hash(body.as_bytes()));
    (status, [(CONTENT_TYPE, HeaderValue::from_static(JSON)), (CHECKSUM, checksum)], body).into_response()
}
