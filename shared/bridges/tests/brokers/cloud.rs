//! A local cloud with a bus, a log and views, a decider's part (append a commit, publish its events), and a record of what
//! the bus accepts.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use causeway::{
    Encoded, MessageId, StreamId,
    delivery::bus::{Bus as _, Entry, PublishOutcome},
    log::{Append, Commit, EventStore as _, SnapshotPolicy},
    message::{CommitId, Metadata},
};
use causeway_aws::{
    capacity::CapacityMeter,
    client::{Account, http_client, sdk_config},
    dynamo::DynamoEventStore,
    eventbridge::EventBridgeBus,
};
use causeway_local::{
    clock::Clock,
    cloud::{Cloud, Observer, Plan, Store},
    faults::Faults,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::{self, Settings},
};
use jiff::Timestamp;
use serde_json::{Value, json, value::to_raw_value};
use tokio::{net::TcpListener, sync::broadcast::error::RecvError};
use uuid::Uuid;

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: causeway } }
  # An event that matches no rule is shown a little later, out of its order.
  FromBridges:
    Type: AWS::Events::Rule
    Properties: { EventBusName: !Ref Bus, EventPattern: { source: [{ prefix: bridge. }] } }
  Events:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: causeway-events
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: stream, AttributeType: S }
        - { AttributeName: version, AttributeType: N }
      KeySchema: [{ AttributeName: stream, KeyType: HASH }, { AttributeName: version, KeyType: RANGE }]
  Views:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: causeway-views
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: row, AttributeType: S }]
      KeySchema: [{ AttributeName: row, KeyType: HASH }]
"#;

/// A message by its stream and version, and its id.
pub(crate) type Seen = (String, u64, String);

pub(crate) struct TestCloud {
    cloud: Cloud,
    log: DynamoEventStore,
    bus: EventBridgeBus,
    /// What the bus accepted from bridges, in its order.
    accepted: Arc<Mutex<Vec<Seen>>>,
}

struct NoFunctions;

#[async_trait]
impl Executor for NoFunctions {
    async fn invoke(&self, _invocation: Invocation) -> Result<String, FunctionError> {
        Ok("null".to_owned())
    }
}

impl TestCloud {
    /// A cloud whose bus delivers doubled and in another order.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let settings = Settings::new("causeway", &format!("http://{}", listener.local_addr().unwrap()));
        let stack = template::read(TEMPLATE, &settings).unwrap();
        assert_eq!(stack.findings, []);
        let (store, observer, transport) = (Store::Memory, Observer::default(), InProcessTransport::default());
        let (executor, clock) = (Arc::new(NoFunctions), Clock::of_the_machine());
        let faults = Faults::read(["duplicate@events=0.1", "reorder@events=0.2"], 7).unwrap();
        let plan = Plan { stack, settings, listener, store, executor, clock, observer, faults, transport, pages: None };
        let cloud = Cloud::start(plan).await.unwrap();
        let credentials = Credentials::new("any", "any", None, None, "tests");
        let account = Account { region: "us-east-1".to_owned(), credentials, endpoint: Some(cloud.endpoint()) };
        let sdk = sdk_config(&account, http_client());
        let capacity = Arc::new(CapacityMeter::default());
        let dynamo = aws_sdk_dynamodb::Client::new(&sdk);
        let accepted = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(record(cloud.feed(), Arc::clone(&accepted)));
        Self {
            log: DynamoEventStore::new(dynamo, "causeway-events", "causeway-inbox", capacity),
            bus: EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&sdk), "causeway"),
            cloud,
            accepted,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        self.cloud.endpoint()
    }

    pub(crate) fn accepted(&self) -> Vec<Seen> {
        self.accepted.lock().unwrap().clone()
    }

    /// Appends a commit of two events to each of these streams, and publishes all events, the last ones first.
    pub(crate) async fn commit(&self, streams: &[StreamId], version: u64) {
        let mut entries = Vec::new();
        for stream in streams {
            let commit = commit(stream, version);
            self.log.append(Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false }).await.unwrap();
            let envelopes = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
            entries.extend(envelopes.map(|envelope| Entry::from_context(stream.context(), envelope)));
        }
        entries.reverse();
        for outcome in self.bus.publish(&entries).await {
            assert!(matches!(outcome, PublishOutcome::Accepted), "{outcome:?}");
        }
    }

    /// Publishes an event of each stream, which needs no log.
    pub(crate) async fn publish(&self, streams: &[StreamId]) {
        let entries = streams.iter().filter_map(|stream| {
            let envelope = commit(stream, 1).event_envelope(0)?;
            Some(Entry { source: "tests".to_owned(), envelope })
        });
        self.bus.publish(&entries.collect::<Vec<_>>()).await;
    }

    /// Publishes an event that no log has.
    pub(crate) async fn forge(&self, stream: &StreamId, version: u64) {
        let envelope = commit(stream, version).event_envelope(0).unwrap();
        self.bus.publish(&[Entry::from_context(stream.context(), envelope)]).await;
    }
}

fn commit(stream: &StreamId, version: u64) -> Commit {
    let at = Timestamp::now();
    let command = MessageId::from(Uuid::now_v7());
    let event =
        Encoded { name: "ProbeTaken".to_owned(), version: 1, data: to_raw_value(&json!({ "n": version })).unwrap() };
    let metadata = Metadata {
        correlation_id: command.clone(),
        causation_id: command.clone(),
        user_id: None,
        traceparent: None,
        hops: 0,
    };
    Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(Uuid::now_v7()),
        events: vec![event.clone(), event],
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: None,
        snapshot_before: 0,
        command,
        metadata,
        at,
    }
}

/// Records what bridges put on the bus.
async fn record(mut feed: tokio::sync::broadcast::Receiver<String>, accepted: Arc<Mutex<Vec<Seen>>>) {
    loop {
        match feed.recv().await {
            Ok(line) if line.contains("\"bridge.") && line.contains("\"put\"") => {
                let line: Value = serde_json::from_str(&line).unwrap();
                assert_ne!(line["rules"], json!([]), "{line}");
                let event = match &line["event"] {
                    Value::String(event) => serde_json::from_str(event).unwrap(),
                    event => event.clone(),
                };
                accepted.lock().unwrap().push(seen(&event["detail"]));
            }
            Ok(_) => {}
            Err(RecvError::Lagged(lines)) => panic!("{lines} lines of the feed were lost"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// What this envelope says about its place.
pub(crate) fn seen(envelope: &Value) -> Seen {
    let text = |field: &str| envelope[field].as_str().unwrap_or_default().to_owned();
    let stream = format!("{}/{}/{}", text("eventType"), text("aggregateType"), text("aggregateId"));
    (stream, envelope["version"].as_u64().unwrap_or_default(), text("eventId"))
}

/// Asserts that each stream begins with version 1 and goes on without a gap, when repeated messages are left out, that a
/// version has one id, and that there are so many messages.
#[track_caller]
pub(crate) fn assert_complete_and_in_order(all: &[Seen], expected: usize) {
    let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
    let mut ids: BTreeMap<(&str, u64), &str> = BTreeMap::new();
    for (stream, version, id) in all {
        let newest = newest.entry(stream).or_default();
        if *version > *newest {
            assert_eq!(*version, *newest + 1, "{stream} goes on after {newest} with {version}");
            *newest = *version;
        }
        assert_eq!(ids.entry((stream, *version)).or_insert(id), id, "version {version} of {stream} has two ids");
    }
    assert_eq!(ids.len(), expected);
}
