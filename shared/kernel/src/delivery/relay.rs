//! [`relay`]: publishes what commits hold, in the order of each stream.
//! Each stream is a lane of stages: a commit's events one by one, then the messages it sends, then its timers. A stage
//! begins when the one before it is complete, so no version overtakes an earlier one. Lanes do not wait for each other.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;
use serde_json::value::to_raw_value;

use crate::{
    delivery::{
        bus::{Entry, PublishOutcome},
        dead_letter::DeadLetter,
        system_event::report_dead_letter,
    },
    failure::{BoxError, causes},
    log::{Commit, TimerChange},
    message::StreamId,
    ports::Ports,
    time::{Backoff, Timer, TimerError, TimerKey},
};

/// The retries of a failing stage within one call.
const RELAY_RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(2), tries: 6 };

/// From this age on a commit may be a repeat, and the log is asked whether a newer one has changed its timers.
const REPEAT_AGE: SignedDuration = SignedDuration::from_mins(1);

/// One step of a lane.
enum Stage {
    /// Entries to publish in any order; those not accepted yet.
    Publish(Vec<Entry>),
    /// A timer to set or cancel.
    Timer(TimerChange),
    /// All of the commit at this index is published.
    CommitDone(usize),
}

/// The commits of one stream and the stages of the first one.
struct Lane {
    commits: VecDeque<(usize, Commit)>,
    stages: VecDeque<Stage>,
    failures: u32,
}

/// Publishes all that the commits hold, and sets their timers. Returns one result per commit, in their order.
///
/// The caller relays failed commits again, and may repeat successful ones: repeats have the same ids. What the bus or the
/// scheduler refuses for good is dead-lettered and counts as published.
pub async fn relay(ports: &Ports, commits: Vec<Commit>) -> Vec<Result<(), BoxError>> {
    let mut results: Vec<Result<(), BoxError>> =
        commits.iter().map(|_| Err("an earlier commit of the stream is not published".into())).collect();
    let mut lanes = lanes_of(commits);
    while !lanes.is_empty() {
        let mut pause = SignedDuration::ZERO;
        let mut round: Vec<(usize, Entry)> = Vec::new();
        for (index, lane) in lanes.iter_mut().enumerate() {
            lane.advance(&mut results);
            if let Some(Stage::Publish(entries)) = lane.stages.front_mut() {
                round.extend(std::mem::take(entries).into_iter().map(|entry| (index, entry)));
            }
        }
        let entries: Vec<Entry> = round.iter().map(|(_, entry)| entry.clone()).collect();
        let outcomes = if entries.is_empty() { Vec::new() } else { ports.bus.publish(&entries).await };
        let mut errors: BTreeMap<usize, BoxError> = BTreeMap::new();
        let mut outcomes = outcomes.into_iter();
        for (index, entry) in round {
            let outcome = outcomes
                .next()
                .unwrap_or_else(|| PublishOutcome::Transient("the bus returned no outcome for the entry".into()));
            if let Some((entry, error)) = settle(ports, entry, outcome).await {
                if let Some(Stage::Publish(entries)) = lanes.get_mut(index).and_then(|lane| lane.stages.front_mut()) {
                    entries.push(entry);
                }
                errors.insert(index, error);
            }
        }
        for (index, lane) in lanes.iter_mut().enumerate() {
            if let Some(Err(error)) = lane.set_timer(ports).await {
                errors.insert(index, error);
            }
            lane.drop_empty_stage();
        }
        let mut blocked = Vec::new();
        for (index, error) in errors {
            let Some(lane) = lanes.get_mut(index) else { continue };
            match RELAY_RETRY.delay(lane.failures, ports.ids.as_ref()) {
                Some(delay) => pause = pause.max(delay),
                None => {
                    if let Some(result) = lane.commits.front().and_then(|(index, _)| results.get_mut(*index)) {
                        *result = Err(error);
                    }
                    blocked.push(index);
                }
            }
            lane.failures += 1;
        }
        let mut index = 0;
        lanes.retain_mut(|lane| {
            lane.advance(&mut results);
            let keep = !lane.stages.is_empty() && !blocked.contains(&index);
            index += 1;
            keep
        });
        if !pause.is_zero() {
            ports.clock.sleep(pause).await;
        }
    }
    results
}

/// The entry with its error, if it must be published again.
async fn settle(ports: &Ports, entry: Entry, outcome: PublishOutcome) -> Option<(Entry, BoxError)> {
    match outcome {
        PublishOutcome::Accepted => None,
        PublishOutcome::Transient(error) => Some((entry, error)),
        PublishOutcome::Permanent { code, reason } => {
            let kept = match dead_letter(ports, &entry, code, reason) {
                Ok(dead_letter) => keep(ports, &dead_letter).await,
                Err(error) => Err(error.into()),
            };
            kept.err().map(|error| (entry, error))
        }
    }
}

async fn keep(ports: &Ports, dead_letter: &DeadLetter) -> Result<(), BoxError> {
    ports.dead_letters.keep(dead_letter).await?;
    report_dead_letter(ports, dead_letter).await;
    Ok(())
}

