//! The relay: what the log holds is said on the bus, in the order of each stream.
//! Every stream moves by itself, stage by stage: its events one by one, then what the commit sends, then its timers.
//! A later stage is never begun while an earlier one fails, so no later version overtakes an earlier one.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;
use serde_json::value::to_raw_value;

use crate::{
    app::App,
    delivery::{
        bus::{Entry, PublishOutcome},
        dead_letter::DeadLetter,
    },
    failure::{BoxError, causes},
    log::commit::{Commit, TimerChange},
    message::{envelope::Envelope, id::StreamId},
    time::{
        backoff::Backoff,
        timers::{Timer, TimerError, TimerKey},
    },
};

/// How long a failing stage is tried within one call.
const RELAY_RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(2), tries: 6 };

/// What stands next in a stream.
enum Stage {
    /// Entries that may go side by side; those not yet taken.
    Publish(Vec<Entry>),
    /// A timer's change.
    Timer(TimerChange),
    /// All of this commit is out.
    CommitDone(usize),
}

/// One stream's way through the relay.
struct Lane {
    commits: VecDeque<(usize, Commit)>,
    stages: VecDeque<Stage>,
    failures: u32,
}

/// Says all that the commits hold. The answer has one word per commit, in their order: done, or why not.
/// Whoever calls this brings back the commits that are not done, and may bring back done ones.
pub async fn relay(app: &App, commits: Vec<Commit>) -> Vec<Result<(), BoxError>> {
    let mut answers: Vec<Result<(), BoxError>> =
        commits.iter().map(|_| Err("an earlier commit of the stream is not out".into())).collect();
    let mut lanes = lanes_of(commits);
    while !lanes.is_empty() {
        let mut pause = SignedDuration::ZERO;
        let mut round: Vec<(usize, Entry)> = Vec::new();
        for (index, lane) in lanes.iter_mut().enumerate() {
            lane.advance(&mut answers);
            if let Some(Stage::Publish(entries)) = lane.stages.front_mut() {
                round.extend(std::mem::take(entries).into_iter().map(|entry| (index, entry)));
            }
        }
        let entries: Vec<Entry> = round.iter().map(|(_, entry)| entry.clone()).collect();
        let said = if entries.is_empty() { Vec::new() } else { app.bus().publish(&entries).await };
        let mut errors: BTreeMap<usize, BoxError> = BTreeMap::new();
        let mut said = said.into_iter();
        for (index, entry) in round {
            let word =
                said.next().unwrap_or_else(|| PublishOutcome::Transient("the bus gave no answer for the entry".into()));
            if let Some((entry, error)) = settle(app, entry, word).await {
                if let Some(Stage::Publish(entries)) = lanes.get_mut(index).and_then(|lane| lane.stages.front_mut()) {
                    entries.push(entry);
                }
                errors.insert(index, error);
            }
        }
        for (index, lane) in lanes.iter_mut().enumerate() {
            if let Some(Err(error)) = lane.set_timer(app).await {
                errors.insert(index, error);
            }
            lane.drop_empty_stage();
        }
        let mut blocked = Vec::new();
        for (index, error) in errors {
            let Some(lane) = lanes.get_mut(index) else { continue };
            match RELAY_RETRY.delay(lane.failures, app.ids()) {
                Some(delay) => pause = pause.max(delay),
                None => {
                    if let Some(answer) = lane.commits.front().and_then(|(place, _)| answers.get_mut(*place)) {
                        *answer = Err(error);
                    }
                    blocked.push(index);
                }
            }
            lane.failures += 1;
        }
        let mut index = 0;
        lanes.retain_mut(|lane| {
            lane.advance(&mut answers);
            let keep = !lane.stages.is_empty() && !blocked.contains(&index);
            index += 1;
            keep
        });
        if !pause.is_zero() {
            app.clock().sleep(pause).await;
        }
    }
    answers
}

/// The entry again with its trouble, when it must be said again.
async fn settle(app: &App, entry: Entry, word: PublishOutcome) -> Option<(Entry, BoxError)> {
    match word {
        PublishOutcome::Accepted => None,
        PublishOutcome::Transient(error) => Some((entry, error)),
        PublishOutcome::Permanent { code, reason } => {
            let kept = match letter(app, &entry, code, reason) {
                Ok(letter) => app.dead_letters().keep(&letter).await.map_err(BoxError::from),
                Err(error) => Err(error.into()),
            };
            kept.err().map(|error| (entry, error))
        }
    }
}

