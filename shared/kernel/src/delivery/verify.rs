//! `verify`: is a message what it claims to be? Checks its source and account, and compares events and timers with
//! the log. Many may publish on the bus, but only deciders write the log; a message that differs from it is `FORGED`.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use crate::{
    delivery::{
        bus::source_of,
        verification_policy::{Verification, VerificationPolicy, VerifyEvents},
    },
    failure::Failure,
    log::{Commit, TimerChange},
    message::{CommandRejected, CommitId, Delivery, Envelope, Kind, Message, Metadata, Received, StreamId},
    ports::Ports,
    time::Timer,
};

/// The reason code of a dead letter that was not what it claimed to be.
pub const FORGED: &str = "FORGED";

/// A timer may fire this much before it is due: schedulers are exact to a minute.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// A message that is not what it claims to be. It is never handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// The source is another context's.
    #[error("field source: {name} is published by {expected}, not by {claimed:?}")]
    Source {
        /// The message's name.
        name: &'static str,
        /// The source that publishes it.
        expected: String,
        /// The source of this delivery.
        claimed: String,
    },
    /// The message comes from another account.
    #[error("field account: expected {expected}, found {claimed:?}")]
    Account {
        /// Our account.
        expected: String,
        /// The account of this delivery; empty when it names none.
        claimed: String,
    },
    /// The stream belongs to another context than the message.
    #[error("field aggregateType: {name} belongs to {expected}, not to {claimed:?}")]
    Context {
        /// The message's name.
        name: &'static str,
        /// The context that owns the message.
        expected: &'static str,
        /// The context of the stream that it names.
        claimed: String,
    },
    /// The event does not name its stream or version.
    #[error("field version: {name} is stored in the log, but this one has no stream or version")]
    NoPlace {
        /// The message's name.
        name: &'static str,
    },
    /// The log does not hold the event.
    #[error("field eventId: the log holds no such event at {stream} version {version}")]
    NotInLog {
        /// The stream.
        stream: StreamId,
        /// The version that the event claims.
        version: u64,
    },
    /// No commit of the stream has set the timer.
    #[error("field eventId: no commit of {stream} has set this timer")]
    NoSuchTimer {
        /// The stream.
        stream: StreamId,
    },
    /// The timer is not due yet.
    #[error("field timestamp: the timer of {stream} is due at {due}")]
    Early {
        /// The stream.
        stream: StreamId,
        /// When it is due.
        due: Timestamp,
    },
    /// A field differs from the log.
    #[error("field {field}: it differs from the log of {stream}")]
    Changed {
        /// The stream.
        stream: StreamId,
        /// The field of the envelope.
        field: &'static str,
    },
}

impl From<Forged> for Failure {
    fn from(forged: Forged) -> Self {
        Self::permanent(forged)
    }
}

/// Verifies where a message comes from and, if its handler or the app's policy requires it, that the log holds it.
///
/// A lookup costs one consistent read, however long the stream is; that of a timer reads its whole stream.
pub(crate) async fn verify<M: Message>(
    ports: &Ports,
    delivery: &Delivery,
    received: &Received<M>,
    requirement: Verification,
) -> Result<(), Failure> {
    let policy = &ports.verification;
    verify_origin(policy, delivery, received)?;
    match (M::KIND, policy.verify_events, requirement) {
        // The log holds no commands.
        (Kind::Command, _, _)
        | (Kind::Event, VerifyEvents::None, _)
        | (Kind::Event, VerifyEvents::Required, Verification::Origin) => Ok(()),
        // Technical events are published without being stored.
        (Kind::Event, VerifyEvents::All, Verification::Origin)
            if M::CONTEXT == CommandRejected::CONTEXT && received.version.is_none() =>
        {
            Ok(())
        }
        (Kind::Event, VerifyEvents::Required, Verification::Event)
        | (Kind::Event, VerifyEvents::All, Verification::Event | Verification::Origin) => {
            verify_event(ports, received).await
        }
        (Kind::Event, VerifyEvents::Required | VerifyEvents::All, Verification::Timer) => {
            verify_timer(ports, received).await
        }
    }
}

