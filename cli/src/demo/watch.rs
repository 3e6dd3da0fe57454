//! Plays one story: puts what it begins with, follows the feed, and ends when all that was told can be read.

use std::{
    cell::Cell,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::bail;
use aws_sdk_eventbridge::Client;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{interval, timeout},
};

use super::{
    begin::begin, finding::Finding, letters, patience::Patience, reader::Reader, seen::Seen, show::Show, story::Story,
    summary::Played,
};
use crate::up::Running;

/// What is still told when all can be read is waited for: until nothing comes for a time, and not for long.
const A_MOMENT: Duration = Duration::from_millis(50);
const NOT_FOR_LONG: Duration = Duration::from_secs(1);

/// How often it is looked around although nothing is told.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How long it waits before it reads again.
const BETWEEN_READS: Duration = Duration::from_millis(10);

/// Plays it.
pub(super) async fn play(
    running: &Running,
    run: &str,
    story: &Story,
    patience: &Patience,
    show: &mut Show<'_>,
) -> anyhow::Result<Played> {
    let client = Client::new(running.apps.sdk());
    let letters_before = letters::lying(running).await?;
    let mut feed = running.cloud.feed();
    show.heading(story)?;
    let mut seen = Seen::begin(story, run);
    let has_begun = Cell::new(false);
    let mut telling = pin!(async {
        begin(story, &client, Reader::new(running)?).await?;
        has_begun.set(true);
        until_told(story, Reader::new(running)?, patience.with_rest).await
    });
    let mut ticks = interval(BETWEEN_LOOKS);
    let findings = loop {
        tokio::select! {
            told = &mut telling => break told?,
            read = take(&mut feed, &mut seen, show) => read?,
            _ = ticks.tick() => {}
        }
        seen.progress(show)?;
        if seen.elapsed() > patience.with_orders {
            break in_vain(story, Reader::new(running)?, seen.elapsed(), has_begun.get()).await;
        }
    };
    let took = seen.elapsed();
    while seen.elapsed() < took + NOT_FOR_LONG
        && let Ok(read) = timeout(A_MOMENT, take(&mut feed, &mut seen, show)).await
    {
        read?;
    }
    seen.finish(show)?;
    show.findings(story, &findings)?;
    let dead_letters = letters::lying(running).await?.saturating_sub(letters_before);
    Ok(Played::new(story, findings, seen.tally, dead_letters, took))
}

/// Takes the next news, and all that have come by then.
async fn take(feed: &mut Receiver<String>, seen: &mut Seen<'_>, show: &mut Show<'_>) -> anyhow::Result<()> {
    let mut next = feed.recv().await;
    loop {
        match next {
            Ok(news) => seen.take(&news, show)?,
            Err(RecvError::Lagged(missed)) => seen.tally.missed += missed,
            Err(RecvError::Closed) => bail!("the cloud has stopped in the middle of story {}", seen.story.number),
        }
        if feed.is_empty() {
            return Ok(());
        }
        next = feed.recv().await;
    }
}

/// What was read at the end: when all is as told, or when nothing else came for so long after every order had ended.
async fn until_told(story: &Story, mut reader: Reader<'_>, with_rest: Duration) -> anyhow::Result<Vec<Finding>> {
    let mut over_since = None;
    loop {
        // Whoever is refused on purpose asks again.
        if let Ok(Some(findings)) = read_if_over(story, &mut reader).await {
            let over_for = over_since.get_or_insert_with(Instant::now).elapsed();
            if over_for > with_rest || findings.iter().all(|finding| finding.holds) {
                return Ok(findings);
            }
        }
        tokio::time::sleep(BETWEEN_READS).await;
    }
}

async fn read_if_over(story: &Story, reader: &mut Reader<'_>) -> anyhow::Result<Option<Vec<Finding>>> {
    match story.is_over(reader).await? {
        true => Ok(Some(story.read(reader).await?)),
        false => Ok(None),
    }
}

/// What can be read although the story did not end as told.
async fn in_vain(story: &Story, mut reader: Reader<'_>, waited: Duration, has_begun: bool) -> Vec<Finding> {
    let waited = waited.as_secs();
    let told = match has_begun {
        true => format!("waited {waited} seconds in vain"),
        false => format!("waited {waited} seconds in vain for the stock with which the story begins (view stock)"),
    };
    let mut findings = vec![Finding { holds: false, found: told }];
    match story.read(&mut reader).await {
        Ok(read) => findings.extend(read),
        Err(error) => findings.push(Finding { holds: false, found: format!("it cannot be read: {error:#}") }),
    }
    findings
}
