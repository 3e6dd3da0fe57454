//! How a command ends, as scripts see it.

use std::process::ExitCode;

/// How a command ended when nothing went wrong. What goes wrong is an error and ends with 1, a wrong call with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It did what was asked.
    Done,
    /// What was asked for is not there.
    Missing,
    /// It was answered with no: an event was not taken, a pattern does not match, a letter did not go back.
    Refused,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => Self::SUCCESS,
            Ended::Missing => Self::from(3),
            Ended::Refused => Self::from(4),
        }
    }
}
