//! Errors of a start of the local cloud. Each message names the line or the file.

use std::path::PathBuf;

use dynoxide::errors::DynoxideError;

use crate::{aws_error::AwsError, pattern::PatternError, wal::WalError};

/// The local cloud cannot start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CloudError(#[from] StartError);

/// The reasons why a start fails.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// A write-ahead log is locked, damaged, or cannot be written.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The data folder cannot be used.
    #[error("cannot use the folder {}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    /// The file of the tables cannot be opened.
    #[error("cannot open the tables in {}: restore the file, or forget all that is kept with --fresh", path.display())]
    Tables { path: PathBuf, source: DynoxideError },
    /// The tables in memory cannot be created.
    #[error("cannot keep the tables in memory")]
    TablesInMemory(#[source] DynoxideError),
    /// The folder has the format of another version.
    #[error(
        "what is in {} was written by another version (its format is {format}, and this one knows {known}): use that \
         version, choose another folder with --data, or forget all that is in it with --fresh",
        path.display()
    )]
    Format { path: PathBuf, format: u32, known: u32 },
    /// A table exists, and DynamoDB cannot change it to what the template declares.
    #[error(
        "line {line}: the {what} of the table {name}: the template wants {wanted}, and the table has {present}. DynamoDB \
         changes neither the key nor the local indexes of a table: give it another name, choose another folder with \
         --data, or forget all that is kept with --fresh"
    )]
    Unchangeable { line: usize, name: String, what: &'static str, present: String, wanted: String },
    /// A table of the template cannot be created or changed.
    #[error("line {line}: the table {name} cannot be made")]
    Table { line: usize, name: String, source: DynoxideError },
    /// The properties of a table are not a valid request.
    #[error("line {line}: the table {name} is not declared as DynamoDB reads it")]
    TableRequest { line: usize, name: String, source: serde_json::Error },
    /// A service refuses a resource of the template.
    #[error("line {line}: {name} cannot be made")]
    Refused { line: usize, name: String, source: AwsError },
    /// A service refuses a bus or a schedule group.
    #[error("{name} cannot be made")]
    Unmade { name: String, source: AwsError },
    /// The event source of a mapping does not exist.
    #[error("line {line}: {name} reads {wanted}, and there is no such thing here")]
    NoSource { line: usize, name: String, wanted: String },
    /// A filter of a mapping is invalid.
    #[error("line {line}: a filter of {name} is refused")]
    Filter { line: usize, name: String, source: PatternError },
    /// The address of the listener is unknown.
    #[error("the port does not work")]
    Port(#[source] std::io::Error),
}

impl From<WalError> for CloudError {
    fn from(error: WalError) -> Self {
        Self(error.into())
    }
}
