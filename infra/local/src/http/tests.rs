//! The HTTP server as its callers see it.

mod api;
mod causeway;
mod facts;
mod faults;
mod paths;
mod refusals;
mod request_guard;
mod targets;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use dynoxide::Database;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::broadcast};

use crate::{
    arn::AccountRegion,
    events::{EventBridge, NoActivitySink, ServiceContext},
    faults::Faults,
    idle::Idle,
    lambda::fixture::{Behaviour, Fixture},
    payments::PaymentProvider,
    scheduler::Scheduler,
    sqs::{self, Sqs},
    template::HttpApi,
    time_driver::TimeDriver,
    write_notifier::WriteNotifier,
};

use super::{AwsServices, InProcessTransport, Mailbox, Services, serve};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "eu-central-1";

/// A server of all services, with one function that behaves as given.
struct Server {
    fixture: Fixture,
    address: SocketAddr,
    feed: broadcast::Sender<String>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Server {
    async fn open(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        Self::with(behaviours, Faults::none()).await
    }

    /// A server with injected faults.
    async fn with(behaviours: impl IntoIterator<Item = Behaviour>, faults: Faults) -> Self {
        Self::of(behaviours, faults, Vec::new()).await
    }

    /// A server with injected faults and these APIs.
    async fn of(behaviours: impl IntoIterator<Item = Behaviour>, faults: Faults, apis: Vec<HttpApi>) -> Self {
        let fixture = Fixture::new(behaviours);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = fixture.clock.clone();
        let endpoint = format!("http://{address}");
        let account_region = AccountRegion { region: REGION.to_owned(), account: ACCOUNT.to_owned() };
        let endpoint = sqs::Endpoint { account_region: account_region.clone(), url: endpoint };
        let sqs = Sqs::open(None, endpoint, clock.clone()).unwrap();
        let invokes = Arc::new(fixture.invoker());
        let ctx = ServiceContext {
            account_region: account_region.clone(),
            clock: clock.clone(),
            functions: invokes.clone(),
            queues: Arc::new(sqs.clone()),
            activity: Arc::new(NoActivitySink),
            seed: 1,
            faults: faults.clone(),
        };
        let events = EventBridge::open(None, ctx.clone()).unwrap();
        tokio::spawn(Arc::clone(&events).run());
        let scheduler = Scheduler::open(None, ctx, events.clone()).unwrap();
        let (feed, _) = broadcast::channel(2);
        let functions = fixture.functions.clone();
        let idle: Vec<Arc<dyn Idle>> = vec![events.clone(), invokes.clone()];
        let time_driver = Arc::new(TimeDriver::new(clock.clone(), functions.clone(), idle, Vec::new()));
        let mailbox = Arc::new(Mailbox::open(None).unwrap());
        let payments = Arc::new(PaymentProvider::open(None).unwrap());
        let (database, writes) = (Database::memory().unwrap(), WriteNotifier::default());
        let aws = AwsServices { database, writes, sqs, events, scheduler, functions, invokes, mailbox, payments };
        let (activity, transport) = (feed.clone(), InProcessTransport::default());
        let services =
            Services { account_region, apis, aws, clock, time_driver, activity, transport, faults, pages: None };
        tokio::spawn(serve(listener, services));
        Self { fixture, address, feed }
    }

    async fn response(&self, request: Request<Body>) -> axum::http::Response<Body> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        client.request(request).await.unwrap().map(Body::new)
    }

    /// Sends a request. Every response has a request id.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.response(request.body(body.into()).unwrap()).await;
        let (head, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
        let answer = Answer { status: head.status, headers: head.headers, body };
        assert!(answer.header("x-amzn-requestid").len() > 20, "{method} {path}: {:?}", answer.headers);
        answer
    }

    /// Sends a call with a target header and a signature.
    async fn target(&self, target: &str, body: impl Into<Body>) -> Answer {
        let signature = "AWS4-HMAC-SHA256 Credential=any/20261121/eu-central-1/any/aws4_request, \
                         SignedHeaders=host;x-amz-date, Signature=00";
        let headers = [
            ("x-amz-target", target),
            ("content-type", "application/x-amz-json-1.0"),
            ("authorization", signature),
            ("x-amz-date", "20261121T050000Z"),
        ];
        self.send("POST", "/", &headers, body).await
    }

    /// Sends a call and expects success.
    async fn call(&self, target: &str, body: Value) -> Value {
        let answer = self.target(target, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{target}: {}", answer.body);
        answer.json()
    }

    /// Sends a request to a path and expects success.
    async fn path(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send(method, path, &[("content-type", "application/json")], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{method} {path}: {}", answer.body);
        answer.json()
    }

    /// Creates a queue and returns its URL.
    async fn queue(&self, name: &str) -> String {
        let answer = self.call("AmazonSQS.CreateQueue", json!({ "QueueName": name })).await;
        answer["QueueUrl"].as_str().unwrap().to_owned()
    }
}
