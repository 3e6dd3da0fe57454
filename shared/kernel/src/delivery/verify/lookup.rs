//! The proof: the log is asked for the one commit that the message's own id and place name, and compared with it.
//! One consistent read however long the stream is, because an event's id says which of its commit's events it is.

use jiff::SignedDuration;

use super::Forged;
use crate::{
    app::App,
    failure::Failure,
    log::commit::TimerChange,
    message::{
        contract::Message,
        envelope::{Envelope, Metadata, Received},
        id::CommitId,
    },
    time::timers::Timer,
};

/// So much earlier than it is due a timer may ring: a scheduler is as exact as a minute.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// The log holds the fact at its place, and says the same.
pub(super) async fn fact<M: Message>(app: &App, received: &Received<M>) -> Result<(), Failure> {
    let (Some(stream), Some(version)) = (&received.stream, received.version) else {
        return Err(Forged::NoPlace { name: M::NAME }.into());
    };
    let not_in_log = || Failure::from(Forged::NotInLog { stream: stream.clone(), version });
    let (commit_id, index) = CommitId::of_event(&received.id).ok_or_else(not_in_log)?;
    let begins = version.checked_sub(u64::from(index)).filter(|begins| *begins > 0).ok_or_else(not_in_log)?;
    let commit = app.store().at(stream, begins).await?.filter(|commit| commit.id == commit_id);
    let logged = commit.and_then(|commit| Envelope::of_event(&commit, usize::from(index))).ok_or_else(not_in_log)?;
    Ok(compare(received, &logged)?)
}

/// A commit of the stream has set the timer that says this, and it is due.
pub(super) async fn timer<M: Message>(app: &App, received: &Received<M>) -> Result<(), Failure> {
    let Some(stream) = &received.stream else {
        return Err(Forged::NoPlace { name: M::NAME }.into());
    };
    // Which version has set it, nothing says; a process has few commits.
    let commits = app.store().since(stream, 1).await?;
    let cause = commits.iter().find(|commit| commit.id.event(0) == received.metadata.causation_id);
    let set = cause.into_iter().flat_map(|commit| {
        commit.timers.iter().filter_map(move |change| match change {
            TimerChange::Set { name, due, message } => Some(Timer::of(commit, name, *due, message)),
            TimerChange::Cancel { .. } => None,
        })
    });
    let Some(timer) = set.into_iter().find(|timer| timer.envelope.event_id == received.id) else {
        return Err(Forged::NoSuchTimer { stream: stream.clone() }.into());
    };
    compare(received, &timer.envelope)?;
    if app.clock().now() + EARLY < timer.due {
        return Err(Forged::Early { stream: stream.clone(), due: timer.due }.into());
    }
    Ok(())
}

/// What the handler would get is what the log says: the body in the newest shape, when it happened, and why.
fn compare<M: Message>(received: &Received<M>, logged: &Envelope) -> Result<(), Forged> {
    let hops = logged.metadata.hops;
    let same_body = || {
        let logged = serde_json::to_value(M::decode(logged.event_version, &logged.data).ok()?).ok()?;
        Some(logged == serde_json::to_value(&received.data).ok()?)
    };
    let looked_at = [
        ("eventId", received.id == logged.event_id),
        ("eventType", M::NAME == logged.event_type),
        ("timestamp", received.timestamp == logged.timestamp),
        // A chain that was too long may be put back with a shorter count.
        ("metadata", Metadata { hops, ..received.metadata.clone() } == logged.metadata),
        ("data", same_body().unwrap_or(false)),
    ];
    match (looked_at.into_iter().find(|(_, same)| !same), &received.stream) {
        (Some((field, _)), Some(stream)) => Err(Forged::Changed { stream: stream.clone(), field }),
        (Some(_), None) => Err(Forged::NoPlace { name: M::NAME }),
        (None, _) => Ok(()),
    }
}
