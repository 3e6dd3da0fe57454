//! How far a shard is done, kept where a kill does not reach it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::wal::{Wal, WalError};

/// A place in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// All up to the record of this number is done; without one, nothing yet.
    pub(super) after: Option<String>,
}

/// The place that is kept.
pub(super) struct Checkpoint {
    wal: Wal<Place>,
    place: Option<Place>,
}

/// Only the last line counts, so a write-ahead log longer than this is written anew.
const LONG: usize = 1_000;

impl Checkpoint {
    /// Opens the write-ahead log at this path; without one the place is kept as long as this is.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, places) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        Ok(Self { wal, place: places.into_iter().next_back() })
    }

    /// The place, if one was ever kept.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    pub(super) fn after(&self) -> Option<&str> {
        self.place.as_ref().and_then(|place| place.after.as_deref())
    }

    /// Goes on even when it cannot be written: then what is done is only done again after a kill.
    pub(super) fn keep(&mut self, after: Option<String>) -> Result<(), WalError> {
        let place = Place { after };
        self.place = Some(place.clone());
        if self.wal.length() < LONG { self.wal.append(&place) } else { self.wal.compact(&[place]) }
    }
}
