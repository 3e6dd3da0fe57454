//! The write-ahead log of one service: one JSON record per line with its checksum, written before the service
//! acknowledges a change and read back at the next start. A killed process loses nothing that it acknowledged.

mod error;
#[cfg(test)]
mod tests;

pub use error::WalError;

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::private_files;

/// A write-ahead log of records. Only one process can open it at a time.
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
    /// `None` for a log in memory.
    file: Option<WalFile>,
    length: usize,
}

impl<R: Serialize + DeserializeOwned> Wal<R> {
    /// Opens the log at this path and reads all its records. Creates the file and its folders if they are missing.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Vec<R>), WalError> {
        let (file, records) = WalFile::open(path.as_ref())?;
        let memory = Memory { file: Some(file), length: records.len() };
        Ok((Self { memory: Mutex::new(memory), records: PhantomData }, records))
    }

    /// A log that drops its records.
    pub fn in_memory() -> Self {
        Self { memory: Mutex::new(Memory { file: None, length: 0 }), records: PhantomData }
    }

    /// Appends a record. When this returns, the record survives a kill. When it fails, the log is unchanged.
    pub fn append(&self, record: &R) -> Result<(), WalError> {
        self.append_all(std::slice::from_ref(record))
    }

    /// Appends several records in one write.
    pub fn append_all(&self, records: &[R]) -> Result<(), WalError> {
        let mut memory = self.memory();
        if let Some(file) = &mut memory.file {
            file.append(&lines(records)?)?;
        }
        memory.length += records.len();
        Ok(())
    }

    /// Replaces all records with these, atomically.
    pub fn compact(&self, records: &[R]) -> Result<(), WalError> {
        let mut memory = self.memory();
        if let Some(file) = &mut memory.file {
            file.replace(&lines(records)?)?;
        }
        memory.length = records.len();
        Ok(())
    }

    /// Number of records. A log with far more records than live entries is worth compacting.
    pub fn length(&self) -> usize {
        self.memory().length
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of a log: `CHECKSUM JSON` on each line, with a lock file beside it that the process holds until it ends.
#[derive(Debug)]
struct WalFile {
    path: PathBuf,
    file: File,
    /// Length of all whole lines in bytes. What follows is the rest of a write that failed.
    whole: u64,
    broken: bool,
    /// Locks the log while it is open. A separate file, because compaction replaces the other.
    _lock: File,
}

impl WalFile {
    fn open<R: DeserializeOwned>(path: &Path) -> Result<(Self, Vec<R>), WalError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_files::create_folder(folder).map_err(|error| WalError::by_system(folder, error))?;
        }
        let lock = lock(path)?;
        let failed = |error| WalError::by_system(path, error);
        let mut file = private_files::options().read(true).append(true).create(true).open(path).map_err(failed)?;
        private_files::restrict_file(&file).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        // A line without a newline was never acknowledged: the process was killed while it wrote.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |position| position + 1);
        let (lines, torn) = bytes.split_at(end);
        if !torn.is_empty() {
            file.set_len(end as u64).map_err(failed)?;
            let (file, bytes) = (path.display(), torn.len());
            tracing::warn!(%file, bytes, "dropped the torn last line, which was never acknowledged");
        }
        let records = read(path, lines)?;
        Ok((Self { path: path.to_owned(), file, whole: end as u64, broken: false, _lock: lock }, records))
    }

    fn append(&mut self, lines: &[u8]) -> Result<(), WalError> {
        if self.broken {
            self.truncate()?;
        }
        match self.file.write_all(lines) {
            Ok(()) => {
                self.whole += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.broken = true;
                // If this fails too, the next append truncates first.
                self.truncate().ok();
                Err(WalError::by_system(&self.path, error))
            }
        }
    }

    fn replace(&mut self, lines: &[u8]) -> Result<(), WalError> {
        let new = with_suffix(&self.path, ".new");
        let file = write_new(&new, lines).map_err(|error| WalError::by_system(&new, error))?;
        std::fs::rename(&new, &self.path).map_err(|error| WalError::by_system(&self.path, error))?;
        self.file = file;
        self.whole = lines.len() as u64;
        self.broken = false;
        Ok(())
    }

    fn truncate(&mut self) -> Result<(), WalError> {
        self.file.set_len(self.whole).map_err(|error| WalError::by_system(&self.path, error))?;
        self.broken = false;
        Ok(())
    }
}

/// Encodes records as lines.
pub(crate) fn lines<R: Serialize>(records: &[R]) -> Result<Vec<u8>, WalError> {
    let mut lines = Vec::new();
    for record in records {
        let json = serde_json::to_string(record).map_err(|source| WalError::Record { source })?;
        lines.extend_from_slice(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).as_bytes());
    }
    Ok(lines)
}

fn read<R: DeserializeOwned>(path: &Path, lines: &[u8]) -> Result<Vec<R>, WalError> {
    let mut records = Vec::new();
    for (index, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line_number = index + 1;
        let json = checked(line).ok_or_else(|| WalError::Damaged { path: path.to_owned(), line: line_number })?;
        let record = serde_json::from_slice(json);
        let unknown = |source| WalError::Unknown { path: path.to_owned(), line: line_number, source };
        records.push(record.map_err(unknown)?);
    }
    Ok(records)
}

/// Returns the JSON of a line if its checksum is right.
pub(crate) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (checksum, rest) = line.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    (crc32fast::hash(json) == checksum).then_some(json)
}

fn lock(path: &Path) -> Result<File, WalError> {
    let name = with_suffix(path, ".lock");
    let failed = |error| WalError::by_system(&name, error);
    let file = private_files::options().write(true).create(true).truncate(false).open(&name).map_err(failed)?;
    private_files::restrict_file(&file).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WalError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn write_new(path: &Path, lines: &[u8]) -> std::io::Result<File> {
    if path.try_exists()? {
        std::fs::remove_file(path)?;
    }
    let mut file = private_files::options().append(true).create_new(true).open(path)?;
    file.write_all(lines)?;
    file.sync_all()?;
    Ok(file)
}

fn with_suffix(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
