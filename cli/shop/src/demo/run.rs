//! Runs one scenario: publishes its messages, prints the activity feed, and ends when all checks hold or time is up.

use std::{
    cell::Cell,
    collections::BTreeSet,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::bail;
use aws_sdk_eventbridge::Client;
use causeway_cli::up::Running;
use serde_json::Value;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{interval, timeout},
};

use super::{
    activity::{ActivityLog, Mark, Tally},
    publish::{cancel, deliver, publish},
    reader::{Finding, Reader, dead_letters},
    scenarios::Scenario,
    show::Show,
    summary::Played,
};

/// When all checks hold, the feed is read until it is silent for this long, and for one second at most.
const FEED_IDLE: Duration = Duration::from_millis(50);
const MAX_FEED_TAIL: Duration = Duration::from_secs(1);

/// The progress is checked this often when the feed is silent.
const TICK: Duration = Duration::from_millis(100);

/// The pause between two rounds of checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// The minimum time between two progress lines; it grows with the duration of the scenario.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(150);

/// How long a scenario may take, in real time.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For its orders to end.
    pub orders: Duration,
    /// For the last views and mails, when all orders have ended.
    pub views: Duration,
}

impl Timeouts {
    /// Enough for this cloud. After a failure a function waits for minutes, twice at most; without faults none fails.
    pub fn of(running: &Running) -> Self {
        let [orders, views, with_faults] = [60, 20, 600].map(Duration::from_secs);
        match running.seed {
            None => Self { orders, views },
            Some(_) => Self { orders: with_faults, views: with_faults },
        }
    }
}

pub(super) async fn play(
    running: &Running,
    run: &str,
    scenario: &Scenario,
    timeouts: &Timeouts,
    show: &mut Show<'_>,
) -> anyhow::Result<Played> {
    let client = Client::new(running.apps.sdk());
    let dead_letters_before = dead_letters(running).await?;
    let mut feed = running.cloud.feed();
    show.heading(scenario)?;
    let mut progress = Progress::start(scenario, run);
    let is_published = Cell::new(false);
    let mut checks = pin!(async {
        publish(scenario, &client, Reader::new(running)?).await?;
        is_published.set(true);
        until_all_hold(scenario, &client, Reader::new(running)?, timeouts.views).await
    });
    let mut ticks = interval(TICK);
    let findings = loop {
        tokio::select! {
            findings = &mut checks => break findings?,
            read = take(&mut feed, &mut progress, show) => read?,
            _ = ticks.tick() => {}
        }
        progress.show(show)?;
        if progress.started.elapsed() > timeouts.orders {
            let waited = progress.started.elapsed().as_secs();
            break after_timeout(scenario, Reader::new(running)?, waited, is_published.get()).await;
        }
    };
    let took = progress.started.elapsed();
    while progress.started.elapsed() < took + MAX_FEED_TAIL
        && let Ok(read) = timeout(FEED_IDLE, take(&mut feed, &mut progress, show)).await
    {
        read?;
    }
    progress.show_now(show)?;
    show.findings(scenario, &findings)?;
    let dead_letters = dead_letters(running).await?.saturating_sub(dead_letters_before);
    Ok(Played::new(scenario, findings, progress.tally, dead_letters, took))
}

/// Takes the next event of the feed, and all others that are there.
async fn take(feed: &mut Receiver<String>, progress: &mut Progress<'_>, show: &mut Show<'_>) -> anyhow::Result<()> {
    let mut next = feed.recv().await;
    loop {
        match next {
            Ok(event) => progress.take(&event, show)?,
            Err(RecvError::Lagged(missed)) => progress.tally.missed += missed,
            Err(RecvError::Closed) => bail!("the cloud stopped during scenario {}", progress.scenario.number),
        }
        if feed.is_empty() {
            return Ok(());
        }
        next = feed.recv().await;
    }
}

