//! Whether to believe a message: who says it, from which account, and whether the log holds what it says.
//! The bus is open to many and the log is not, so the log is asked. What does not fit is `FORGED`.

mod lookup;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use crate::{
    app::App,
    delivery::bus::source_of,
    failure::Failure,
    message::{
        contract::{Kind, Message},
        envelope::{Delivery, Received},
        id::StreamId,
    },
};

/// The reason of a letter that was not what it claimed to be.
pub const FORGED: &str = "FORGED";

/// How far an app believes the bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerificationPolicy {
    /// Our own account, where it is known: nobody else says our facts.
    pub account: Option<String>,
    /// Which facts are looked up in the log.
    pub verify_events: VerifyEvents,
}

/// Which facts are looked up in the log before anything follows from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerifyEvents {
    /// None: only the source and the account are looked at.
    None,
    /// Those whose handlers ask for it: what moves money or stock, or leaves the house.
    #[default]
    Required,
    /// All, those that only move a view too.
    All,
}

/// A word that is none of [`VerifyEvents`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of none, moving, all")]
pub struct InvalidVerifyEvents {
    /// The word.
    pub text: String,
}

impl FromStr for VerifyEvents {
    type Err = InvalidVerifyEvents;

    fn from_str(text: &str) -> Result<Self, InvalidVerifyEvents> {
        match text {
            "none" => Ok(Self::None),
            "moving" => Ok(Self::Required),
            "all" => Ok(Self::All),
            text => Err(InvalidVerifyEvents { text: text.chars().take(32).collect() }),
        }
    }
}

/// What a handler asks for before it hears a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// That its source and its account are ours, if it is a fact.
    Origin,
    /// That the log holds the fact at its place, too.
    Event,
    /// That the log holds the timer that says it, too, and that its time has come.
    Timer,
}

/// A message that is not what it claims to be. Nothing follows from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// Another says it.
    #[error("field source: only {expected} says {name}, and this one is of {claimed:?}")]
    Source {
        /// The message.
        name: &'static str,
        /// Who says it.
        expected: String,
        /// Who it is from.
        claimed: String,
    },
    /// It comes from elsewhere.
    #[error("field account: ours is {expected}, and this one is of {claimed:?}")]
    Account {
        /// Our account.
        expected: String,
        /// Where it comes from.
        claimed: String,
    },
    /// It is about a stream of another context.
    #[error("field aggregateType: {name} belongs to {expected}, and this one to {claimed:?}")]
    Context {
        /// The message.
        name: &'static str,
        /// Whose it is.
        expected: &'static str,
        /// Whose it claims to be.
        claimed: String,
    },
    /// It does not say where in the log it stands.
    #[error("field version: {name} stands in the log, and this one does not say where")]
    NoPlace {
        /// The message.
        name: &'static str,
    },
    /// The log does not hold it.
    #[error("field eventId: the log holds no such event at {stream} version {version}")]
    NotInLog {
        /// The stream.
        stream: StreamId,
        /// The place it claims.
        version: u64,
    },
    /// No commit of its stream has set the timer that it claims to be of.
    #[error("field eventId: no commit of {stream} has set this timer")]
    NoSuchTimer {
        /// The stream.
        stream: StreamId,
    },
    /// The timer that says it is not due yet.
    #[error("field timestamp: the timer of {stream} is due at {due}")]
    Early {
        /// The stream.
        stream: StreamId,
        /// When it is due.
        due: jiff::Timestamp,
    },
    /// The log holds it otherwise.
    #[error("field {field}: the log of {stream} says otherwise")]
    Changed {
        /// The stream.
        stream: StreamId,
        /// What is not as it was written.
        field: &'static str,
    },
}

impl From<Forged> for Failure {
    fn from(forged: Forged) -> Self {
        Self::permanent(forged)
    }
}

/// Looks at where a message comes from, and asks the log if the handler or the app wants to know.
pub(crate) async fn verify<M: Message>(
    app: &App,
    delivery: &Delivery,
    received: &Received<M>,
    requirement: Verification,
) -> Result<(), Failure> {
    let policy = app.verification();
    origin(policy, delivery, received)?;
    match (M::KIND, policy.verify_events, requirement) {
        // A wish stands nowhere in the log.
        (Kind::Command, _, _)
        | (Kind::Event, VerifyEvents::None, _)
        | (Kind::Event, VerifyEvents::Required, Verification::Origin) => Ok(()),
        // What is said only once and kept nowhere has no place there, either.
        (Kind::Event, VerifyEvents::All, Verification::Origin) if received.version.is_none() => Ok(()),
        (Kind::Event, VerifyEvents::Required, Verification::Event)
        | (Kind::Event, VerifyEvents::All, Verification::Event | Verification::Origin) => {
            lookup::fact(app, received).await
        }
        (Kind::Event, VerifyEvents::Required | VerifyEvents::All, Verification::Timer) => {
            lookup::timer(app, received).await
        }
    }
}

/// Facts come from their context and our account; so does whatever claims a source of ours. A wish is anybody's.
fn origin<M: Message>(policy: &VerificationPolicy, delivery: &Delivery, received: &Received<M>) -> Result<(), Forged> {
    let is_fact = M::KIND == Kind::Event;
    let expected = source_of(M::CONTEXT);
    if is_fact && delivery.source != expected {
        return Err(Forged::Source { name: M::NAME, expected, claimed: cut(&delivery.source) });
    }
    let claims_to_be_ours = is_fact || delivery.source.starts_with(&source_of(""));
    if let Some(expected) = policy.account.clone().filter(|_| claims_to_be_ours)
        && delivery.account.as_ref() != Some(&expected)
    {
        return Err(Forged::Account { expected, claimed: cut(delivery.account.as_deref().unwrap_or_default()) });
    }
    match &received.stream {
        Some(stream) if is_fact && stream.context() != M::CONTEXT => {
            Err(Forged::Context { name: M::NAME, expected: M::CONTEXT, claimed: stream.context().to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(128).collect()
}
