//! A fake HTTP client under the real SDK: a script answers each request, and all requests are recorded.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The operation of a JSON protocol, such as `PutEvents`; or method and path, such as `POST /schedules/x`.
    pub(crate) operation: String,
    pub(crate) body: Value,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status and a body.
    Answer(u16, Value),
    /// An error with this code.
    Refused(u16, &'static str),
    /// No response: the connection breaks.
    Nothing,
}

type Script = dyn Fn(usize, &Request) -> Reply + Send + Sync;

/// The fake client; clones share their requests.
#[derive(Clone)]
pub(crate) struct FakeWire {
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl FakeWire {
    /// The script gets the number of the request, from 0.
    pub(crate) fn new(script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(script), requests: Arc::default() }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn operations(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.operation).collect()
    }
}

/// An SDK client of the given crate on a fake wire, by default without retries.
macro_rules! client_on {
    ($sdk:ident, $wire:expr) => {
        $crate::fake_wire::client_on!($sdk, $wire, $sdk::config::retry::RetryConfig::disabled())
    };
    ($sdk:ident, $wire:expr, $retries:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("eu-central-1"))
                .credentials_provider(aws_credential_types::Credentials::from_keys("key", "secret", None))
                .retry_config($retries)
                .http_client($wire.clone())
                .build(),
        )
    };
}
pub(crate) use client_on;

impl fmt::Debug for FakeWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeWire")
    }
}

impl HttpConnector for FakeWire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = read(&request);
        let mut requests = self.requests.lock().unwrap();
        let reply = (self.script)(requests.len(), &request);
        requests.push(request);
        HttpConnectorFuture::ready(respond(reply))
    }
}

impl HttpClient for FakeWire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn read(request: &HttpRequest) -> Request {
    let path = request.uri().split("amazonaws.com").last().unwrap_or_default();
    let operation = match request.headers().get("x-amz-target") {
        Some(target) => target.rsplit('.').next().unwrap_or(target).to_owned(),
        None => format!("{} {path}", request.method()),
    };
    let body = request.body().bytes().unwrap_or_default();
    Request { operation, body: serde_json::from_slice(body).unwrap_or(Value::Null) }
}

fn respond(reply: Reply) -> Result<HttpResponse, ConnectorError> {
    let (status, body, code) = match reply {
        Reply::Answer(status, body) => (status, body, None),
        Reply::Refused(status, code) => (status, serde_json::json!({ "__type": code, "message": "no" }), Some(code)),
        Reply::Nothing => return Err(ConnectorError::io("the connection broke".into())),
    };
    let status = StatusCode::try_from(status).unwrap();
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    if let Some(code) = code {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    Ok(response)
}
