//! The only write path: load, decide, append; and when another was first, fold its commit in and decide again.
//! A repeat of a command is answered as before, and a lost answer is found to be our own earlier write.

#[cfg(test)]
mod tests;

use jiff::SignedDuration;

use crate::{
    app::App,
    command::{
        decider::{Decider, Effect, fold},
        load::{LoadError, decode, load},
        snapshot::{LoadedStream, SNAPSHOT_EVERY},
    },
    failure::Failure,
    log::{
        commit::{Commit, Send, TimerChange},
        event_store::{Append, AppendError, ReadError, SnapshotPolicy},
    },
    message::{
        contract::{EncodeError, Encoded, Messages},
        envelope::Cause,
        id::{CommitId, StreamId},
    },
    time::backoff::Backoff,
};

/// Lost races after which the command is given back, to be retried later.
const MOST_LOSSES: u32 = 8;
/// Lost races that are folded in without a read; after more, the stream is loaded anew.
const FREE_LOSSES: u32 = 3;
/// The most events one commit may hold.
pub const MAX_EVENTS: usize = 100;
/// The pause between lost races. On a stream that many want at once, patience here is cheaper than giving the command
/// back, which costs a minute and one of few tries.
const CONFLICT_BACKOFF: Backoff =
    Backoff { first: SignedDuration::from_millis(25), most: SignedDuration::from_secs(1), tries: MOST_LOSSES + 1 };

/// What a command did.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed<E> {
    /// The events, whoever wrote them: this call or an earlier one of the same command.
    pub events: Vec<E>,
    /// The version of the stream's last event.
    pub version: u64,
    /// Whether an earlier call of the same command had done it.
    pub repeated: bool,
}

/// A command that did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// A rule said no.
    #[error("rejected")]
    Rejected(#[source] R),
    /// Others were first, again and again.
    #[error("{stream}: others were first {losses} times")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// How often.
        losses: u32,
    },
    /// An event or a wish cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The command did too much at once.
    #[error("{events} events in one commit; there may be {MAX_EVENTS}")]
    TooManyEvents {
        /// How many.
        events: usize,
    },
    /// The stream was not loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The commit was not written.
    #[error(transparent)]
    Append(AppendError),
}

impl<R> From<ReadError> for ExecuteError<R> {
    fn from(error: ReadError) -> Self {
        Self::Load(error.into())
    }
}

impl<R: std::error::Error + std::marker::Send + Sync + 'static> From<ExecuteError<R>> for Failure {
    fn from(error: ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Load(error) => error.into(),
            ExecuteError::Append(AppendError::Read(error)) => error.into(),
            ExecuteError::Append(AppendError::TooLarge { .. })
            | ExecuteError::TooManyEvents { .. }
            | ExecuteError::Encode(_)
            | ExecuteError::Rejected(_) => Self::permanent(error),
            ExecuteError::Conflict { .. } | ExecuteError::Append(_) => Self::transient(error),
        }
    }
}

