//! The meter: it stands under the SDK, counts what really goes over the wire, and gives each request its fate.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    cost::Cost,
    request_fault::{Asked, RequestFault},
};

type Chooser = dyn Fn(&Asked) -> RequestFault + Send + Sync;

/// A meter; a clone is the same meter.
#[derive(Clone)]
pub struct Meter {
    inner: SharedHttpClient,
    shared: Arc<Shared>,
}

struct Shared {
    chooser: Box<Chooser>,
    calls: Mutex<Vec<Call>>,
    asked: watch::Sender<usize>,
}

/// One request that went over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The operation: `PutItem`.
    pub operation: String,
    /// The status of the answer; none when there was none.
    pub status: Option<u16>,
    /// The read units it cost.
    pub reads: f64,
    /// The write units it cost.
    pub writes: f64,
}

/// The meter under one client's connector.
#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    meter: Meter,
}

impl Default for Meter {
    fn default() -> Self {
        Self::choosing(|_| RequestFault::Arrives)
    }
}

impl Meter {
    /// A meter that chooses each request's fate.
    pub fn choosing(fate: impl Fn(&Asked) -> RequestFault + Send + Sync + 'static) -> Self {
        let shared = Shared { chooser: Box::new(fate), calls: Mutex::default(), asked: watch::Sender::new(0) };
        Self { inner: causeway_aws::client::http_client(), shared: Arc::new(shared) }
    }

    /// What went over the wire since this was asked last.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls())
    }

    /// How many requests have set out so far.
    pub fn asked(&self) -> usize {
        *self.shared.asked.borrow()
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.shared.calls.lock().expect("nobody panics while counting")
    }

    fn count(&self, operation: String, status: Option<u16>, cost: Cost) {
        self.calls().push(Call { operation, status, reads: cost.reads, writes: cost.writes });
    }

    async fn pass(self, inner: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut earlier = 0;
        self.shared.asked.send_modify(|asked| {
            earlier = *asked;
            *asked += 1;
        });
        let asked = read(&request, earlier);
        let fate = (self.shared.chooser)(&asked);
        if fate == RequestFault::RequestLost {
            self.count(asked.operation, None, Cost::default());
            return Err(lost("the request was lost"));
        }
        if let Some((status, body)) = fate.refusal() {
            self.count(asked.operation, Some(status), Cost::default());
            return respond(status, body.to_string().into_bytes());
        }
        if let RequestFault::Behind(others) = fate {
            let mut later = self.shared.asked.subscribe();
            later.wait_for(|asked| *asked > earlier + others).await.map_err(|error| lost(&error.to_string()))?;
        }
        let mut response = inner.call(request).await?;
        let status = response.status().as_u16();
        let body = ByteStream::new(response.take_body()).collect().await.map_err(|error| lost(&error.to_string()))?;
        let body = body.into_bytes();
        let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let cost = Cost::of(&asked.operation, &asked.body, &answer);
        if fate == RequestFault::AnswerLost {
            self.count(asked.operation, None, cost);
            return Err(lost("the answer was lost"));
        }
        self.count(asked.operation, Some(status), cost);
        *response.body_mut() = SdkBody::from(body);
        Ok(response)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("calls", &self.shared.calls).finish_non_exhaustive()
    }
}

impl HttpClient for Meter {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Metered { inner, meter: self.clone() })
    }
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.meter.clone().pass(self.inner.clone(), request))
    }
}

fn read(request: &HttpRequest, earlier: usize) -> Asked {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
    let body = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Value::Null);
    Asked { operation, body, earlier }
}

fn respond(status: u16, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(status).map_err(|error| lost(&error.to_string()))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}

fn lost(why: &str) -> ConnectorError {
    ConnectorError::io(why.into())
}
