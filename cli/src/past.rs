//! Moments of the past as arguments, and a stream read up to a moment.

use anyhow::Context;
use causeway::{
    StreamId,
    command::dyn_fold::DynFold,
    log::{Commit, Moment, check_contiguous},
    message::DecodeError,
};
use causeway_aws::dynamo::LogReader;
use jiff::Timestamp;
use serde_json::Value;

use crate::{application::Application, time_arg};

/// The number of commits per page.
const PAGE_SIZE: i32 = 100;

/// Reads `--at`: a version or a time; without it, now.
pub fn moment(text: Option<&str>) -> anyhow::Result<Moment> {
    match text {
        None => Ok(Moment::Now),
        Some(text) => match text.parse() {
            Ok(version) => Ok(Moment::Version(version)),
            Err(_) => {
                time_arg::read(text, Timestamp::now()).map(Moment::Time).context("a moment is a version or a time, and")
            }
        },
    }
}

/// How far a stream was read.
#[derive(Clone, Copy, Debug)]
pub struct ReadUntil {
    /// The version of the last event; 0 if there was none by then.
    pub version: u64,
    /// The time of the last event.
    pub at: Option<Timestamp>,
    /// The time of the first event after the moment.
    pub next: Option<Timestamp>,
}

impl ReadUntil {
    /// Whether the stream has no event at all.
    pub fn is_unknown(&self) -> bool {
        self.at.is_none() && self.next.is_none()
    }

    /// The version and its time, for people.
    pub fn text(&self) -> String {
        match self.at {
            Some(at) => format!("version {} of {}", self.version, time_arg::show(at)),
            None => "before its first event".to_owned(),
        }
    }
}

/// Reads a stream page by page up to a moment, and calls `each` with every commit and the index of each of its events.
pub async fn read_until(
    log: &LogReader,
    stream: &StreamId,
    until: Moment,
    mut each: impl FnMut(&Commit, usize) -> Result<(), DecodeError>,
) -> anyhow::Result<ReadUntil> {
    let mut read = ReadUntil { version: 0, at: None, next: None };
    let mut pages = log.stream(stream, 1, PAGE_SIZE);
    while let Some(page) = pages.next().await? {
        check_contiguous(stream, read.version + 1, &page.commits)?;
        for commit in &page.commits {
            for (index, version) in (0..commit.events.len()).zip(commit.version..) {
                if !until.includes(commit, version) {
                    return Ok(ReadUntil { next: Some(commit.at), ..read });
                }
                each(commit, index).with_context(|| format!("{stream} version {version}"))?;
                read = ReadUntil { version, at: Some(commit.at), next: None };
            }
        }
    }
    Ok(read)
}

/// A state, and the place in the stream that it is of.
pub struct PastState {
    /// How far the stream was read.
    pub read: ReadUntil,
    /// The fold, for further events.
    pub fold: Box<dyn DynFold>,
}

impl PastState {
    /// Reads the state of a stream at a moment.
    pub async fn read(
        log: &LogReader,
        application: &Application,
        stream: &StreamId,
        at: Moment,
    ) -> anyhow::Result<Self> {
        let mut fold = application.fold(stream)?.begin();
        let read = read_until(log, stream, at, |commit, index| match commit.events.get(index) {
            Some(event) => fold.follow(event),
            None => Ok(()),
        });
        let read = read.await?;
        Ok(Self { read, fold })
    }

    /// The state as JSON.
    pub fn state(&self) -> serde_json::Result<Value> {
        self.fold.state()
    }
}
