//! A clock in three numbers, for processes that cannot ask the clock itself: as long as nobody changes it, what it
//! shows is a straight line over the machine's time.

use std::fmt;

use jiff::Timestamp;

/// What the clock shows: so much since then, so many times as fast as the machine's. At 0 it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// What the clock showed.
    pub shown: Timestamp,
    /// When it did, by the machine's clock.
    pub at: Timestamp,
    /// How much faster it runs than the machine's.
    pub speed: f64,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, at, speed } = self;
        write!(formatter, "{shown}@{at}*{speed}")
    }
}
