//! What a story came to: the log, the rows, the mails, the letters, and what the bus wrote down.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use causeway::{
    Messages, StreamId,
    delivery::dead_letter::DeadLetter,
    gateway::mail::Mail,
    log::commit::{Commit, Recorded},
    memory::Memory,
    testing::sim::{Log, RunLog, Simulation},
    time::timers::Timer,
    view::view_store::{Row, RowKey},
};

/// The end of a story.
pub(crate) struct FinalState {
    pub(crate) quiet: bool,
    pub(crate) streams: BTreeMap<StreamId, Vec<Commit>>,
    pub(crate) appended: Vec<Commit>,
    pub(crate) rows: BTreeMap<RowKey, Row>,
    pub(crate) mails: Vec<Mail>,
    pub(crate) letters: Vec<DeadLetter>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) run_log: RunLog,
    pub(crate) cancelled_by_hand: BTreeSet<String>,
}

impl FinalState {
    /// Lets the world come to its end.
    pub(crate) fn of(world: &Simulation, log: &Arc<dyn Log>, memory: &Memory) -> Self {
        let quiet = world.run().is_ok();
        let appended = log.changes(0);
        // Where one commit was written over another, the later one is what stands there.
        let mut streams: BTreeMap<StreamId, BTreeMap<u64, Commit>> = BTreeMap::new();
        for commit in &appended {
            streams.entry(commit.stream.clone()).or_default().insert(commit.version, commit.clone());
        }
        let streams = streams.into_iter().map(|(stream, commits)| (stream, commits.into_values().collect())).collect();
        Self {
            quiet,
            streams,
            appended,
            rows: memory.views.rows(),
            mails: memory.mailer.sent(),
            letters: memory.dead_letters.all(),
            timers: world.timers().pending(),
            run_log: world.run_log(),
            cancelled_by_hand: BTreeSet::new(),
        }
    }

    /// The streams of a context with their events.
    pub(crate) fn of_context<E: Messages>(&self, context: &str) -> Vec<(StreamId, Vec<Recorded<E>>)> {
        let streams = self.streams.iter().filter(|(stream, _)| stream.context() == context);
        streams.map(|(stream, commits)| (stream.clone(), recorded(commits))).collect()
    }

    /// The events of one stream.
    pub(crate) fn events<E: Messages>(&self, context: &str, id: &str) -> Vec<E> {
        let stream = StreamId::parse(&format!("{context}/{id}")).unwrap();
        let commits = self.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        recorded(commits).into_iter().map(|recorded| recorded.event).collect()
    }
}

fn recorded<E: Messages>(commits: &[Commit]) -> Vec<Recorded<E>> {
    commits.iter().flat_map(|commit| commit.recorded::<E>().unwrap()).collect()
}
