//! The kinds of faults, the parts of the cloud, and which can meet which.

use std::fmt;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A delivery or an asynchronous invoke comes twice.
    Duplicate,
    /// A delivery is held for a while.
    Delay,
    /// A delivery is held until later ones have overtaken it.
    Reorder,
    /// A delivery fails the first time and is tried again.
    Drop,
    /// A request is carried out, and its answer is lost.
    LostAnswer,
    /// A request is refused because there were too many.
    Throttle,
    /// A request is refused because the service is in trouble.
    Error,
    /// An entry of `PutEvents` is not taken, while others of the same call are.
    Partial,
    /// A function is killed while it runs.
    Kill,
}

/// Where it can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The buses.
    Events,
    /// The functions.
    Lambda,
    /// The tables and their streams.
    Dynamodb,
    /// The queues.
    Sqs,
    /// The schedules.
    Scheduler,
    /// The mails.
    Email,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Duplicate,
        Self::Delay,
        Self::Reorder,
        Self::Drop,
        Self::LostAnswer,
        Self::Throttle,
        Self::Error,
        Self::Partial,
        Self::Kill,
    ];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Delay => "delay",
            Self::Reorder => "reorder",
            Self::Drop => "drop",
            Self::LostAnswer => "lost-answer",
            Self::Throttle => "throttle",
            Self::Error => "error",
            Self::Partial => "partial",
            Self::Kill => "kill",
        }
    }

    /// The parts that it can meet.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Duplicate => &[Part::Events, Part::Lambda, Part::Scheduler],
            Self::Delay | Self::Drop => &[Part::Events, Part::Scheduler],
            Self::Reorder | Self::Partial => &[Part::Events],
            Self::LostAnswer | Self::Throttle | Self::Error => &Part::ALL,
            Self::Kill => &[Part::Lambda],
        }
    }
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Events, Self::Lambda, Self::Dynamodb, Self::Sqs, Self::Scheduler, Self::Email];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Lambda => "lambda",
            Self::Dynamodb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Scheduler => "scheduler",
            Self::Email => "email",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
