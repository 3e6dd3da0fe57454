//! The durable memory of one part: a file of one checked JSON record a line, written before the
//! writer goes on and read back at the next start. A killed process loses nothing it acknowledged.

mod error;
mod file;
#[cfg(test)]
mod tests;

pub use error::WalError;

use std::{
    marker::PhantomData,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};

use file::WalFile;
pub(crate) use file::{checked, lines};

/// A write-ahead log of records. It belongs to one process at a time.
///
/// ```
/// use causeway_local::wal::Wal;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("messages.journal");
/// let (wal, messages) = Wal::<String>::open(&path)?;
/// assert!(messages.is_empty());
/// wal.append(&"kept".to_owned())?;
/// drop(wal);
/// let (_wal, messages) = Wal::<String>::open(&path)?;
/// assert_eq!(messages, ["kept"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Wal<R> {
    memory: Mutex<Memory>,
    records: PhantomData<fn() -> R>,
}

#[derive(Debug)]
struct Memory {
    /// Without a file nothing is kept.
    file: Option<WalFile>,
    length: usize,
}

impl<R: Serialize + DeserializeOwned> Wal<R> {
    /// Opens the write-ahead log at this path, or begins it together with its folders, and reads back all its records.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Vec<R>), WalError> {
        let (file, records) = WalFile::open(path.as_ref())?;
        let memory = Memory { file: Some(file), length: records.len() };
        Ok((Self { memory: Mutex::new(memory), records: PhantomData }, records))
    }

    /// A write-ahead log that takes records and keeps none.
    pub fn in_memory() -> Self {
        Self { memory: Mutex::new(Memory { file: None, length: 0 }), records: PhantomData }
    }

    /// Adds a record. When this returns, the record survives a kill; when it fails, the write-ahead log is as before.
    pub fn append(&self, record: &R) -> Result<(), WalError> {
        self.append_all(std::slice::from_ref(record))
    }

    /// Adds records that belong together, in one write.
    pub fn append_all(&self, records: &[R]) -> Result<(), WalError> {
        let mut memory = self.memory();
        if let Some(file) = &mut memory.file {
            file.append(&file::lines(records)?)?;
        }
        memory.length += records.len();
        Ok(())
    }

    /// Replaces all records by these. A kill in the middle leaves the old ones.
    pub fn compact(&self, records: &[R]) -> Result<(), WalError> {
        let mut memory = self.memory();
        if let Some(file) = &mut memory.file {
            file.replace(&file::lines(records)?)?;
        }
        memory.length = records.len();
        Ok(())
    }

    /// How many records stand in the write-ahead log: who has far fewer living things should compact it.
    pub fn length(&self) -> usize {
        self.memory().length
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
