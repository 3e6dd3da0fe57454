//! DynamoDB and its streams: the tables answer for themselves, and their answers are handed on as they are, save for
//! ids of shards that SDKs would find too short.

use std::net::SocketAddr;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, HeaderValue, Method, Request, Uri,
        header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING},
    },
    response::Response,
};
use dynoxide::Database;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{aws_error::AwsError, write_notifier::WriteNotifier};

use super::{answer::Protocol, fast_path, shard};

/// The target of the tables.
pub(super) const TABLES: &str = "DynamoDB_20120810";
/// The target of their streams.
pub(super) const STREAMS: &str = "DynamoDBStreams_20120810";

/// What writes nothing, of the calls that are made often.
const READS: [&str; 10] = [
    "BatchGetItem",
    "DescribeStream",
    "DescribeTable",
    "GetItem",
    "GetRecords",
    "GetShardIterator",
    "ListStreams",
    "Query",
    "Scan",
    "TransactGetItems",
];

/// An answer of the tables is at most a page of a megabyte, or a hundred items; this is far beyond both.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// The way to the tables. A clone is the same way.
#[derive(Clone)]
pub(super) struct Dynamo {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
    database: Database,
    writes: WriteNotifier,
}

impl Dynamo {
    /// The tables that answer at this address.
    pub(super) fn at(address: SocketAddr, database: Database, writes: WriteNotifier) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), address, database, writes }
    }

    /// Asks the tables the same, and answers what they answer.
    pub(super) async fn forward(&self, operation: &str, headers: &HeaderMap, body: Bytes) -> Response {
        if let Some(answer) = fast_path::answer(&self.database, &self.writes, operation, headers, &body) {
            return answer;
        }
        let answered = match self.request(operation, headers, body) {
            Ok(request) => self.client.request(request).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match answered {
            Ok(response) => {
                if !READS.contains(&operation) {
                    self.writes.notify_all();
                }
                hand_on(operation, response.map(Body::new)).await
            }
            Err(error) => failed(error),
        }
    }

    fn request(&self, operation: &str, headers: &HeaderMap, body: Bytes) -> Result<Request<Body>, axum::http::Error> {
        let uri = Uri::builder().scheme("http").authority(self.address.to_string()).path_and_query("/").build()?;
        let body = shard::short_in(operation, &body).map_or(body, Bytes::from);
        let mut request = Request::builder().method(Method::POST).uri(uri).body(Body::from(body))?;
        *request.headers_mut() = headers.clone();
        // These speak of the connection and of the body as it came; the client writes its own.
        for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT] {
            request.headers_mut().remove(own);
        }
        Ok(request)
    }
}

async fn hand_on(operation: &str, response: Response) -> Response {
    if operation != shard::DESCRIBING {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let body = match to_bytes(body, LARGEST_ANSWER).await {
        Ok(body) => body,
        Err(error) => return failed(error.to_string()),
    };
    let Some(longer) = shard::long_in(&body) else {
        return Response::from_parts(head, Body::from(body));
    };
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(longer.len()));
    head.headers.insert("x-amz-crc32", HeaderValue::from(crc32fast::hash(&longer)));
    Response::from_parts(head, Body::from(longer))
}

fn failed(error: String) -> Response {
    tracing::error!(error, "the tables gave no answer");
    Protocol::Json10.refuse(&AwsError::receiver("InternalServerError", error))
}