/// Events come from their own context and our account, and so does a command that claims a source of ours. Any other
/// source may send commands.
fn verify_origin<M: Message>(
    policy: &VerificationPolicy,
    delivery: &Delivery,
    received: &Received<M>,
) -> Result<(), Forged> {
    let is_event = M::KIND == Kind::Event;
    let expected = source_of(M::CONTEXT);
    if is_event && delivery.source != expected {
        return Err(Forged::Source { name: M::NAME, expected, claimed: cut(&delivery.source) });
    }
    let claims_to_be_ours = is_event || delivery.source.starts_with(&source_of(""));
    if let Some(expected) = policy.account.clone().filter(|_| claims_to_be_ours)
        && delivery.account.as_ref() != Some(&expected)
    {
        return Err(Forged::Account { expected, claimed: cut(delivery.account.as_deref().unwrap_or_default()) });
    }
    match &received.stream {
        Some(stream) if is_event && stream.context() != M::CONTEXT => {
            Err(Forged::Context { name: M::NAME, expected: M::CONTEXT, claimed: stream.context().to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(128).collect()
}

/// The log holds the event at its version, with the same content. The event's id names its commit and its index there,
/// so one commit is read.
async fn verify_event<M: Message>(ports: &Ports, received: &Received<M>) -> Result<(), Failure> {
    let (Some(stream), Some(version)) = (&received.stream, received.version) else {
        return Err(Forged::NoPlace { name: M::NAME }.into());
    };
    let not_in_log = || Failure::from(Forged::NotInLog { stream: stream.clone(), version });
    let (commit_id, index) = CommitId::of_event(&received.id).ok_or_else(not_in_log)?;
    let begins = version.checked_sub(u64::from(index)).filter(|begins| *begins > 0).ok_or_else(not_in_log)?;
    let commit = ports.store.at(stream, begins).await?.filter(|commit| commit.id == commit_id);
    let logged = commit.and_then(|commit| commit.event_envelope(usize::from(index))).ok_or_else(not_in_log)?;
    Ok(compare(received, &logged)?)
}

/// A commit of the stream has set the timer that publishes this message, and it is due.
async fn verify_timer<M: Message>(ports: &Ports, received: &Received<M>) -> Result<(), Failure> {
    let Some(stream) = &received.stream else {
        return Err(Forged::NoPlace { name: M::NAME }.into());
    };
    // The message does not name the commit's version; streams that set timers are short.
    let commits = ports.store.since(stream, 1).await?;
    let cause = commits.iter().find(|commit| commit.id.event(0) == received.metadata.causation_id);
    let set = |commit: &Commit| {
        let timers = commit.timers.iter().filter_map(|change| match change {
            TimerChange::Set { name, due, message } => Some(Timer::of(commit, name, *due, message)),
            TimerChange::Cancel { .. } => None,
        });
        timers.into_iter().find(|timer| timer.envelope.event_id == received.id)
    };
    let Some(timer) = cause.and_then(set) else {
        return Err(Forged::NoSuchTimer { stream: stream.clone() }.into());
    };
    compare(received, &timer.envelope)?;
    if ports.clock.now() + EARLY < timer.due {
        return Err(Forged::Early { stream: stream.clone(), due: timer.due }.into());
    }
    Ok(())
}

/// What the handler would get equals what the log holds. Bodies are compared in the newest shape.
fn compare<M: Message>(received: &Received<M>, logged: &Envelope) -> Result<(), Forged> {
    let hops = logged.metadata.hops;
    let same_body = || {
        let logged = serde_json::to_value(M::decode(logged.event_version, &logged.data).ok()?).ok()?;
        Some(logged == serde_json::to_value(&received.data).ok()?)
    };
    let compared = [
        ("eventId", received.id == logged.event_id),
        ("eventType", M::NAME == logged.event_type),
        ("timestamp", received.timestamp == logged.timestamp),
        // A dead letter of a long chain may be redriven with a lower hop count.
        ("metadata", Metadata { hops, ..received.metadata.clone() } == logged.metadata),
        ("data", same_body().unwrap_or(false)),
    ];
    match (compared.into_iter().find(|(_, same)| !same), &received.stream) {
        (Some((field, _)), Some(stream)) => Err(Forged::Changed { stream: stream.clone(), field }),
        (Some(_), None) => Err(Forged::NoPlace { name: M::NAME }),
        (None, _) => Ok(()),
    }
}
