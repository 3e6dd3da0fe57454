//! How a handler ends: two words for failure, four for an answer.
//! `Retry` says that the world may be better soon; `Reject` that it will never work.
//! A rejection by a decider is neither: it is an answer.

use std::{error::Error, fmt};

/// Any error, boxed.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a message was not handled.
#[derive(Debug)]
pub enum Failure {
    /// The world may be better soon: throttled, conflict, timeout.
    Transient(BoxError),
    /// It will never work: malformed, unknown version. Goes to the dead letters with its reason.
    Permanent(BoxError),
}

impl Failure {
    /// A passing failure.
    pub fn transient(error: impl Into<BoxError>) -> Self {
        Self::Transient(error.into())
    }

    /// A final failure.
    pub fn permanent(error: impl Into<BoxError>) -> Self {
        Self::Permanent(error.into())
    }

    /// The reason, whichever it is.
    pub fn reason(&self) -> &(dyn Error + Send + Sync + 'static) {
        match self {
            Self::Transient(error) | Self::Permanent(error) => error.as_ref(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(_) => f.write_str("not handled, to be tried again"),
            Self::Permanent(_) => f.write_str("not handled, and never will be"),
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
    /// It had its effect.
    Done,
    /// It had had its effect before; nothing was done.
    Duplicate,
    /// A rule said no, and the bus was told so.
    Rejected,
    /// It can never work, and is in the dead letters with its reason.
    DeadLettered,
}

/// What a handler answers.
pub type Outcome = Result<Handled, Failure>;

/// An error and all its causes on one line.
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
