//! The cloud in its folder: started, stopped and started again with a template that has changed meanwhile.

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

use super::{Cloud, CloudError, Observer, Plan, Store};
use crate::{
    clock::Clock,
    faults::Faults,
    http::InProcessTransport,
    lambda::{Executor, FunctionError, Invocation},
    template::{self, Settings},
};

/// Functions that have nothing to say.
struct Silent;

#[async_trait]
impl Executor for Silent {
    async fn invoke(&self, _: Invocation) -> Result<String, FunctionError> {
        Ok("null".to_owned())
    }
}

/// A folder in which one cloud after the other lives, all on one clock that stands.
struct Ground {
    folder: TempDir,
    clock: Clock,
}

impl Ground {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::paused("2026-11-21T05:00:00Z".parse().unwrap()) }
    }

    fn store(&self) -> Store {
        Store::Folder { path: self.folder.path().to_owned(), fresh: false }
    }

    async fn start_in(&self, store: Store, resources: &str) -> Result<Cloud, CloudError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let file = Some(self.folder.path().join("template.yaml"));
        let settings = Settings { file, ..Settings::new("shop", &endpoint) };
        let stack = template::read(&format!("Resources:\n{resources}"), &settings).unwrap();
        let (executor, clock, faults) = (Arc::new(Silent), self.clock.clone(), Faults::none());
        let observer = Observer::default();
        Cloud::start(Plan {
            stack,
            settings,
            listener,
            store,
            executor,
            clock,
            observer,
            faults,
            transport: InProcessTransport::default(),
        })
        .await
    }

    async fn start(&self, resources: &str) -> Cloud {
        self.start_in(self.store(), resources).await.unwrap()
    }

    /// Why a start is refused, with the reasons behind.
    async fn refusal(&self, resources: &str) -> String {
        let Err(error) = self.start_in(self.store(), resources).await else { panic!("the cloud has started") };
        told(&error)
    }
}

fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}

impl Cloud {
    async fn events(&self, operation: &str, body: Value) -> Value {
        self.parts.events.handle(operation, body).await.unwrap()
    }

    async fn queues(&self, operation: &str, body: Value) -> Value {
        self.parts.sqs.handle(operation, body).await.unwrap()
    }

    async fn schedules(&self, operation: &str, body: Value) -> Value {
        self.parts.scheduler.handle(operation, body).await.unwrap()
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
