//! A stream's mapping: the records of one shard in their order, a batch after the other. A batch that fails holds up
//! all behind it until it is done or given up.

use std::{path::Path, sync::Arc};

use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    interfaces::SendToQueue,
    lambda::{Functions, MAX_PAYLOAD_SIZE},
    template::{Mapping, StartingPosition},
    wal::WalError,
};

use super::{
    Filter, Happened, Listener,
    checkpoint::Checkpoint,
    source::{SourceError, StreamRecord, StreamSource},
    watch::StreamWatch,
};

/// How long a mapping waits when its source or its function is not there.
pub(super) const A_MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// The mapping of one shard.
pub struct StreamMapping {
    pub(super) mapping: Mapping,
    pub(super) filter: Filter,
    pub(super) source: Arc<dyn StreamSource>,
    pub(super) functions: Functions,
    pub(super) queues: Arc<dyn SendToQueue>,
    pub(super) checkpoint: Checkpoint,
    pub(super) listener: Listener,
    watch: StreamWatch,
}

impl StreamMapping {
    /// Opens the mapping with its write-ahead log at this path; without one it begins anew with each start.
    pub fn open(
        path: Option<&Path>,
        mapping: Mapping,
        filter: Filter,
        source: Arc<dyn StreamSource>,
        functions: Functions,
        queues: Arc<dyn SendToQueue>,
        listener: Listener,
    ) -> Result<Self, WalError> {
        let checkpoint = Checkpoint::open(path)?;
        let watch = StreamWatch::new(Arc::clone(&source));
        Ok(Self { mapping, filter, source, functions, queues, checkpoint, listener, watch })
    }

    /// Who says whether it has something to do.
    pub fn watch(&self) -> StreamWatch {
        self.watch.clone()
    }

    /// Reads the shard and feeds the function until it is dropped.
    pub async fn run(self) {
        let watch = self.watch();
        watch.at_work.while_run(self.read_on()).await;
    }

    async fn read_on(mut self) {
        while let Err(error) = self.begin().await {
            self.stuck(error.to_string()).await;
        }
        loop {
            match self.gather().await {
                Ok(records) => self.feed(records).await,
                Err(error) => self.stuck(error.to_string()).await,
            }
        }
    }

    /// A mapping that begins with what comes now must remember where that was.
    async fn begin(&mut self) -> Result<(), SourceError> {
        if self.checkpoint.place().is_some() {
            return Ok(());
        }
        let after = match self.mapping.starting_position {
            StartingPosition::Oldest => None,
            StartingPosition::Latest => self.source.newest().await?,
        };
        self.keep(after);
        Ok(())
    }

    /// The next batch: full, or all that came within the window.
    async fn gather(&self) -> Result<Vec<StreamRecord>, SourceError> {
        let most = self.mapping.batch_size as usize;
        let mut records = self.read(most).await?;
        while records.is_empty() {
            self.watch.at_end(self.checkpoint.after());
            self.source.news().await;
            records = self.read(most).await?;
        }
        let window = SignedDuration::from_secs(self.mapping.window_seconds.into());
        let clock = self.functions.clock();
        let end = clock.now().checked_add(window).unwrap_or(jiff::Timestamp::MAX);
        while records.len() < most && clock.now() < end {
            tokio::select! {
                () = clock.sleep_until(end) => {}
                () = self.source.news() => {}
            }
            records = self.read(most).await?;
        }
        Ok(fitting(records))
    }

    async fn read(&self, most: usize) -> Result<Vec<StreamRecord>, SourceError> {
        let _reading = self.watch.at_work.one();
        self.watch.busy();
        self.source.read(self.checkpoint.after(), most).await
    }

    /// Sees a batch through to its last record.
    async fn feed(&mut self, records: Vec<StreamRecord>) {
        let last = records.last().map(|record| record.sequence_number.clone());
        let wanted: Vec<_> = records.into_iter().filter(|record| self.filter.passes(&record.record)).collect();
        self.see_through(wanted).await;
        if self.checkpoint.after() != last.as_deref() {
            self.keep(last);
        }
    }

    pub(super) fn keep(&mut self, after: Option<String>) {
        if let Err(error) = self.checkpoint.keep(after) {
            (self.listener)(Happened::Stuck(error.to_string()));
        }
    }

    pub(super) async fn stuck(&self, reason: String) {
        (self.listener)(Happened::Stuck(reason));
        self.functions.clock().sleep(A_MOMENT).await;
    }
}

/// As many of the records as one invoke holds, and at least one.
fn fitting(mut records: Vec<StreamRecord>) -> Vec<StreamRecord> {
    let mut bytes = 0;
    let fits = |record: &&StreamRecord| {
        bytes += length(&record.record);
        bytes < MAX_PAYLOAD_SIZE
    };
    let most = records.iter().take_while(fits).count().max(1);
    records.truncate(most);
    records
}

fn length(record: &Value) -> usize {
    record.to_string().len() + 1
}
