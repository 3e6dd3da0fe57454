//! DynamoDB and its streams. Frequent calls are answered in this process; all others are forwarded to the server of the
//! database, and its responses are returned as they are, except for shard ids that SDKs would reject as too short.

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
use serde_json::Value;

use super::protocol::{Protocol, header, status};
use crate::{aws_error::AwsError, write_notifier::WriteNotifier};

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

/// The operation whose responses have shard ids.
const DESCRIBE_STREAM: &str = "DescribeStream";
/// The minimum length of a shard id in the SDKs.
const SHORTEST_SHARD_ID: usize = 28;
/// The padding of a shard id. It occurs in no table name.
const FILL: char = '=';

/// The client of the database. Clones share it.
#[derive(Clone)]
pub(super) struct Dynamo {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
    database: Database,
    writes: WriteNotifier,
}

impl Dynamo {
    /// A client of the database whose server has this address.
    pub(super) fn at(address: SocketAddr, database: Database, writes: WriteNotifier) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), address, database, writes }
    }

    /// Answers the call, or forwards it.
    pub(super) async fn forward(&self, operation: &str, headers: &HeaderMap, body: Bytes) -> Response {
        if let Some(answer) = self.fast_path(operation, headers, &body) {
            return answer;
        }
        let answered = match self.request(operation, headers, body) {
            Ok(request) => self.client.request(request).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match answered {
            Ok(response) => {
                if !READS.split(' ').any(|read| read == operation) {
                    self.writes.notify_all();
                }
                lengthen_shard_ids(operation, response.map(Body::new)).await
            }
            Err(error) => failed(error),
        }
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
            "TransactWriteItems" => call(body, |request| {
                let answer = self.database.transact_write_items(request)?;
                self.writes.notify_all();
                Ok(answer)
            }),
            _ => None,
        }
    }

    fn request(&self, operation: &str, headers: &HeaderMap, body: Bytes) -> Result<Request<Body>, axum::http::Error> {
        let uri = Uri::builder().scheme("http").authority(self.address.to_string()).path_and_query("/").build()?;
        let body = with_short_shard_ids(operation, &body).map_or(body, Bytes::from);
        let mut request = Request::builder().method(Method::POST).uri(uri).body(Body::from(body))?;
        *request.headers_mut() = headers.clone();
        // These describe the connection and the original body; the client writes its own.
        for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT] {
            request.headers_mut().remove(own);
        }
        Ok(request)
    }
}

async fn lengthen_shard_ids(operation: &str, response: Response) -> Response {
    if operation != DESCRIBE_STREAM {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let body = match to_bytes(body, LARGEST_ANSWER).await {
        Ok(body) => body,
        Err(error) => return failed(error.to_string()),
    };
    let Some(longer) = with_long_shard_ids(&body) else {
        return Response::from_parts(head, Body::from(body));
    };
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(longer.len()));
    head.headers.insert("x-amz-crc32", HeaderValue::from(crc32fast::hash(&longer)));
    Response::from_parts(head, Body::from(longer))
}

fn failed(error: String) -> Response {
    tracing::error!(error, "the database gave no response");
    Protocol::Json10.refuse(&AwsError::receiver("InternalServerError", error))
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
        ) => Some(written(status(error.status_code()), error.to_json())),
        Err(_) => None,
    }
}

fn written(status: StatusCode, body: String) -> Response {
    let checksum = HeaderValue::from(crc32fast::hash(body.as_bytes()));
    (status, [(CONTENT_TYPE, HeaderValue::from_static(JSON)), (CHECKSUM, checksum)], body).into_response()
}

/// The body of a request with the shard ids of the database, if that changes it.
fn with_short_shard_ids(operation: &str, body: &[u8]) -> Option<Vec<u8>> {
    let field = match operation {
        "GetShardIterator" => "ShardId",
        DESCRIBE_STREAM => "ExclusiveStartShardId",
        _ => return None,
    };
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let id = request.get_mut(field)?;
    *id = Value::from(id.as_str()?.strip_suffix(FILL)?.trim_end_matches(FILL));
    Some(request.to_string().into_bytes())
}

/// The body of a response with padded shard ids, if that changes it.
fn with_long_shard_ids(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let stream = answer.get_mut("StreamDescription")?;
    let mut changed = stream.get_mut("LastEvaluatedShardId").is_some_and(fill);
    for shard in stream.get_mut("Shards").and_then(Value::as_array_mut)? {
        changed |= shard.get_mut("ShardId").is_some_and(fill);
        changed |= shard.get_mut("ParentShardId").is_some_and(fill);
    }
    changed.then(|| answer.to_string().into_bytes())
}

/// The padded shard id.
pub(crate) fn long_shard_id(id: &str) -> String {
    let fill = FILL.to_string().repeat(SHORTEST_SHARD_ID.saturating_sub(id.len()));
    format!("{id}{fill}")
}

fn fill(id: &mut Value) -> bool {
    let Some(short) = id.as_str().filter(|id| id.len() < SHORTEST_SHARD_ID) else {
        return false;
    };
    *id = Value::from(long_shard_id(short));
    true
}
