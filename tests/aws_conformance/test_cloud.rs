//! A cloud of a few resources, functions that play by a script, a clock in the test's hand, and the way in that
//! everybody has: the SDKs and HTTP.

use std::{collections::BTreeMap, future::pending, net::Ipv4Addr, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use causeway_aws::client::{Account, http_client, sdk_config};
use causeway_local::{
    clock::Clock,
    cloud::{Cloud, Observer, Plan, Store},
    faults::Faults,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::{self, Settings},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::yield_now, time::timeout};

pub(super) const REGION: &str = "us-east-1";
pub(super) const BEGAN: &str = "2026-11-21T05:00:00Z";

/// What a test waits for comes long before this.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a function does.
pub(super) enum Act {
    Answer(Value),
    Fail(&'static str, &'static str),
    Hang,
}

/// One try of a function.
#[derive(Clone, Debug)]
pub(super) struct Try {
    pub(super) function: String,
    pub(super) payload: Value,
    pub(super) request_id: String,
    pub(super) at: Timestamp,
}

type Script = Box<dyn Fn(&Try, usize) -> Act + Send + Sync>;

/// All functions; each try is played by the script, which is told the how-manieth of its function it is.
struct Cast {
    clock: Clock,
    script: Script,
    tries: watch::Sender<Vec<Try>>,
    cut_off: watch::Sender<usize>,
}

struct CutOffSeen(watch::Sender<usize>);

impl Drop for CutOffSeen {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count += 1);
    }
}

#[async_trait]
impl Executor for Cast {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let payload = serde_json::from_str(&invocation.payload).unwrap();
        let function = invocation.function.name.clone();
        let this = Try { function, payload, request_id: invocation.request_id, at: self.clock.now() };
        let before = self.tries.borrow().iter().filter(|seen| seen.function == this.function).count();
        let act = (self.script)(&this, before + 1);
        self.tries.send_modify(|tries| tries.push(this));
        match act {
            Act::Answer(answer) => Ok(answer.to_string()),
            Act::Fail(kind, message) => Err(FunctionError::new(kind, message.to_owned())),
            Act::Hang => {
                let _seen = CutOffSeen(self.cut_off.clone());
                pending().await
            }
        }
    }
}

pub(super) struct TestCloud {
    pub(super) cloud: Cloud,
    pub(super) clock: Clock,
    pub(super) events: aws_sdk_eventbridge::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) dynamo: aws_sdk_dynamodb::Client,
    pub(super) scheduler: aws_sdk_scheduler::Client,
    cast: Arc<Cast>,
}

/// A cloud with these resources and functions that do nothing.
pub(super) async fn quiet(resources: &str) -> TestCloud {
    test_cloud(resources, |_, _| Act::Answer(Value::Null)).await
}

/// A cloud with these resources, whose functions play by this script.
pub(super) async fn test_cloud(
    resources: &str,
    script: impl Fn(&Try, usize) -> Act + Send + Sync + 'static,
) -> TestCloud {
    with_faults(resources, script, Faults::none()).await
}

/// The same on a day on which this goes wrong.
pub(super) async fn with_faults(
    resources: &str,
    script: impl Fn(&Try, usize) -> Act + Send + Sync + 'static,
    faults: Faults,
) -> TestCloud {
    let clock = Clock::paused(BEGAN.parse().unwrap());
    let (tries, cut_off) = (watch::Sender::new(Vec::new()), watch::Sender::new(0));
    let cast = Arc::new(Cast { clock: clock.clone(), script: Box::new(script), tries, cut_off });
    let cloud = cloud(resources, clock.clone(), cast.clone(), faults).await;
    let credentials = Credentials::new("any", "any", None, None, "tests");
    let account = Account { region: REGION.to_owned(), credentials, endpoint: Some(cloud.endpoint()) };
    let config = sdk_config(&account, http_client()).to_builder();
    let config = config.retry_config(RetryConfig::disabled()).timeout_config(TimeoutConfig::disabled()).build();
    TestCloud {
        events: aws_sdk_eventbridge::Client::new(&config),
        sqs: aws_sdk_sqs::Client::new(&config),
        dynamo: aws_sdk_dynamodb::Client::new(&config),
        scheduler: aws_sdk_scheduler::Client::new(&config),
        cloud,
        clock,
        cast,
    }
}

/// The same with an executor of the test's own.
pub(super) async fn cloud(resources: &str, clock: Clock, executor: Arc<dyn Executor>, faults: Faults) -> Cloud {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let settings = Settings::new("facts", &format!("http://{}", listener.local_addr().unwrap()));
    let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{resources}");
    let stack = template::read(&text, &settings).unwrap();
    assert_eq!(stack.findings, []);
    let (store, observer, transport) = (Store::Memory, Observer::default(), InProcessTransport::default());
    Cloud::start(Plan { stack, settings, listener, store, executor, clock, observer, faults, transport, pages: None })
        .await
        .unwrap()
}

