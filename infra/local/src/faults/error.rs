//! Why a wish for faults is refused, and what could be wished for instead.

use super::{Kind, Part};

/// A wish for faults that cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// It does not look like one.
    #[error("{text:?} is no fault: write KIND=RATE or KIND@PART=RATE, as in throttle=0.05 or delay@events=0.2")]
    Unreadable {
        /// What was given.
        text: String,
    },
    /// Nobody knows the kind.
    #[error("there is no fault {word:?}: the faults are {}", listed(&Kind::ALL))]
    UnknownKind {
        /// What was given.
        word: String,
    },
    /// Nobody knows the part.
    #[error("there is no part {word:?}: the parts are {}", listed(&Part::ALL))]
    UnknownPart {
        /// What was given.
        word: String,
    },
    /// The fault never meets this part.
    #[error("the fault {kind} never meets {part}: it meets {}", listed(kind.parts()))]
    NeverMeets {
        /// The fault.
        kind: Kind,
        /// The part.
        part: Part,
    },
    /// The rate is no share.
    #[error("the rate of {name} is {rate:?}: it must be a number from 0 to 1")]
    Rate {
        /// The fault, and the part if one was named.
        name: String,
        /// What was given.
        rate: String,
    },
    /// The same rate was given twice.
    #[error("the rate of {name} is given twice: give it once")]
    Twice {
        /// The fault, and the part if one was named.
        name: String,
    },
}

fn listed(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
