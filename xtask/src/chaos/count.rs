//! What is counted while it blows: by us, and by the feed of the cloud.

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

use super::{client::Client, final_state::FinalState, kill_plan::KillPlan};

/// How soon it is asked again after a feed that has ended.
const A_MOMENT: Duration = Duration::from_millis(50);

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Count {
    put: AtomicUsize,
    ended: AtomicUsize,
    /// So many puts nobody acknowledged.
    unanswered: AtomicUsize,
    /// So many orders were put a second time although the first was acknowledged.
    repeated: AtomicUsize,
    done: AtomicUsize,
    /// How often each kind of failure was said that is no kill.
    failed: Mutex<BTreeMap<String, usize>>,
    killed: AtomicUsize,
    faults: AtomicUsize,
}

impl Count {
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

    pub(super) fn have_ended(&self, ended: usize) {
        self.ended.store(ended, SeqCst);
    }

    fn news(&self, line: &str) {
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
        let news: Value =
            line.strip_prefix("data:").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let message = news["message"].as_str().unwrap_or_default();
        let kind = message.split_once(':').map_or(message, |(kind, _)| kind).to_owned();
        *self.failures().entry(kind).or_default() += 1;
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is.
    pub(super) fn words(&self, strikes: &KillPlan) -> String {
        format!(
            "{} put, {} ended; {} kills, {} of them at work, {} of the cloud; {} invokes done, {} killed, {} failed",
            self.put(),
            self.ended(),
            strikes.kills,
            strikes.at_work,
            strikes.cloud_kills,
            self.done.load(SeqCst),
            self.killed.load(SeqCst),
            self.failures().values().sum::<usize>(),
        )
    }

    /// All that was counted.
    pub(super) fn table(&self, strikes: &KillPlan, end: &FinalState, letters: usize) -> String {
        let (confirmed, cancelled) = end.ended();
        let read = |counter: &AtomicUsize| counter.load(SeqCst);
        let (unanswered, repeated) = (read(&self.unanswered), read(&self.repeated));
        let (done, killed) = (read(&self.done), read(&self.killed));
        let failed: Vec<String> = self.failures().iter().map(|(kind, times)| format!("{times} {kind}")).collect();
        let longest = strikes.longest_orphan.as_secs_f64();
        let lines = [
            ("orders", format!("{confirmed} confirmed, {cancelled} cancelled")),
            ("put again", format!("{unanswered} not acknowledged, {repeated} repeated on purpose")),
            ("kills of functions", format!("{}, {} of them at work", strikes.kills, strikes.at_work)),
            ("kills of the cloud", strikes.cloud_kills.to_string()),
            ("orphans", format!("{} lived when the cloud was back, the last ended after {longest:.1} s", strikes.left)),
            ("invokes", format!("{done} done, {killed} ended by a kill")),
            ("failed otherwise", if failed.is_empty() { "none".to_owned() } else { failed.join(", ") }),
            ("faults on purpose", read(&self.faults).to_string()),
            ("dead letters", letters.to_string()),
            ("commits in the log", end.commits().to_string()),
        ];
        lines.map(|(name, value)| format!("{name:<22} {value}")).join("\n")
    }
}

/// Reads the feed on and on, also that of the next cloud; ends never.
pub(super) async fn follow(client: Client, count: Arc<Count>) {
    loop {
        if let Ok(feed) = client.open("GET", "/_causeway/feed", "").await {
            let mut lines = BufReader::new(feed).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                count.news(&line);
            }
        }
        tokio::time::sleep(A_MOMENT).await;
    }
}
