//! The HTTP client for outside systems, on the stack of the SDK: timeouts, the idempotency key as a header, and a limit on the
//! size of responses.

#[cfg(test)]
mod tests;

use std::{
    error::Error,
    io::ErrorKind,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator,
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use causeway::{
    Backoff,
    failure::BoxError,
    gateway::{Breaker, BreakerPolicy, CircuitStore, GuardedHttp, HttpClient, HttpError, HttpRequest, HttpResponse},
    time::clock::Clock,
};
use jiff::SignedDuration;

use crate::{clock::OsIds, config::HttpConfig};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The timeout of an attempt, from the connection to the last byte of the response.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// The largest response, in bytes.
const LARGEST_RESPONSE: usize = 256 * 1024;
/// A charge and a look-up after it, with all their attempts, end before the function's timeout of 30 seconds.
const RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(200), most: SignedDuration::from_secs(1), tries: 3 };

/// A client of one outside system.
#[derive(Debug)]
pub struct OutsideHttp {
    config: HttpConfig,
    connector: OnceLock<Connector>,
}

/// The client of this outside system, with retries and the shared circuit breaker.
pub fn guarded_http(
    config: &HttpConfig,
    circuits: Arc<dyn CircuitStore>,
    clock: Arc<dyn Clock>,
) -> Arc<dyn HttpClient> {
    let client = Arc::new(OutsideHttp::new(config.clone()));
    let breaker = Breaker::new(circuits, Arc::clone(&clock), BreakerPolicy::USUAL);
    Arc::new(GuardedHttp::new(client, breaker, RETRY, clock, Arc::new(OsIds)))
}

impl OutsideHttp {
    /// A client without retries. It connects with the first request.
    pub fn new(config: HttpConfig) -> Self {
        Self { config, connector: OnceLock::new() }
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
            let builder = Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new());
            // Reading the root certificates takes milliseconds, and a plain address needs none.
            match self.config.url.starts_with("https:") {
                true => builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build(),
                false => builder.build_http(),
            }
        })
    }

    fn request(&self, request: &HttpRequest) -> Result<orchestrator::HttpRequest, BoxError> {
        let body = request.body.clone().map_or_else(SdkBody::empty, SdkBody::from);
        let mut http = orchestrator::HttpRequest::new(body);
        http.set_method(request.method.as_str())?;
        http.set_uri(format!("{}{}", self.config.url.trim_end_matches('/'), request.path))?;
        let headers = http.headers_mut();
        headers.try_insert("accept", "application/json")?;
        if request.body.is_some() {
            headers.try_insert("content-type", "application/json")?;
        }
        if let Some(key) = request.idempotency_key.clone() {
            headers.try_insert("idempotency-key", key)?;
        }
        if let Some(key) = &self.config.key {
            headers.try_insert("authorization", format!("Bearer {key}"))?;
        }
        Ok(http)
    }
}

#[async_trait]
impl HttpClient for OutsideHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        if request.party != self.config.party {
            return Err(HttpError::NotSent(format!("{} is not configured", request.party).into()));
        }
        let http = self.request(request).map_err(HttpError::NotSent)?;
        let exchange = async {
            let response = self.connector().call(http).await.map_err(unanswered)?;
            let status = response.status().as_u16();
            let body = read(response.into_body()).await.map_err(HttpError::NoAnswer)?;
            Ok(HttpResponse { status, body })
        };
        match tokio::time::timeout(ATTEMPT_TIMEOUT, exchange).await {
            Ok(result) => result,
            Err(elapsed) => Err(HttpError::NoAnswer(elapsed.into())),
        }
    }
}

/// The body as text.
async fn read(body: SdkBody) -> Result<String, BoxError> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        if bytes.len() + chunk.len() > LARGEST_RESPONSE {
            return Err(format!("the response has more than {LARGEST_RESPONSE} bytes").into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Only a refused connection is certain: everything else may have been received.
fn unanswered(error: ConnectorError) -> HttpError {
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = source {
        let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(
            kind,
            Some(ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        ) {
            return HttpError::NotSent(error.into());
        }
        source = cause.source();
    }
    HttpError::NoAnswer(error.into())
}