/// The findings when all hold, or when some still do not for this long after every order has ended.
async fn until_all_hold(
    scenario: &Scenario,
    client: &Client,
    mut reader: Reader<'_>,
    timeout: Duration,
) -> anyhow::Result<Vec<Finding>> {
    let mut over_since = None;
    let (mut cancelled, mut delivered) = (BTreeSet::new(), BTreeSet::new());
    loop {
        for (order, reason) in scenario.regretted(&mut reader).await.unwrap_or_default() {
            if cancelled.insert(order.id.clone()) {
                cancel(&order.id, reason, client).await?;
            }
        }
        for order in scenario.shipped(&mut reader).await.unwrap_or_default() {
            if delivered.insert(order.id.clone()) {
                deliver(&order.id, client).await?;
            }
        }
        // A failed read, such as one by an injected fault, is retried.
        if let Ok(Some(findings)) = check_if_over(scenario, &mut reader).await {
            let over_for = over_since.get_or_insert_with(Instant::now).elapsed();
            if over_for > timeout || findings.iter().all(|finding| finding.holds) {
                return Ok(findings);
            }
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}

async fn check_if_over(scenario: &Scenario, reader: &mut Reader<'_>) -> anyhow::Result<Option<Vec<Finding>>> {
    match scenario.is_over(reader).await? {
        true => Ok(Some(scenario.check(reader).await?)),
        false => Ok(None),
    }
}

/// The findings of a scenario that did not end in time.
async fn after_timeout(scenario: &Scenario, mut reader: Reader<'_>, waited: u64, is_published: bool) -> Vec<Finding> {
    let for_what = if is_published { "" } else { " for the received stock to be in the stock view" };
    let mut findings = vec![Finding { holds: false, found: format!("timed out: waited {waited} seconds{for_what}") }];
    match scenario.check(&mut reader).await {
        Ok(read) => findings.extend(read),
        Err(error) => findings.push(Finding { holds: false, found: format!("it cannot be read: {error:#}") }),
    }
    findings
}

/// What happened in a scenario so far.
struct Progress<'s> {
    scenario: &'s Scenario,
    tally: Tally,
    started: Instant,
    log: ActivityLog,
    /// The last progress line and when it was printed.
    line: String,
    line_at: Duration,
    has_noted_retry: bool,
}

impl<'s> Progress<'s> {
    fn start(scenario: &'s Scenario, run: &str) -> Self {
        Self {
            scenario,
            tally: Tally::default(),
            started: Instant::now(),
            log: ActivityLog::new(&scenario.tag, run),
            line: String::new(),
            line_at: Duration::ZERO,
            has_noted_retry: false,
        }
    }

    /// Counts and prints an event of the feed.
    fn take(&mut self, event: &str, show: &mut Show<'_>) -> anyhow::Result<()> {
        let event: Value = serde_json::from_str(event)?;
        let Some(activity) = self.log.take(&event, &mut self.tally) else {
            return Ok(());
        };
        let at = self.started.elapsed();
        show.activity(self.scenario, at, &activity, &event)?;
        if activity.mark == Mark::Retry && !self.has_noted_retry && event.get("kind") == Some(&Value::from("invoke")) {
            self.has_noted_retry = true;
            show.note(at, "as on AWS, a failed invocation is retried after minutes; with `--speed 60`, after seconds")?;
        }
        Ok(())
    }

    /// Prints the progress of a crowded scenario, unless that was done just now.
    fn show(&mut self, show: &mut Show<'_>) -> anyhow::Result<()> {
        match self.started.elapsed() >= self.line_at + PROGRESS_INTERVAL.max(self.line_at / 8) {
            true => self.show_now(show),
            false => Ok(()),
        }
    }

    fn show_now(&mut self, show: &mut Show<'_>) -> anyhow::Result<()> {
        let (at, line) = (self.started.elapsed(), self.tally.progress());
        if self.scenario.is_crowded() && self.tally.events > 0 && line != self.line {
            show.progress(at, &line)?;
            (self.line, self.line_at) = (line, at);
        }
        Ok(())
    }
}
