//! The outcome of a handler: [`Handled`] or a [`Failure`], which is transient or permanent.
//! A rejection by a decider is no failure: the command was handled, and the answer was no.

#[cfg(test)]
mod tests;

use std::{error::Error, fmt};

/// Any error.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a message was not handled.
#[derive(Debug)]
pub enum Failure {
    /// It may work later: throttling, a conflict, a timeout. The message is retried.
    Transient(BoxError),
    /// It will never work: malformed, unknown version. The message is dead-lettered with its reason.
    Permanent(BoxError),
}

impl Failure {
    /// A transient failure with this error.
    pub fn transient(error: impl Into<BoxError>) -> Self {
        Self::Transient(error.into())
    }

    /// A permanent failure with this error.
    pub fn permanent(error: impl Into<BoxError>) -> Self {
        Self::Permanent(error.into())
    }

    /// The error inside.
    pub fn reason(&self) -> &(dyn Error + Send + Sync + 'static) {
        match self {
            Self::Transient(error) | Self::Permanent(error) => error.as_ref(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(_) => f.write_str("not handled, will be retried"),
            Self::Permanent(_) => f.write_str("not handled, can never be handled"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transient(error) | Self::Permanent(error) => Some(error.as_ref()),
        }
    }
}

/// How a message was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// The message had its effect.
    Done,
    /// The message was handled before; nothing was done.
    Duplicate,
    /// A rule rejected the command, and `CommandRejected` was published.
    Rejected,
    /// The message can never be handled; it is in the dead letters with its reason.
    DeadLettered,
}

/// What a handler returns.
pub type Outcome = Result<Handled, Failure>;

/// An error and all its sources on one line: `the log did not answer: timeout`.
pub fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
