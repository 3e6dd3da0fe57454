//! [`Mailer`], the port to a mail service. It may not answer; then [`Mailer::find`] tells whether the mail was accepted.

use async_trait::async_trait;

use crate::failure::BoxError;

/// A mail service.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends the mail. A second mail with the same key is not sent again, if the service knows its keys.
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError>;

    /// Whether a mail with this key was accepted.
    async fn find(&self, key: &str) -> Result<FoundMail, MailError>;
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The idempotency key.
    pub key: String,
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// A mail that the service accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMail {
    /// The service's id of the mail.
    pub id: String,
}

/// What the service knows about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundMail {
    /// It accepted the mail.
    Accepted(AcceptedMail),
    /// It never got the mail.
    Unknown,
    /// It does not know its keys.
    CannotTell,
}

/// A mail that was not accepted, or may have been.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No answer; the mail may have been accepted.
    #[error("the mail service did not answer")]
    Unavailable(#[source] BoxError),
    /// Not accepted, but it may be later: throttled, not reached.
    #[error("the mail was not accepted this time")]
    NotTaken(#[source] BoxError),
    /// It will never be accepted.
    #[error("the mail was refused: {reason}")]
    Refused {
        /// The service's reason.
        reason: String,
    },
}