fn letter(app: &App, entry: &Entry, reason: String, explanation: String) -> Result<DeadLetter, serde_json::Error> {
    let message = to_raw_value(&serde_json::json!({
        "id": entry.envelope.event_id,
        "source": entry.source,
        "detail-type": entry.envelope.event_type,
        "time": entry.envelope.timestamp,
        "detail": entry.envelope,
    }))?;
    Ok(DeadLetter { reason, explanation, consumer: "relay".to_owned(), at: app.clock().now(), message })
}

fn lanes_of(commits: Vec<Commit>) -> Vec<Lane> {
    let mut streams: BTreeMap<StreamId, Vec<(usize, Commit)>> = BTreeMap::new();
    for (place, commit) in commits.into_iter().enumerate() {
        streams.entry(commit.stream.clone()).or_default().push((place, commit));
    }
    let lane = |mut commits: Vec<(usize, Commit)>| {
        // A stream of changes is ordered per item only.
        commits.sort_by_key(|(_, commit)| commit.version);
        Lane { commits: commits.into(), stages: VecDeque::new(), failures: 0 }
    };
    streams.into_values().map(lane).collect()
}

impl Lane {
    /// Passes what is done and lays out the next commit's stages, if none is under way.
    fn advance(&mut self, answers: &mut [Result<(), BoxError>]) {
        loop {
            match self.stages.front() {
                Some(Stage::CommitDone(place)) => {
                    if let Some(answer) = answers.get_mut(*place) {
                        *answer = Ok(());
                    }
                    self.stages.pop_front();
                    self.commits.pop_front();
                }
                Some(_) => return,
                None => match self.commits.front() {
                    Some((place, commit)) => {
                        self.stages = stages_of(*place, commit);
                    }
                    None => return,
                },
            }
        }
    }

    /// Drops a stage whose entries are all taken.
    fn drop_empty_stage(&mut self) {
        if matches!(self.stages.front(), Some(Stage::Publish(entries)) if entries.is_empty()) {
            self.stages.pop_front();
            self.failures = 0;
        }
    }

    /// Changes the timer that stands next, if one does.
    async fn set_timer(&mut self, app: &App) -> Option<Result<(), BoxError>> {
        let (Some(Stage::Timer(change)), Some((_, commit))) = (self.stages.front(), self.commits.front()) else {
            return None;
        };
        let (name, result) = match change {
            TimerChange::Set { name, due, message } => {
                (name, app.timers().set(&Timer::of(commit, name, *due, message)).await)
            }
            TimerChange::Cancel { name } => {
                let key = TimerKey { stream: commit.stream.clone(), name: name.clone() };
                (name, app.timers().cancel(&key).await)
            }
        };
        let result = match result {
            Err(TimerError::Refused { code, reason }) => refuse_timer(app, commit, name, code, reason).await,
            result => result.map_err(|error| causes(&error).into()),
        };
        if result.is_ok() {
            self.stages.pop_front();
            self.failures = 0;
        }
        Some(result)
    }
}

/// A timer that can never be set is a dead letter, too: what it would have said is kept.
async fn refuse_timer(app: &App, commit: &Commit, name: &str, code: String, why: String) -> Result<(), BoxError> {
    let change = commit.timers.iter().find_map(|change| match change {
        TimerChange::Set { name: set, due, message } if set == name => Some(Timer::of(commit, name, *due, message)),
        TimerChange::Set { .. } | TimerChange::Cancel { .. } => None,
    });
    let Some(timer) = change else { return Ok(()) };
    let entry = Entry::from_context(commit.stream.context(), timer.envelope);
    let letter = letter(app, &entry, code, format!("timer {name}: {why}"))?;
    app.dead_letters().keep(&letter).await.map_err(BoxError::from)
}

fn stages_of(place: usize, commit: &Commit) -> VecDeque<Stage> {
    let context = commit.stream.context();
    let say = |envelope| Entry::from_context(context, envelope);
    let events = (0..commit.events.len()).filter_map(|index| Envelope::of_event(commit, index));
    let mut stages: VecDeque<Stage> = events.map(|envelope| Stage::Publish(vec![say(envelope)])).collect();
    let sends: Vec<Entry> =
        (0..commit.sends.len()).filter_map(|index| Envelope::of_send(commit, index)).map(say).collect();
    if !sends.is_empty() {
        stages.push_back(Stage::Publish(sends));
    }
    stages.extend(commit.timers.iter().cloned().map(Stage::Timer));
    stages.push_back(Stage::CommitDone(place));
    stages
}