/// Runs one command on a stream. See [`App::execute`] for handlers.
pub(crate) async fn execute<D: Decider>(
    app: &App,
    stream: StreamId,
    command: &D::Command,
    cause: &Cause,
) -> Result<Executed<D::Event>, ExecuteError<D::Rejection>> {
    let warm = app.cache().take::<D>(&stream);
    let mut checked = warm.is_none();
    let mut known = match warm {
        Some(known) => known,
        None => load::<D>(app.store(), &stream).await?,
    };
    let mut losses = 0;
    loop {
        if let Some(version) = known.handled_at(&cause.command) {
            let answer = answer_as_before::<D>(app, &stream, version, known.version).await?;
            app.cache().put(&stream, known);
            return Ok(answer);
        }
        let decided = match D::decide(&known.state, command) {
            Ok(events) if !events.is_empty() => events,
            // No append will check a "no" or a "nothing to do", so it must not rest on what may be stale.
            _ if !checked => {
                known = load::<D>(app.store(), &stream).await?;
                checked = true;
                continue;
            }
            answer => {
                let version = known.version;
                app.cache().put(&stream, known);
                let events = answer.map_err(ExecuteError::Rejected)?;
                return Ok(Executed { events, version, repeated: false });
            }
        };
        if decided.len() > MAX_EVENTS {
            return Err(ExecuteError::TooManyEvents { events: decided.len() });
        }
        let commit = compose::<D>(app, &stream, &known, &decided, cause)?;
        let snapshot =
            if known.since_snapshot + 1 >= SNAPSHOT_EVERY { SnapshotPolicy::Must } else { SnapshotPolicy::IfFree };
        let append = Append { commit: &commit, snapshot, once: D::ONCE.applies(command) };
        match app.store().append(append).await {
            Ok(appended) => {
                known.follow(&commit, &decided, appended.snapshot);
                let version = known.version;
                app.cache().put(&stream, known);
                return Ok(Executed { events: decided, version, repeated: false });
            }
            Err(AppendError::Repeated { version, .. }) => {
                return Ok(answer_as_before::<D>(app, &stream, version, version).await?);
            }
            Err(AppendError::Conflict { winner, .. }) => {
                losses += 1;
                let theirs = decode::<D>(&stream, &winner)?;
                let ours = winner.command == cause.command;
                if winner.version == known.version + 1 {
                    let snapshot = LoadedStream::<D>::from_snapshot(&winner).is_some();
                    known.follow(&winner, &theirs, snapshot);
                    if ours {
                        let version = known.version;
                        app.cache().put(&stream, known);
                        return Ok(Executed { events: theirs, version, repeated: true });
                    }
                }
                if losses >= MOST_LOSSES {
                    return Err(ExecuteError::Conflict { stream, losses });
                }
                if let Some(pause) = CONFLICT_BACKOFF.delay(losses - 1, app.ids()).filter(|_| losses > 1) {
                    app.clock().sleep(pause).await;
                }
                if losses >= FREE_LOSSES {
                    known = load::<D>(app.store(), &stream).await?;
                }
                checked = losses >= FREE_LOSSES;
            }
            Err(error) => return Err(ExecuteError::Append(error)),
        }
    }
}

/// The commit that says these events and what they wish.
fn compose<D: Decider>(
    app: &App,
    stream: &StreamId,
    known: &LoadedStream<D>,
    events: &[D::Event],
    cause: &Cause,
) -> Result<Commit, EncodeError> {
    let at = app.clock().now();
    let version = known.version + 1;
    let mut after = known.clone();
    after.state = fold::<D>(after.state, events);
    let effects = events.iter().flat_map(|event| D::effects(&after.state, event));
    let mut sends = Vec::new();
    let mut timers = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { to, message } => sends.push(Send { to, message: message? }),
            Effect::SetTimer { name, due, message } => timers.push(TimerChange::Set { name, due, message: message? }),
            Effect::CancelTimer { name } => timers.push(TimerChange::Cancel { name }),
        }
    }
    Ok(Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(app.ids().uuid(at)),
        events: events.iter().map(Messages::encode).collect::<Result<Vec<Encoded>, _>>()?,
        sends,
        timers,
        snapshot: after.into_snapshot(&cause.command, version),
        snapshot_before: known.snapshot_at,
        command: cause.command.clone(),
        metadata: cause.metadata.clone(),
        at,
    })
}

/// The answer that the command got the first time.
async fn answer_as_before<D: Decider>(
    app: &App,
    stream: &StreamId,
    version: u64,
    head: u64,
) -> Result<Executed<D::Event>, LoadError> {
    let events = match app.store().at(stream, version).await? {
        Some(commit) => decode::<D>(stream, &commit)?,
        None => Vec::new(),
    };
    Ok(Executed { events, version: head, repeated: true })
}
