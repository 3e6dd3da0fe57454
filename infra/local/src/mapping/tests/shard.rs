//! A shard in memory and the mapping that reads it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    clock::Clock,
    lambda::{
        FunctionError,
        fixture::{Fixture, oversold},
    },
    mapping::{Filter, Happened, SourceError, StreamMapping, StreamRecord, StreamSource, StreamWatch},
    template::Mapping,
};

use super::told;

pub(super) struct Shard {
    clock: Clock,
    records: Mutex<Vec<StreamRecord>>,
    news: Notify,
}

#[async_trait]
impl StreamSource for Shard {
    fn stream_arn(&self) -> String {
        "arn:aws:dynamodb:eu-central-1:000000000000:table/events/stream/1".to_owned()
    }

    fn shard_id(&self) -> String {
        "shardId-1".to_owned()
    }

    async fn read(&self, after: Option<&str>, most: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let records = self.records.lock().unwrap();
        let behind = records.iter().filter(|record| after.is_none_or(|after| record.sequence_number.as_str() > after));
        Ok(behind.take(most).cloned().collect())
    }

    async fn newest(&self) -> Result<Option<String>, SourceError> {
        Ok(self.records.lock().unwrap().last().map(|record| record.sequence_number.clone()))
    }

    async fn news(&self) {
        self.news.notified().await;
    }
}

impl Shard {
    pub(super) fn of(fixture: &Fixture) -> Arc<Self> {
        Arc::new(Self { clock: fixture.clock.clone(), records: Mutex::default(), news: Notify::new() })
    }

    /// WriteNotifier records of these kinds.
    pub(super) fn write(&self, kinds: &[&str]) {
        let mut records = self.records.lock().unwrap();
        for kind in kinds {
            let sequence_number = format!("r{}", records.len() + 1);
            let record = json!({ "eventName": kind, "dynamodb": { "SequenceNumber": sequence_number } });
            records.push(StreamRecord { sequence_number, created: self.clock.now(), record });
        }
        self.news.notify_one();
    }
}

/// A mapping at work.
pub(super) struct AtWork {
    task: JoinHandle<()>,
    pub(super) watch: StreamWatch,
    pub(super) happened: Arc<Mutex<Vec<Happened>>>,
}

impl AtWork {
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub(super) fn begin(fixture: &Fixture, shard: &Arc<Shard>, mapping: Mapping) -> AtWork {
    let happened: Arc<Mutex<Vec<Happened>>> = Arc::default();
    let heard = Arc::clone(&happened);
    let filter = Filter::parse(&mapping.filters).unwrap();
    let opened = StreamMapping::open(
        Some(&fixture.path("feed.journal")),
        mapping,
        filter,
        shard.clone(),
        fixture.functions.clone(),
        fixture.queues.clone(),
        Arc::new(move |what| heard.lock().unwrap().push(what)),
    );
    let opened = opened.unwrap();
    let watch = opened.watch();
    AtWork { task: tokio::spawn(opened.run()), watch, happened }
}

/// The batches that the function saw, by sequence numbers.
pub(super) fn batches(fixture: &Fixture) -> Vec<Vec<String>> {
    let invocations = fixture.function.invocations.lock().unwrap();
    let payloads = invocations.iter().map(|one| serde_json::from_str::<Value>(&one.payload).unwrap());
    payloads.map(|payload| told(&payload, "/dynamodb/SequenceNumber")).collect()
}

/// From now on the function fails on every batch with this record in it.
pub(super) fn poison(fixture: &Fixture, number: &'static str) {
    *fixture.function.fallback.lock().unwrap() =
        Some(Box::new(move |payload: &Value| -> Result<String, FunctionError> {
            match told(payload, "/dynamodb/SequenceNumber").iter().any(|one| one == number) {
                true => Err(oversold()),
                false => Ok("null".to_owned()),
            }
        }));
}
