//! The activity feed of a local cloud: server-sent events over HTTP.

use anyhow::Context;
use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::{StatusCode, Uri},
};
use futures::StreamExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::error_hint::unreachable_endpoint;

const PATH: &str = "/_causeway/feed";

pub(super) struct Feed {
    // Dropping the client would close the connection.
    _client: Client<HttpConnector, Body>,
    stream: BodyDataStream,
    reader: Reader,
}

#[derive(Default)]
struct Reader {
    kept: Vec<u8>,
    data: Vec<String>,
    ready: std::collections::VecDeque<String>,
}

impl Feed {
    /// Opens the feed of this endpoint, if it has one.
    pub(super) async fn open(endpoint: &str) -> anyhow::Result<Option<Self>> {
        let uri: Uri =
            format!("{}{PATH}", endpoint.trim_end_matches('/')).parse().context("the endpoint is not a URL")?;
        if uri.scheme_str() != Some("http") {
            return Ok(None);
        }
        let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.get(uri).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Err(unreachable_endpoint(endpoint)),
            Err(error) => return Err(error).with_context(|| format!("the feed of {endpoint} cannot be read")),
        };
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if answer.status() != StatusCode::OK || !kind.starts_with("text/event-stream") {
            return Ok(None);
        }
        let stream = Body::new(answer.into_body()).into_data_stream();
        Ok(Some(Self { _client: client, stream, reader: Reader::default() }))
    }

    /// The data of the next event, or none when the connection has ended.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(data) = self.reader.ready.pop_front() {
                return Some(data);
            }
            match self.stream.next().await {
                Some(Ok(bytes)) => self.reader.take(&bytes),
                Some(Err(_)) | None => return None,
            }
        }
    }
}

impl Reader {
    /// Takes bytes, wherever they were split.
    fn take(&mut self, bytes: &Bytes) {
        self.kept.extend_from_slice(bytes);
        while let Some(end) = self.kept.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.kept.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            match line.strip_prefix("data:") {
                Some(data) => self.data.push(data.strip_prefix(' ').unwrap_or(data).to_owned()),
                None if line.is_empty() && !self.data.is_empty() => {
                    self.ready.push_back(std::mem::take(&mut self.data).join("\n"));
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_wherever_the_bytes_are_cut() {
        let text = ": keep-alive\n\ndata: {\"a\":\"\u{e4}\"}\n\nevent: missed\r\ndata: 1\r\ndata: 2\r\n\r\ndata: cut";
        for size in [1, 2, 3, 7, text.len()] {
            let mut reader = Reader::default();
            text.as_bytes().chunks(size).for_each(|chunk| reader.take(&Bytes::copy_from_slice(chunk)));
            assert_eq!(Vec::from(reader.ready), ["{\"a\":\"\u{e4}\"}", "1\n2"], "in pieces of {size}");
        }
    }
}
