//! Why the local cloud does not start, in words that name the place.

use std::path::PathBuf;

use dynoxide::errors::DynoxideError;

use crate::{aws_error::AwsError, pattern::PatternError, wal::WalError};

/// Why the local cloud does not start.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// A write-ahead log is locked, damaged, or cannot be written.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The folder for the data cannot be used.
    #[error("cannot use the folder {}", path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file of the tables cannot be opened.
    #[error("cannot open the tables in {}: restore the file, or forget all that is kept with --fresh", path.display())]
    Tables {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: DynoxideError,
    },
    /// There is no memory for the tables.
    #[error("cannot keep the tables in memory")]
    TablesInMemory(#[source] DynoxideError),
    /// The folder was written by another build, in a form that this one does not know.
    #[error(
        "what is in {} was written by another version (its format is {format}, and this one knows {known}): use that \
         version, choose another folder with --data, or forget all that is in it with --fresh",
        path.display()
    )]
    Format {
        /// The folder.
        path: PathBuf,
        /// The number of its format.
        format: u32,
        /// The number that is known here.
        known: u32,
    },
    /// A table is there, and DynamoDB cannot make it what the template wants.
    #[error(
        "line {line}: the {what} of the table {name}: the template wants {wanted}, and the table has {present}. DynamoDB \
         changes neither the key nor the local indexes of a table: give it another name, choose another folder with \
         --data, or forget all that is kept with --fresh"
    )]
    Unchangeable {
        /// Where the table is declared.
        line: usize,
        /// Its name.
        name: String,
        /// What cannot be changed.
        what: &'static str,
        /// As it is.
        present: String,
        /// As it is declared.
        wanted: String,
    },
    /// A table of the template cannot be made.
    #[error("line {line}: the table {name} cannot be made")]
    Table {
        /// Where it is declared.
        line: usize,
        /// Its name.
        name: String,
        /// What the database says.
        source: DynoxideError,
    },
    /// The request that makes a table cannot be read.
    #[error("line {line}: the table {name} is not declared as DynamoDB reads it")]
    TableRequest {
        /// Where it is declared.
        line: usize,
        /// Its name.
        name: String,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// A service refuses something that the template declares.
    #[error("line {line}: {name} cannot be made")]
    Refused {
        /// Where it is declared.
        line: usize,
        /// Its name.
        name: String,
        /// What the service says.
        source: AwsError,
    },
    /// A service refuses a bus or a group of schedules.
    #[error("{name} cannot be made")]
    Unmade {
        /// Its name.
        name: String,
        /// What the service says.
        source: AwsError,
    },
    /// A mapping reads what is not there.
    #[error("line {line}: {name} reads {wanted}, and there is no such thing here")]
    NoSource {
        /// Where the mapping is declared.
        line: usize,
        /// Its logical id.
        name: String,
        /// What it reads.
        wanted: String,
    },
    /// A filter of a mapping is refused.
    #[error("line {line}: a filter of {name} is refused")]
    Filter {
        /// Where the mapping is declared.
        line: usize,
        /// Its logical id.
        name: String,
        /// Why.
        source: PatternError,
    },
    /// The system does not say where the port is.
    #[error("the port does not work")]
    Port(#[source] std::io::Error),
}