/// An answer over plain HTTP.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl TestCloud {
    pub(super) fn arn(service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{REGION}:000000000000:{rest}")
    }

    fn url(&self, queue: &str) -> String {
        format!("{}/000000000000/{queue}", self.cloud.endpoint())
    }

    /// Puts one event on the bus `shop`.
    pub(super) async fn put(&self, detail_type: &str, detail: &str) -> String {
        let entry = super::put_events::entry(detail_type, detail).build();
        let answer = self.events.put_events().entries(entry).send().await.unwrap();
        assert_eq!(answer.failed_entry_count(), 0, "{answer:?}");
        answer.entries().first().and_then(|entry| entry.event_id()).unwrap().to_owned()
    }

    pub(super) async fn send(&self, queue: &str, body: &str) -> String {
        let sent = self.sqs.send_message().queue_url(self.url(queue)).message_body(body).send().await.unwrap();
        sent.message_id.unwrap()
    }

    /// Waits for the next message of a queue, as long as it takes.
    pub(super) async fn receive(&self, queue: &str) -> Message {
        let receive = self.sqs.receive_message().queue_url(self.url(queue)).wait_time_seconds(20);
        let receive =
            receive.message_attribute_names("All").message_system_attribute_names(MessageSystemAttributeName::All);
        let Ok(received) = timeout(PATIENCE, receive.send()).await else { panic!("nothing comes into {queue}") };
        let messages = received.unwrap().messages;
        messages.unwrap_or_default().pop().unwrap_or_else(|| panic!("nothing came into {queue} in 20 seconds"))
    }

    /// How many messages are in a queue, seen or unseen, when nothing more happens without the clock.
    pub(super) async fn count(&self, queue: &str) -> usize {
        self.settle().await;
        let get = self.sqs.get_queue_attributes().queue_url(self.url(queue));
        let found = get.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
        let counts = found.iter().filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOfMessages"));
        counts.map(|(_, count)| count.parse::<usize>().unwrap()).sum()
    }

    /// All tries of all functions, as soon as there are so many.
    pub(super) async fn tries(&self, wanted: usize) -> Vec<Try> {
        let mut tries = self.cast.tries.subscribe();
        let enough = timeout(PATIENCE, tries.wait_for(|tries| tries.len() >= wanted)).await;
        let seen = || self.cast.tries.borrow().len();
        enough.unwrap_or_else(|_| panic!("{} tries and not {wanted}", seen())).unwrap().clone()
    }

    /// How many tries there were when nothing more happens without the clock.
    pub(super) async fn settled_tries(&self) -> usize {
        self.settle().await;
        self.cast.tries.borrow().len()
    }

    /// Waits until so many tries were cut off.
    pub(super) async fn cut_off(&self, wanted: usize) {
        let mut cut_off = self.cast.cut_off.subscribe();
        let enough = timeout(PATIENCE, cut_off.wait_for(|count| *count >= wanted)).await;
        enough.unwrap_or_else(|_| panic!("not {wanted} tries are cut off")).unwrap();
    }

    /// Seconds since the beginning.
    pub(super) fn seconds(at: Timestamp) -> i64 {
        at.duration_since(BEGAN.parse().unwrap()).as_secs()
    }

    async fn settle(&self) {
        for _ in 0..300 {
            yield_now().await;
        }
    }

    /// Lets the clock leap from wait to wait for so many seconds.
    pub(super) async fn pass(&self, seconds: i64) {
        let end = self.clock.now() + SignedDuration::from_secs(seconds);
        self.settle().await;
        while let Some(next) = self.clock.next_wake().filter(|next| *next <= end) {
            self.clock.tick(next.duration_since(self.clock.now()));
            self.settle().await;
        }
        self.clock.tick(end.duration_since(self.clock.now()));
        self.settle().await;
    }

    pub(super) async fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.cloud.endpoint()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let response = client.request(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (head, body) = response.map(Body::new).into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

/// The message attributes by name.
pub(super) fn attributes(message: &Message) -> BTreeMap<String, String> {
    let all = message.message_attributes.iter().flatten();
    all.map(|(name, value)| (name.clone(), value.string_value().unwrap().to_owned())).collect()
}

/// The body as JSON.
pub(super) fn body(message: &Message) -> Value {
    serde_json::from_str(message.body().unwrap()).unwrap()
}
