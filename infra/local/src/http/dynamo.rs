//! DynamoDB and its streams. Frequent calls are answered in this process; all others are forwarded to the server of the
//! database. Where it answers otherwise than DynamoDB, requests and responses are changed at the border.

mod border;
mod shard_ids;
pub(crate) mod stream_view;

pub(crate) use shard_ids::long_shard_id;

use std::net::SocketAddr;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
        header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TRANSFER_ENCODING},
    },
    response::{IntoResponse, Response},
};
use dynoxide::{
    Database,
    actions::{put_item::PutItemRequest, update_item::UpdateItemRequest},
    errors::DynoxideError,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Serialize, de::DeserializeOwned};

use super::protocol::{Protocol, header, status};
use crate::{arn::AccountRegion, aws_error::AwsError, write_notifier::WriteNotifier};
use border::Border;

/// The target prefix of DynamoDB.
pub(super) const TABLES: &str = "DynamoDB_20120810";
/// The target prefix of DynamoDB Streams.
pub(super) const STREAMS: &str = "DynamoDBStreams_20120810";

/// Frequent operations that do not write, separated by spaces.
const READS: &str = "BatchGetItem DescribeStream DescribeTable GetItem GetRecords GetShardIterator ListStreams Query Scan \
    TransactGetItems";

/// The maximum size of a response, far above a page of one megabyte or a hundred items.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

const JSON: &str = "application/x-amz-json-1.0";
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-crc32");

/// The client of the database. Clones share it.
#[derive(Clone)]
pub(super) struct Dynamo {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
    database: Database,
    writes: WriteNotifier,
    border: Border,
}

impl Dynamo {
    /// A client of the database whose server has this address, for callers of this account and region.
    pub(super) fn at(
        address: SocketAddr,
        database: Database,
        writes: WriteNotifier,
        account_region: AccountRegion,
    ) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let border = Border::new(account_region, database.clone());
        Self { client, address, database, writes, border }
    }

    /// Answers the call, or forwards it.
    pub(super) async fn forward(&self, operation: &str, headers: &HeaderMap, body: Bytes) -> Response {
        let request = match self.border.request(operation, body) {
            Ok(request) => request,
            Err(error) => return refused(&error),
        };
        if let Some(answer) = self.fast_path(operation, headers, &request.body) {
            return answer;
        }
        let answered = match self.forwarded(headers, request.body.clone()) {
            Ok(forwarded) => self.client.request(forwarded).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match answered {
            Ok(response) => {
                if !READS.split(' ').any(|read| read == operation) {
                    self.writes.notify_all();
                }
                self.changed(operation, &request, response.map(Body::new)).await
            }
            Err(error) => failed(error),
        }
    }

    /// The response as DynamoDB writes it.
    async fn changed(&self, operation: &str, request: &border::Request, response: Response) -> Response {
        let is_error = response.status() == StatusCode::BAD_REQUEST;
        let is_changed = response.status().is_success() && Border::changes(operation, request);
        if !(is_error || is_changed) {
            return response;
        }
        let (mut head, body) = response.into_parts();
        let body = match to_bytes(body, LARGEST_ANSWER).await {
            Ok(body) => body,
            Err(error) => return failed(error.to_string()),
        };
        let changed = match is_error {
            true => self.border.error(operation, &body),
            false => self.border.answer(operation, request, &body),
        };
        let body = changed.map_or(body, Bytes::from);
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        head.headers.insert(CHECKSUM, HeaderValue::from(crc32fast::hash(&body)));
        Response::from_parts(head, Body::from(body))
    }

    /// Answers a frequent call in this process. `None` for any unusual one, so that the database writes every refusal.
    fn fast_path(&self, operation: &str, headers: &HeaderMap, body: &Bytes) -> Option<Response> {
        if !headers.contains_key(AUTHORIZATION) || header(headers, CONTENT_TYPE.as_str()) != Some(JSON) {
            return None;
        }
        match operation {
            "GetItem" => call(body, |request| self.database.get_item(request)),
            "Query" => call(body, |request| self.database.query(request)),
            "PutItem" => call(body, |request: PutItemRequest| {
                let table = request.table_name.clone();
                let answer = self.database.put_item(request)?;
                self.writes.notify_table(&table);
                Ok(answer)
            }),
            "UpdateItem" => call(body, |request: UpdateItemRequest| {
                let table = request.table_name.clone();
                let answer = self.database.update_item(request)?;
                self.writes.notify_table(&table);
                Ok(answer)
            }),
            "GetRecords" => call(body, |request| self.border.records(request)),
            "TransactWriteItems" => call(body, |request| {
                let answer = self.database.transact_write_items(request)?;
                self.writes.notify_all();
                Ok(answer)
            }),
            _ => None,
        }
    }

    fn forwarded(&self, headers: &HeaderMap, body: Bytes) -> Result<Request<Body>, axum::http::Error> {
        let uri = Uri::builder().scheme("http").authority(self.address.to_string()).path_and_query("/").build()?;
        let mut request = Request::builder().method(Method::POST).uri(uri).body(Body::from(body))?;
        *request.headers_mut() = headers.clone();
        // These describe the connection and the original body; the client writes its own.
        for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT] {
            request.headers_mut().remove(own);
        }
        Ok(request)
    }
}

fn failed(error: String) -> Response {
    tracing::error!(error, "the database gave no response");
    Protocol::Json10.refuse(&AwsError::receiver("InternalServerError", error))
}

/// The response to a call that the database has refused.
fn refused(error: &DynoxideError) -> Response {
    let json = error.to_json();
    let body = border::failed_condition(json.as_bytes()).and_then(|body| String::from_utf8(body).ok());
    written(status(error.status_code()), body.unwrap_or(json))
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &Bytes,
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Option<Response> {
    let request = serde_json::from_slice(body).ok()?;
    match run(request) {
        Ok(answer) => Some(match serde_json::to_string(&answer) {
            Ok(body) => written(StatusCode::OK, body),
            // The write is done, so the call must not be forwarded and done twice.
            Err(error) => {
                let error = DynoxideError::InternalServerError(error.to_string());
                written(StatusCode::INTERNAL_SERVER_ERROR, error.to_json())
            }
        }),
        // These are responses, too. Nothing was written, so any other error may be forwarded.
        Err(
            error @ (DynoxideError::ConditionalCheckFailedException(..)
            | DynoxideError::TransactionCanceledException(..)),
        ) => Some(refused(&error)),
        Err(_) => None,
    }
}

fn written(status: StatusCode, body: String) -> Response {
    let checksum = HeaderValue::from(crc32fast::hash(body.as_bytes()));
    (status, [(CONTENT_TYPE, HeaderValue::from_static(JSON)), (CHECKSUM, checksum)], body).into_response()
}
