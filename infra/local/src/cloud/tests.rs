//! The cloud with its data folder: started, stopped and started again with a changed template.

mod bus_logs;
mod deployments;
mod expiry;
mod folders;
mod interruptions;
mod mails;
mod tables;

use std::{net::Ipv4Addr, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{Cloud, CloudError, Observer, Plan, Store, resource_state::ResourceState};
use crate::{
    clock::Clock,
    faults::Faults,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::{self, Settings},
};

/// An executor whose functions return null.
struct NullExecutor;

#[async_trait]
impl Executor for NullExecutor {
    async fn invoke(&self, _: Invocation) -> Result<String, FunctionError> {
        Ok("null".to_owned())
    }
}

/// A template with one queue.
const LETTERS: &str = "  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }\n";

/// The ARN of its queue.
const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:letters";

/// A data folder for one cloud after the other, all on one paused clock.
struct Fixture {
    folder: TempDir,
    clock: Clock,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::paused("2026-11-21T05:00:00Z".parse().unwrap()) }
    }

    fn store(&self) -> Store {
        Store::Folder { path: self.folder.path().to_owned(), fresh: false }
    }

    fn fresh_store(&self) -> Store {
        Store::Folder { path: self.folder.path().to_owned(), fresh: true }
    }

    fn state(&self) -> ResourceState {
        ResourceState::open(Some(self.folder.path().join("stack.journal"))).unwrap()
    }

    async fn start_in(&self, store: Store, resources: &str) -> Result<Cloud, CloudError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let file = Some(self.folder.path().join("template.yaml"));
        let settings = Settings { file, ..Settings::new("shop", &endpoint) };
        let stack = template::read(&format!("Resources:\n{resources}"), &settings).unwrap();
        Cloud::start(Plan {
            stack,
            settings,
            listener,
            store,
            executor: Arc::new(NullExecutor),
            clock: self.clock.clone(),
            observer: Observer::default(),
            faults: Faults::none(),
            transport: InProcessTransport::default(),
            pages: None,
        })
        .await
    }

    async fn start(&self, resources: &str) -> Cloud {
        self.start_in(self.store(), resources).await.unwrap()
    }

    /// Stops the cloud and starts another one.
    async fn restart(&self, cloud: Cloud, resources: &str) -> Cloud {
        cloud.stop().await;
        self.start(resources).await
    }

    /// The error of a start that fails, with its sources.
    async fn refusal(&self, resources: &str) -> String {
        let Err(error) = self.start_in(self.store(), resources).await else { panic!("the cloud has started") };
        error_chain(&error)
    }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl Cloud {
    async fn events(&self, operation: &str, body: Value) -> Value {
        self.services.events.handle(operation, body).await.unwrap()
    }

    async fn queues(&self, operation: &str, body: Value) -> Value {
        self.services.sqs.handle(operation, body).await.unwrap()
    }

    async fn schedules(&self, operation: &str, body: Value) -> Value {
        self.services.scheduler.handle(operation, body).await.unwrap()
    }

    /// The names of all rules of a bus.
    async fn rules(&self, bus: &str) -> Vec<String> {
        names(&self.events("ListRules", json!({ "EventBusName": bus })).await["Rules"], "Name")
    }

    /// The ids of the targets of a rule of the default bus.
    async fn targets(&self, rule: &str) -> Vec<String> {
        names(&self.events("ListTargetsByRule", json!({ "Rule": rule })).await["Targets"], "Id")
    }

    /// The names of all queues.
    async fn queue_names(&self) -> Vec<String> {
        let urls = self.queues("ListQueues", json!({})).await["QueueUrls"].clone();
        urls.as_array()
            .unwrap()
            .iter()
            .map(|url| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    /// The names of all schedules.
    async fn schedule_names(&self) -> Vec<String> {
        names(&self.schedules("ListSchedules", json!({})).await["Schedules"], "Name")
    }
}

fn names(listed: &Value, field: &str) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
}
