//! Why a write-ahead log could not be opened or written, in words that name the file.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A write-ahead log that does not work.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// Another process works with this file.
    #[error("{} is in use by another process: stop that one, or choose another folder for the data", path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// A line was changed after it was written.
    #[error("{}, line {line}: the record is damaged (its checksum does not fit); restore the file, or forget all that is kept with --fresh", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A line is whole, but holds a record this version does not know.
    #[error("{}, line {line}: this version cannot read the record; use the version that wrote it, or forget all that is kept with --fresh", path.display())]
    Unknown {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// The place may not be written.
    #[error("cannot write {}: the place is read-only or belongs to somebody else; choose another folder for the data", path.display())]
    ReadOnly {
        /// The file that was written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no room left.
    #[error("cannot write {}: there is no room left; make some and try again", path.display())]
    DiskFull {
        /// The file that was written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused for another reason.
    #[error("cannot use {}: choose another folder for the data", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The record cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Record {
        /// What the writer says.
        source: serde_json::Error,
    },
}

impl WalError {
    /// Sorts what the system says about this file.
    pub(crate) fn by_system(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, source },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull { path, source }
            }
            _ => Self::Refused { path, source },
        }
    }
}
