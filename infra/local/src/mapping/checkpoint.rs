//! The durable checkpoint of a stream mapping.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::wal::{Wal, WalError};

/// The log is compacted when it has this many records. Only the last one counts.
const MAX_LENGTH: usize = 1_000;

/// A position in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShardPosition {
    /// The sequence number of the last record that was handled, or none if there is none.
    pub(super) after: Option<String>,
}

/// The checkpoint.
pub(super) struct Checkpoint {
    wal: Wal<ShardPosition>,
    position: Option<ShardPosition>,
}

impl Checkpoint {
    /// Opens the checkpoint with its log at this path. Without a path it is lost with the process.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, positions) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        Ok(Self { wal, position: positions.into_iter().next_back() })
    }

    /// Whether the checkpoint was ever set.
    pub(super) fn is_set(&self) -> bool {
        self.position.is_some()
    }

    pub(super) fn after(&self) -> Option<&str> {
        self.position.as_ref().and_then(|position| position.after.as_deref())
    }

    /// Sets the checkpoint, even if it cannot be stored: then records are handled again after a restart.
    pub(super) fn set(&mut self, after: Option<String>) -> Result<(), WalError> {
        let position = ShardPosition { after };
        self.position = Some(position.clone());
        if self.wal.length() < MAX_LENGTH { self.wal.append(&position) } else { self.wal.compact(&[position]) }
    }
}
