//! The counters of a chaos run: of the orders, and of the activity feed of the local cloud.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{client::Client, kill_plan::KillPlan, result::ChaosResult};

/// The time before the feed is opened again after it ended.
const RECONNECT_DELAY: Duration = Duration::from_millis(50);

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Counters {
    put: AtomicUsize,
    ended: AtomicUsize,
    /// The puts that were not acknowledged.
    unanswered: AtomicUsize,
    /// The orders that were put again although the first put was acknowledged.
    repeated: AtomicUsize,
    done: AtomicUsize,
    /// The failed invocations by error type, without those that a kill ended.
    failed: Mutex<BTreeMap<String, usize>>,
    killed: AtomicUsize,
    faults: AtomicUsize,
}

impl Counters {
    pub(super) fn put(&self) -> usize {
        self.put.load(SeqCst)
    }

    pub(super) fn one_put(&self) {
        self.put.fetch_add(1, SeqCst);
    }

    pub(super) fn one_unanswered(&self) {
        self.unanswered.fetch_add(1, SeqCst);
    }

    pub(super) fn one_repeated(&self) {
        self.repeated.fetch_add(1, SeqCst);
    }

    pub(super) fn ended(&self) -> usize {
        self.ended.load(SeqCst)
    }

    pub(super) fn set_ended(&self, ended: usize) {
        self.ended.store(ended, SeqCst);
    }

    fn count_line(&self, line: &str) {
        let counter = match line {
            line if line.contains("\"kind\":\"fault\"") => &self.faults,
            line if !line.contains("\"kind\":\"invoke\"") => return,
            line if line.contains("\"outcome\":\"done\"") => &self.done,
            line if line.contains("\"outcome\":\"failed\"") && line.contains("signal: killed") => &self.killed,
            line if line.contains("\"outcome\":\"failed\"") => return self.one_failed(line),
            _ => return,
        };
        counter.fetch_add(1, SeqCst);
    }

    fn one_failed(&self, line: &str) {
        let event: Value =
            line.strip_prefix("data:").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let message = event["message"].as_str().unwrap_or_default();
        let kind = message.split_once(':').map_or(message, |(kind, _)| kind).to_owned();
        *self.failures().entry(kind).or_default() += 1;
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The progress in one line.
    pub(super) fn progress(&self, kill_plan: &KillPlan) -> String {
        format!(
            "{} put, {} ended; {} kills, {} of them at work, {} of the cloud; {} invokes done, {} killed, {} failed",
            self.put(),
            self.ended(),
            kill_plan.kills,
            kill_plan.working,
            kill_plan.cloud_kills,
            self.done.load(SeqCst),
            self.killed.load(SeqCst),
            self.failures().values().sum::<usize>(),
        )
    }

    /// All counters, one a line.
    pub(super) fn table(&self, kill_plan: &KillPlan, result: &ChaosResult, letters: usize) -> String {
        let (confirmed, cancelled) = result.ended();
        let read = |counter: &AtomicUsize| counter.load(SeqCst);
        let (unanswered, repeated) = (read(&self.unanswered), read(&self.repeated));
        let (done, killed) = (read(&self.done), read(&self.killed));
        let failed: Vec<String> = self.failures().iter().map(|(kind, times)| format!("{times} {kind}")).collect();
        let longest = kill_plan.longest_orphan.as_secs_f64();
        let lines = [
            ("orders", format!("{confirmed} confirmed, {cancelled} cancelled")),
            ("put again", format!("{unanswered} not acknowledged, {repeated} repeated on purpose")),
            ("kills of functions", format!("{}, {} of them at work", kill_plan.kills, kill_plan.working)),
            ("kills of the cloud", kill_plan.cloud_kills.to_string()),
            ("orphans", format!("{} outlived the cloud, the last for {longest:.1} s", kill_plan.orphan_count)),
            ("invokes", format!("{done} done, {killed} ended by a kill")),
            ("other failures", if failed.is_empty() { "none".to_owned() } else { failed.join(", ") }),
            ("injected faults", read(&self.faults).to_string()),
            ("dead letters", letters.to_string()),
            ("commits in the log", result.snapshot.streams.values().map(Vec::len).sum::<usize>().to_string()),
        ];
        lines.map(|(name, value)| format!("{name:<22} {value}")).join("\n")
    }
}

/// Reads the activity feed, also after a restart of the cloud; never ends.
pub(super) async fn follow(client: Client, counters: Arc<Counters>) {
    loop {
        if let Ok(feed) = client.open("GET", "/_causeway/feed", "").await {
            let mut lines = BufReader::new(feed).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                counters.count_line(&line);
            }
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}
