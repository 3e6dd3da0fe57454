//! The port to the mail: an outside party, so it may not answer, and then it is asked before it is told again.

use async_trait::async_trait;

use crate::failure::BoxError;

/// The mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the mail over. A second mail under the same key is the same mail, where the other side can tell.
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError>;

    /// Whether a mail of this key was accepted.
    async fn find(&self, key: &str) -> Result<FoundMail, MailError>;
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The idempotency key.
    pub key: String,
    /// To whom.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// A mail the other side has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMail {
    /// The other side's id.
    pub id: String,
}

/// What the other side knows of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundMail {
    /// It took it.
    Accepted(AcceptedMail),
    /// It never saw it.
    Unknown,
    /// It cannot tell.
    CannotTell,
}

/// A mail that was not accepted, or of which nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No answer: it may have been accepted or not.
    #[error("the mail did not answer")]
    Unavailable(#[source] BoxError),
    /// Certainly not accepted, but it may be later: throttled, not reached.
    #[error("the mail was not taken this time")]
    NotTaken(#[source] BoxError),
    /// It will never be accepted.
    #[error("the mail was refused: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
}
