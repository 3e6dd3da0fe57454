//! Where the cloud keeps what it knows: in a folder that survives it, or in memory, where only the
//! parts that cannot do without files have some until the end.

use std::path::Path;
use std::path::PathBuf;

use dynoxide::Database;
use tempfile::TempDir;

use super::CloudError;
use crate::journal::Journal;

/// The file of the tables.
const TABLES: &str = "tables.sqlite";

/// The journal that marks a folder as ours; its lock is the lock of the folder.
const MARK: &str = "cloud.journal";

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

/// The store, open and locked.
pub(super) struct Opened {
    pub(super) folder: PathBuf,
    pub(super) database: Database,
    pub(super) is_durable: bool,
    /// Held until the end: the one locks the folder, the other is deleted with what is in it.
    _held: (Option<Journal<String>>, Option<TempDir>),
}

impl Store {
    pub(super) fn open(self) -> Result<Opened, CloudError> {
        match self {
            Self::Memory => {
                let path = std::env::temp_dir();
                let temporary = TempDir::new().map_err(|source| CloudError::Folder { path, source })?;
                let folder = temporary.path().to_owned();
                let database = Database::memory();
                let database = database.map_err(|source| CloudError::Tables { path: folder.clone(), source })?;
                Ok(Opened { folder, database, is_durable: false, _held: (None, Some(temporary)) })
            }
            Self::Folder { path: folder, fresh } => {
                let (mark, _) = Journal::open(folder.join(MARK))?;
                if fresh {
                    forget(&folder)?;
                }
                let path = folder.join(TABLES);
                let database = Database::new(&path.to_string_lossy());
                let database = database.map_err(|source| CloudError::Tables { path, source })?;
                Ok(Opened { folder, database, is_durable: true, _held: (Some(mark), None) })
            }
        }
    }
}

/// Deletes what a cloud before this one kept, and nothing else that may lie in the folder.
fn forget(folder: &Path) -> Result<(), CloudError> {
    let refused = |path: &Path, source| CloudError::Folder { path: path.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(|error| refused(folder, error))? {
        let path = entry.map_err(|error| refused(folder, error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_ours = name.starts_with(TABLES) || name.ends_with(".journal") || name.ends_with(".journal.new");
        if is_ours && name != MARK && path.is_file() {
            std::fs::remove_file(&path).map_err(|error| refused(&path, error))?;
        }
    }
    Ok(())
}
