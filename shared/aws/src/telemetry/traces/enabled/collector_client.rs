//! The way to the collector: the HTTP client of the SDK with its one TLS library, and a small answer.

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

use super::super::settings::Settings;

/// The most bytes of an answer that are read: it says how many spans were not taken.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// The collector.
#[derive(Debug)]
pub(super) struct CollectorClient {
    connector: Connector,
}

impl CollectorClient {
    /// The way to the collector; nothing is connected yet.
    pub(super) fn new(settings: &Settings) -> Self {
        // To read all root certificates takes half a start; a collector on the own machine has none.
        let roots = TrustStore::empty().with_native_roots(settings.endpoint.starts_with("https://"));
        let tls = TlsContext::builder().with_trust_store(roots).build();
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
        let connector = match tls {
            Ok(tls) => connector.tls_context(tls),
            Err(_) => connector,
        };
        Self { connector: connector.sleep_impl(TokioSleep::new()).build() }
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = HttpRequest::try_from(request.map(SdkBody::from))?;
        let answer = self.connector.call(request).await?;
        let status = answer.status().as_u16();
        let mut body = ByteStream::new(answer.into_body());
        let mut read = Vec::new();
        while let Some(bytes) = body.next().await {
            read.extend_from_slice(&bytes?);
            if read.len() > MOST_ANSWER_BYTES {
                return Err("the collector's answer is too long".into());
            }
        }
        Ok(Response::builder().status(status).body(Bytes::from(read))?)
    }
}
