//! What is verified of a message before its handler runs: by the app's policy and by the handler's input type.

use std::str::FromStr;

/// What an app verifies of the messages that it receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerificationPolicy {
    /// The AWS account whose messages are accepted, where it is known.
    pub account: Option<String>,
    /// Which events are looked up in the log.
    pub verify_events: VerifyEvents,
}

/// Which events are looked up in the log before they are handled. A lookup costs one consistent read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerifyEvents {
    /// None: only the source and the account are checked.
    None,
    /// Those whose handler's input type requires it: what moves money or stock, or has an effect outside of the system.
    #[default]
    Required,
    /// All, also those that only update a view.
    All,
}

/// A text that names no [`VerifyEvents`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of none, moving, all")]
pub struct InvalidVerifyEvents {
    /// The text, cut to 32 characters.
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

/// What a handler's input type requires of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// An event has our source and our account.
    Origin,
    /// Also, the log holds the event at its version.
    Event,
    /// Also, the log holds the timer that publishes the message, and the timer is due.
    Timer,
}
