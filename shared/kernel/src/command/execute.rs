//! [`execute`], the only write path: load the stream, decide, append one commit. On a conflict it folds in the winning
//! commit and decides again. A repeated command returns the events of its first execution, also if that answer was lost.

#[cfg(test)]
mod tests;

use jiff::SignedDuration;

use crate::{
    command::{
        decider::{Decider, Effect, fold},
        load::{LoadError, decode, load},
        snapshot::{LoadedStream, SNAPSHOT_EVERY},
    },
    failure::Failure,
    log::{Append, AppendError, Commit, MAX_EVENTS, ReadError, Send, SnapshotPolicy, TimerChange},
    message::{Cause, CommitId, EncodeError, Encoded, Messages, StreamId},
    ports::Ports,
    time::Backoff,
};

/// Conflicts after which the command fails as transient.
const MAX_CONFLICTS: u32 = 8;
/// Conflicts whose winning commit is folded in without a read; after more, the stream is loaded again.
const FREE_CONFLICTS: u32 = 3;
/// The delay between conflicts. Waiting here is cheaper than a redelivery, which costs a minute and one of few tries.
const CONFLICT_BACKOFF: Backoff =
    Backoff { first: SignedDuration::from_millis(25), most: SignedDuration::from_secs(1), tries: MAX_CONFLICTS };

/// The result of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed<E> {
    /// The events that this call, or an earlier one of the same command, appended.
    pub events: Vec<E>,
    /// The version of the first of these events.
    pub first: u64,
    /// The version of the stream's last event.
    pub version: u64,
    /// Whether an earlier call of the same command appended them.
    pub repeated: bool,
}

/// A command that appended nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError<R> {
    /// A rule rejected the command.
    #[error("rejected")]
    Rejected(#[source] R),
    /// Other writers won every time.
    #[error("{stream}: {losses} conflicts with other writers")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// How many appends lost.
        losses: u32,
    },
    /// An event or an effect cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The command has more than [`MAX_EVENTS`] events.
    #[error("{events} events in one commit, at most {MAX_EVENTS} are allowed")]
    TooManyEvents {
        /// How many.
        events: usize,
    },
    /// The stream could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The commit could not be appended.
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

/// Executes one command on a stream; `cause` has the command's id. Handlers call [`App::execute`](crate::App::execute).
///
/// A warm process needs one append and no read, a cold one a read more. A rejection costs one read and no write, that
/// of a once-only command another read. Each conflict costs another append, and after the third also a read.
pub async fn execute<D: Decider>(
    ports: &Ports,
    stream: StreamId,
    command: &D::Command,
    cause: &Cause,
) -> Result<Executed<D::Event>, ExecuteError<D::Rejection>> {
    let cached = ports.cache.take::<D>(&stream);
    let mut fresh = cached.is_none();
    let mut loaded = match cached {
        Some(loaded) => loaded,
        None => load::<D>(ports.store.as_ref(), &stream).await?,
    };
    let mut conflicts = 0;
    loop {
        if let Some(version) = loaded.handled_at(&cause.command) {
            let result = earlier_result::<D>(ports, &stream, version, loaded.version).await?;
            ports.cache.put(&stream, loaded);
            return Ok(result);
        }
        let events = match D::decide(&loaded.state, command) {
            Ok(events) if !events.is_empty() => events,
            // No append checks a rejection or a command without events, so it must not be decided on a stale state.
            _ if !fresh => {
                loaded = load::<D>(ports.store.as_ref(), &stream).await?;
                fresh = true;
                continue;
            }
            result => {
                let version = loaded.version;
                ports.cache.put(&stream, loaded);
                // What was handled before is not rejected, whatever happened since.
                if result.is_err()
                    && D::ONCE.applies(command)
                    && let Some(marked) = ports.store.marked(&stream, &cause.command).await?
                {
                    return Ok(earlier_result::<D>(ports, &stream, marked, version).await?);
                }
                let events = result.map_err(ExecuteError::Rejected)?;
                return Ok(Executed { events, first: version + 1, version, repeated: false });
            }
        };
        if events.len() > MAX_EVENTS {
            return Err(ExecuteError::TooManyEvents { events: events.len() });
        }
        let commit = commit_of::<D>(ports, &stream, &loaded, &events, cause)?;
        let snapshot =
            if loaded.since_snapshot + 1 >= SNAPSHOT_EVERY { SnapshotPolicy::Must } else { SnapshotPolicy::IfFree };
        let append = Append { commit: &commit, snapshot, once: D::ONCE.applies(command) };
        match ports.store.append(append).await {
            Ok(appended) => {
                loaded.follow(&commit, &events, appended.snapshot);
                let version = loaded.version;
                ports.cache.put(&stream, loaded);
                return Ok(Executed { events, first: commit.version, version, repeated: false });
            }
            Err(AppendError::Repeated { version, .. }) => {
                return Ok(earlier_result::<D>(ports, &stream, version, version).await?);
            }
            Err(AppendError::Conflict { winner, .. }) => {
                conflicts += 1;
                let theirs = decode::<D>(&stream, &winner)?;
                let ours = winner.command == cause.command;
                if winner.version == loaded.version + 1 {
                    let snapshot = LoadedStream::<D>::from_snapshot(&winner).is_some();
                    loaded.follow(&winner, &theirs, snapshot);
                    if ours {
                        let version = loaded.version;
                        ports.cache.put(&stream, loaded);
                        return Ok(Executed { events: theirs, first: winner.version, version, repeated: true });
                    }
                }
                if conflicts >= MAX_CONFLICTS {
                    return Err(ExecuteError::Conflict { stream, losses: conflicts });
                }
                if let Some(pause) = CONFLICT_BACKOFF.delay(conflicts - 1, ports.ids.as_ref()).filter(|_| conflicts > 1)
                {
                    ports.clock.sleep(pause).await;
                }
                if conflicts >= FREE_CONFLICTS {
                    loaded = load::<D>(ports.store.as_ref(), &stream).await?;
                }
                fresh = conflicts >= FREE_CONFLICTS;
            }
            Err(error) => return Err(ExecuteError::Append(error)),
        }
    }
}

/// The commit of these events and their effects.
fn commit_of<D: Decider>(
    ports: &Ports,
    stream: &StreamId,
    loaded: &LoadedStream<D>,
    events: &[D::Event],
    cause: &Cause,
) -> Result<Commit, EncodeError> {
    let at = ports.clock.now();
    let version = loaded.version + 1;
    let mut after = loaded.clone();
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
        id: CommitId::new(ports.ids.uuid(at)),
        events: events.iter().map(Messages::encode).collect::<Result<Vec<Encoded>, _>>()?,
        sends,
        timers,
        snapshot: after.into_snapshot(&cause.command, version),
        snapshot_before: loaded.snapshot_at,
        command: cause.command.clone(),
        metadata: cause.metadata.clone(),
        at,
    })
}

/// The result of the command's first execution.
async fn earlier_result<D: Decider>(
    ports: &Ports,
    stream: &StreamId,
    version: u64,
    head: u64,
) -> Result<Executed<D::Event>, LoadError> {
    let events = match ports.store.at(stream, version).await? {
        Some(commit) => decode::<D>(stream, &commit)?,
        None => Vec::new(),
    };
    Ok(Executed { events, first: version, version: head, repeated: true })
}
