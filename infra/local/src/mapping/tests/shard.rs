//! An in-memory shard and the mapping that reads it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    clock::Clock,
    lambda::{
        FunctionError,
        fixture::{Behaviour, Fixture, oversold},
    },
    mapping::{Filter, MappingActivity, SourceError, StreamMapping, StreamRecord, StreamSource, StreamWatch},
    template::Mapping,
};

use super::texts;

pub(super) struct Shard {
    clock: Clock,
    records: Mutex<Vec<StreamRecord>>,
    written: Notify,
}

#[async_trait]
impl StreamSource for Shard {
    fn stream_arn(&self) -> String {
        "arn:aws:dynamodb:eu-central-1:000000000000:table/events/stream/1".to_owned()
    }

    fn shard_id(&self) -> String {
        "shardId-1".to_owned()
    }

    async fn read(&self, after: Option<&str>, max: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.records.lock().unwrap();
        let after = records.iter().filter(|record| after.is_none_or(|after| record.sequence_number.as_str() > after));
        Ok(after.take(max).cloned().collect())
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        Ok(self.records.lock().unwrap().last().map(|record| record.sequence_number.clone()))
    }

    async fn changed(&self) {
        self.written.notified().await;
    }
}

impl Shard {
    /// A fixture with this script, and an empty shard on its clock.
    pub(super) fn new(script: impl IntoIterator<Item = Behaviour>) -> (Fixture, Arc<Self>) {
        let fixture = Fixture::new(script);
        let shard = Arc::new(Self { clock: fixture.clock.clone(), records: Mutex::default(), written: Notify::new() });
        (fixture, shard)
    }

    /// WriteNotifier records of these kinds.
    pub(super) fn write(&self, kinds: &[&str]) {
        let mut records = self.records.lock().unwrap();
        for kind in kinds {
            let sequence_number = format!("r{}", records.len() + 1);
            let record = json!({ "eventName": kind, "dynamodb": { "SequenceNumber": sequence_number } });
            records.push(StreamRecord { sequence_number, created: self.clock.now(), record });
        }
        self.written.notify_one();
    }
}

/// A running mapping.
pub(super) struct RunningMapping {
    task: JoinHandle<()>,
    pub(super) watch: StreamWatch,
    pub(super) activity: Arc<Mutex<Vec<MappingActivity>>>,
}

impl RunningMapping {
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub(super) fn run_mapping(fixture: &Fixture, shard: &Arc<Shard>, mapping: Mapping) -> RunningMapping {
    let activity: Arc<Mutex<Vec<MappingActivity>>> = Arc::default();
    let recorded = Arc::clone(&activity);
    let filter = Filter::parse(&mapping.filters).unwrap();
    let opened = StreamMapping::open(
        Some(&fixture.path("feed.journal")),
        mapping,
        filter,
        shard.clone(),
        fixture.functions.clone(),
        fixture.queues.clone(),
        Arc::new(move |step| recorded.lock().unwrap().push(step)),
    );
    let opened = opened.unwrap();
    let watch = opened.watch();
    RunningMapping { task: tokio::spawn(opened.run()), watch, activity }
}

/// The batches that the function received, by sequence numbers.
pub(super) fn batches(fixture: &Fixture) -> Vec<Vec<String>> {
    let invocations = fixture.function.invocations.lock().unwrap();
    let payloads = invocations.iter().map(|one| serde_json::from_str::<Value>(&one.payload).unwrap());
    payloads.map(|payload| texts(&payload, "/dynamodb/SequenceNumber")).collect()
}

/// Makes the function fail on every batch with this record.
pub(super) fn poison(fixture: &Fixture, number: &'static str) {
    *fixture.function.fallback.lock().unwrap() =
        Some(Box::new(move |payload: &Value| -> Result<String, FunctionError> {
            match texts(payload, "/dynamodb/SequenceNumber").iter().any(|one| one == number) {
                true => Err(oversold()),
                false => Ok("null".to_owned()),
            }
        }));
}
