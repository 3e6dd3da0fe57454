//! Where the cloud keeps what it knows: in a folder that survives it, or nowhere beyond its end.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use dynoxide::{Database, errors::DynoxideError};
use serde::{Deserialize, Serialize};

use super::{CloudError, expiry::WorldOfTables, stream_index};
use crate::{
    clock::Clock,
    private_files,
    wal::{Wal, WalError},
};

/// The file of the tables.
const TABLES: &str = "tables.sqlite";

/// The write-ahead log that marks a folder as ours; its lock is the lock of the folder.
const MARK: &str = "cloud.journal";

/// The number of the form in which everything in the folder is written. Who changes that form raises it.
pub(super) const FORMAT: u32 = 1;

/// Where the cloud keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Nowhere beyond its end.
    Memory,
    /// In this folder.
    Folder {
        /// The folder. It is made if it is not there.
        path: PathBuf,
        /// Is what stands in it forgotten first?
        fresh: bool,
    },
}

/// What the folder says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) format: u32,
}

/// The store, open and locked.
pub(super) struct Opened {
    pub(super) database: Database,
    /// Without one nothing outlives the cloud.
    folder: Option<PathBuf>,
    /// Held until the end: it locks the folder.
    _mark: Option<Wal<Mark>>,
}

impl Store {
    pub(super) fn open(self, clock: &Clock) -> Result<Opened, CloudError> {
        let Self::Folder { path: folder, fresh } = self else {
            let clock = WorldOfTables::new(clock.clone());
            let database = Database::memory_with_clock(Arc::new(clock)).map_err(CloudError::TablesInMemory)?;
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
    /// The file of this name, if there is a folder for it.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    /// The file of the tables.
    pub(super) fn tables(&self) -> Option<PathBuf> {
        self.path(TABLES)
    }

    /// Deletes the write-ahead log of this name.
    pub(super) fn remove(&self, name: &str) -> Result<(), CloudError> {
        let Some(path) = self.path(name).filter(|path| path.exists()) else { return Ok(()) };
        std::fs::remove_file(&path).map_err(|source| CloudError::Folder { path, source })
    }
}

/// Locks the folder, and looks whether this build knows the form of what is in it.
fn mark(folder: &Path, fresh: bool) -> Result<Wal<Mark>, CloudError> {
    let path = folder.join(MARK);
    let (wal, marks) = match Wal::open(&path) {
        // What is forgotten need not be read.
        Err(WalError::Damaged { .. } | WalError::Unknown { .. }) if fresh => {
            std::fs::remove_file(&path).map_err(|source| CloudError::Folder { path: path.clone(), source })?;
            Wal::open(&path)?
        }
        opened => opened?,
    };
    if fresh {
        forget(folder)?;
    }
    let newest: Option<&Mark> = marks.last().filter(|_| !fresh);
    match newest.map(|mark| mark.format) {
        Some(FORMAT) => {}
        Some(format) => return Err(CloudError::Format { path: folder.to_owned(), format, known: FORMAT }),
        None => wal.compact(&[Mark { format: FORMAT }])?,
    }
    Ok(wal)
}

fn tables(path: PathBuf) -> Result<Database, CloudError> {
    // SQLite gives the files that it keeps beside this one the same rights.
    let created = private_files::options().append(true).create(true).open(&path);
    created.map_err(|source| CloudError::Folder { path: path.clone(), source })?;
    let refused = |source| CloudError::Tables { path: path.clone(), source };
    let database = Database::new(&path.to_string_lossy()).map_err(refused)?;
    // What was acknowledged outlives a kill of this process; only a power cut may take the last moments.
    database.disable_bulk_loading().map_err(refused)?;
    stream_index::make(&path).map_err(|error| refused(DynoxideError::InternalServerError(error.to_string())))?;
    Ok(database)
}

/// Takes the rights on everything that a cloud keeps in this folder from everybody but its owner.
fn restrict_files(folder: &Path) -> Result<(), CloudError> {
    let refused = |path: &Path, source| CloudError::Folder { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| refused(folder, error))? {
        let path = entry.map_err(|error| refused(folder, error))?.path();
        if is_state_file(&path) || path.to_string_lossy().ends_with(".journal.lock") {
            let restricted = File::open(&path).and_then(|file| private_files::restrict_file(&file));
            restricted.map_err(|error| refused(&path, error))?;
        }
    }
    Ok(())
}

/// Is this one of the files in which a cloud keeps its state?
fn is_state_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_ours = name.starts_with(TABLES) || name.ends_with(".journal") || name.ends_with(".journal.new");
    is_ours && path.is_file()
}

/// Deletes what a cloud before this one kept, and nothing else that may lie in the folder.
fn forget(folder: &Path) -> Result<(), CloudError> {
    let refused = |path: &Path, source| CloudError::Folder { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| refused(folder, error))? {
        let path = entry.map_err(|error| refused(folder, error))?.path();
        if is_state_file(&path) && !path.ends_with(MARK) {
            std::fs::remove_file(&path).map_err(|error| refused(&path, error))?;
        }
    }
    Ok(())
}
