//! Errors of the write-ahead log. Each message names the file.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A write-ahead log could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// Another process works with this file.
    #[error("{} is in use by another process: stop that one, or choose another folder for the data", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The checksum of a line is wrong.
    #[error("{}, line {line}: the record is damaged (its checksum does not fit); restore the file, or forget all that is kept with --fresh", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A line has a right checksum, but a record that this version does not know.
    #[error("{}, line {line}: this version cannot read the record; use the version that wrote it, or forget all that is kept with --fresh", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The error of the JSON reader.
        source: serde_json::Error,
    },
    /// The file is read-only or belongs to another user.
    #[error("cannot write {}: the place is read-only or belongs to somebody else; choose another folder for the data", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The disk is full.
    #[error("cannot write {}: there is no room left; make some and try again", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another error of the operating system.
    #[error("cannot use {}: choose another folder for the data", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The record cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Record {
        /// The error of the JSON writer.
        source: serde_json::Error,
    },
}

impl WalError {
    /// Converts an I/O error on this file.
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
