//! The store of the local cloud: a data folder, or memory.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use dynoxide::{Database, errors::DynoxideError};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{error::StartError, expiry::TableClock};
use crate::{
    clock::Clock,
    private_files,
    wal::{Wal, WalError},
};

/// The file of the tables.
const TABLES: &str = "tables.sqlite";

/// The write-ahead log with the format of the folder. Its lock is the lock of the folder.
const MARK: &str = "cloud.journal";

/// The version of the format of all files in the folder. Raise it with every incompatible change.
pub(super) const FORMAT: u32 = 1;

/// Indexes of the table streams. Without them the database scans a whole stream at every write and every read.
const STREAM_INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS causeway_stream_end
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS causeway_stream_place
        ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));";

/// Where the local cloud keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// In memory: it is lost when the cloud ends.
    Memory,
    /// In this folder.
    Folder {
        /// The folder. It is created if it is missing.
        path: PathBuf,
        /// Deletes the state in it first.
        fresh: bool,
    },
}

/// The format record of the folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FormatRecord {
    pub(super) format: u32,
}

/// The store, opened and locked.
pub(super) struct Opened {
    pub(super) database: Database,
    /// `None` in memory.
    folder: Option<PathBuf>,
    /// Locks the folder until it is dropped.
    _mark: Option<Wal<FormatRecord>>,
}

impl Store {
    pub(super) fn open(self, clock: &Clock) -> Result<Opened, StartError> {
        let Self::Folder { path: folder, fresh } = self else {
            let clock = TableClock::new(clock.clone());
            let database = Database::memory_with_clock(Arc::new(clock)).map_err(StartError::TablesInMemory)?;
            return Ok(Opened { database, folder: None, _mark: None });
        };
        private_files::create_folder(&folder)
            .and_then(|()| private_files::restrict_folder(&folder))
            .map_err(|error| WalError::by_system(&folder, error))?;
        let mark = mark(&folder, fresh)?;
        restrict_files(&folder)?;
        let path = folder.join(TABLES);
        let database = tables(path)?;
        Ok(Opened { database, folder: Some(folder), _mark: Some(mark) })
    }
}

impl Opened {
    /// The path of this file, if there is a folder.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    /// The file of the tables.
    pub(super) fn tables(&self) -> Option<PathBuf> {
        self.path(TABLES)
    }

    /// Deletes the write-ahead log of this name.
    pub(super) fn remove(&self, name: &str) -> Result<(), StartError> {
        let Some(path) = self.path(name).filter(|path| path.exists()) else { return Ok(()) };
        std::fs::remove_file(&path).map_err(|source| StartError::Folder { path, source })
    }
}

/// Locks the folder and checks its format.
fn mark(folder: &Path, fresh: bool) -> Result<Wal<FormatRecord>, StartError> {
    let path = folder.join(MARK);
    let (wal, marks) = match Wal::open(&path) {
        // Deleted state need not be readable.
        Err(WalError::Damaged(..) | WalError::Unknown(..)) if fresh => {
            std::fs::remove_file(&path).map_err(|source| StartError::Folder { path: path.clone(), source })?;
            Wal::open(&path)?
        }
        opened => opened?,
    };
    if fresh {
        delete_state(folder)?;
    }
    let newest: Option<&FormatRecord> = marks.last().filter(|_| !fresh);
    match newest.map(|mark| mark.format) {
        Some(FORMAT) => {}
        Some(format) => return Err(StartError::Format { path: folder.to_owned(), format, known: FORMAT }),
        None => wal.compact(&[FormatRecord { format: FORMAT }])?,
    }
    Ok(wal)
}

fn tables(path: PathBuf) -> Result<Database, StartError> {
    // SQLite gives the files that it keeps beside this one the same rights.
    let created = private_files::options().append(true).create(true).open(&path);
    created.map_err(|source| StartError::Folder { path: path.clone(), source })?;
    let refused = |source| StartError::Tables { path: path.clone(), source };
    let database = Database::new(&path.to_string_lossy()).map_err(refused)?;
    // Acknowledged writes survive a kill of this process; a power cut may lose the last ones.
    database.disable_bulk_loading().map_err(refused)?;
    let indexed = Connection::open(&path).and_then(|connection| connection.execute_batch(STREAM_INDEXES));
    indexed.map_err(|error| refused(DynoxideError::InternalServerError(error.to_string())))?;
    Ok(database)
}

/// Takes the rights on all state files from everybody but their owner.
fn restrict_files(folder: &Path) -> Result<(), StartError> {
    each_file(folder, |path| match is_state_file(path) || path.to_string_lossy().ends_with(".journal.lock") {
        true => File::open(path).and_then(|file| private_files::restrict_file(&file)),
        false => Ok(()),
    })
}

/// Deletes the state of an earlier cloud, and no other file of the folder.
fn delete_state(folder: &Path) -> Result<(), StartError> {
    each_file(folder, |path| match is_state_file(path) && !path.ends_with(MARK) {
        true => std::fs::remove_file(path),
        false => Ok(()),
    })
}

fn each_file(folder: &Path, run: impl Fn(&Path) -> io::Result<()>) -> Result<(), StartError> {
    let refused = |path: &Path, source| StartError::Folder { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| refused(folder, error))? {
        let path = entry.map_err(|error| refused(folder, error))?.path();
        run(&path).map_err(|error| refused(&path, error))?;
    }
    Ok(())
}

/// Whether this is a file in which a cloud keeps its state.
fn is_state_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_ours = name.starts_with(TABLES) || name.ends_with(".journal") || name.ends_with(".journal.new");
    is_ours && path.is_file()
}