fn dead_letter(
    ports: &Ports,
    entry: &Entry,
    reason: String,
    explanation: String,
) -> Result<DeadLetter, serde_json::Error> {
    let message = to_raw_value(&serde_json::json!({
        "id": entry.envelope.event_id,
        "source": entry.source,
        "detail-type": entry.envelope.event_type,
        "time": entry.envelope.timestamp,
        "detail": entry.envelope,
    }))?;
    Ok(DeadLetter { reason, explanation, consumer: "relay".to_owned(), at: ports.clock.now(), message })
}

fn lanes_of(commits: Vec<Commit>) -> Vec<Lane> {
    let mut streams: BTreeMap<StreamId, Vec<(usize, Commit)>> = BTreeMap::new();
    for (index, commit) in commits.into_iter().enumerate() {
        streams.entry(commit.stream.clone()).or_default().push((index, commit));
    }
    let lane = |mut commits: Vec<(usize, Commit)>| {
        // A DynamoDB stream is ordered per item only.
        commits.sort_by_key(|(_, commit)| commit.version);
        Lane { commits: commits.into(), stages: VecDeque::new(), failures: 0 }
    };
    streams.into_values().map(lane).collect()
}

impl Lane {
    /// Drops completed commits and lays out the stages of the next one, if no stage is left.
    fn advance(&mut self, results: &mut [Result<(), BoxError>]) {
        loop {
            match self.stages.front() {
                Some(Stage::CommitDone(index)) => {
                    if let Some(result) = results.get_mut(*index) {
                        *result = Ok(());
                    }
                    self.stages.pop_front();
                    self.commits.pop_front();
                }
                Some(_) => return,
                None => match self.commits.front() {
                    Some((index, commit)) => {
                        self.stages = stages_of(*index, commit);
                    }
                    None => return,
                },
            }
        }
    }

    /// Drops a stage whose entries are all accepted.
    fn drop_empty_stage(&mut self) {
        if matches!(self.stages.front(), Some(Stage::Publish(entries)) if entries.is_empty()) {
            self.stages.pop_front();
            self.failures = 0;
        }
    }

    /// Sets or cancels the timer, if that is the next stage.
    async fn set_timer(&mut self, ports: &Ports) -> Option<Result<(), BoxError>> {
        let (Some(Stage::Timer(change)), Some((_, commit))) = (self.stages.front(), self.commits.front()) else {
            return None;
        };
        let (TimerChange::Set { name, .. } | TimerChange::Cancel { name }) = change;
        let result = match (superseded(ports, commit, name).await, change) {
            (Err(error), _) => return Some(Err(error)),
            (Ok(true), _) => Ok(()),
            (Ok(false), TimerChange::Set { due, message, .. }) => {
                let timer = Timer::of(commit, name, *due, message);
                match ports.timers.set(&timer).await {
                    Err(TimerError::Refused { code, reason }) => dead_letter_timer(ports, timer, code, reason).await,
                    result => result.map_err(|error| causes(&error).into()),
                }
            }
            (Ok(false), TimerChange::Cancel { .. }) => {
                let key = TimerKey { stream: commit.stream.clone(), name: name.clone() };
                match ports.timers.cancel(&key, commit.version).await {
                    // A timer that cannot be cancelled fires, and its handler checks the state.
                    Err(TimerError::Refused { .. }) => Ok(()),
                    result => result.map_err(|error| causes(&error).into()),
                }
            }
        };
        if result.is_ok() {
            self.stages.pop_front();
            self.failures = 0;
        }
        Some(result)
    }
}

/// Whether a newer commit of the stream has changed the timer. A scheduler forgets a timer that was cancelled or has
/// fired, so for a commit that is relayed long after it was made the log is read.
async fn superseded(ports: &Ports, commit: &Commit, timer: &str) -> Result<bool, BoxError> {
    if ports.clock.now() < commit.at + REPEAT_AGE {
        return Ok(false);
    }
    let newer = ports.store.since(&commit.stream, commit.last_version() + 1).await.map_err(|error| causes(&error))?;
    let mut changes = newer.iter().flat_map(|commit| &commit.timers);
    Ok(changes.any(|(TimerChange::Set { name, .. } | TimerChange::Cancel { name })| name == timer))
}

/// Dead-letters the message of a timer that the scheduler refused for good.
async fn dead_letter_timer(ports: &Ports, timer: Timer, code: String, why: String) -> Result<(), BoxError> {
    let entry = Entry::from_context(timer.key.stream.context(), timer.envelope);
    let dead_letter = dead_letter(ports, &entry, code, format!("timer {}: {why}", timer.key.name))?;
    keep(ports, &dead_letter).await
}

fn stages_of(index: usize, commit: &Commit) -> VecDeque<Stage> {
    let context = commit.stream.context();
    let entry = |envelope| Entry::from_context(context, envelope);
    let events = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
    let mut stages: VecDeque<Stage> = events.map(|envelope| Stage::Publish(vec![entry(envelope)])).collect();
    let sends: Vec<Entry> =
        (0..commit.sends.len()).filter_map(|index| commit.send_envelope(index)).map(entry).collect();
    if !sends.is_empty() {
        stages.push_back(Stage::Publish(sends));
    }
    stages.extend(commit.timers.iter().cloned().map(Stage::Timer));
    stages.push_back(Stage::CommitDone(index));
    stages
}
