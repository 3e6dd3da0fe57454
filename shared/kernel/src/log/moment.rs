//! [`Moment`]: a point in the past of a stream.

use jiff::Timestamp;

use crate::log::Commit;

/// A point in the past of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last event.
    Now,
    /// After the event of this version; 0 is before the first event.
    Version(u64),
    /// After the last event that was appended at this time or before.
    Time(Timestamp),
}

impl Moment {
    /// Whether the event of this version in this commit had happened.
    pub fn includes(self, commit: &Commit, version: u64) -> bool {
        match self {
            Self::Now => true,
            Self::Version(last) => version <= last,
            Self::Time(time) => commit.at <= time,
        }
    }

    /// The part of the commit that had happened; none if nothing of it had. A part of a commit has no snapshot.
    pub fn cut(self, mut commit: Commit) -> Option<Commit> {
        let happened = (commit.version..=commit.last_version()).filter(|version| self.includes(&commit, *version));
        let count = happened.count();
        if count < commit.events.len() {
            commit.events.truncate(count);
            commit.snapshot = None;
        }
        (count > 0).then_some(commit)
    }
}
