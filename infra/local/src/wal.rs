//! The write-ahead log of one service: one JSON record per line with its checksum, written before the service
//! acknowledges a change and read back at the next start. A killed process loses nothing that it acknowledged. On top of
//! it the durable state of a service: a change is logged first and applied afterwards, and a restart replays the log.

#[cfg(test)]
mod tests;

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::private_files;

/// A log with fewer records is not worth compacting.
const MIN_COMPACTION_LENGTH: usize = 5_000;

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
    /// Number of records after the last compaction.
    compacted: usize,
}

impl<R: Serialize + DeserializeOwned> Wal<R> {
    /// Opens the log at this path and reads all its records. Creates the file and its folders if they are missing.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Vec<R>), WalError> {
        let (file, records) = WalFile::open(path.as_ref())?;
        let memory = Memory { file: Some(file), length: records.len(), compacted: 0 };
        Ok((Self { memory: Mutex::new(memory), records: PhantomData }, records))
    }

    /// A log that drops its records.
    pub fn in_memory() -> Self {
        Self { memory: Mutex::new(Memory { file: None, length: 0, compacted: 0 }), records: PhantomData }
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
        (memory.length, memory.compacted) = (records.len(), records.len());
        Ok(())
    }

    /// Whether the log is long and has grown to several times its length since the last compaction.
    pub(crate) fn is_worth_compacting(&self) -> bool {
        let memory = self.memory();
        memory.length > MIN_COMPACTION_LENGTH && memory.length > 4 * memory.compacted
    }

    /// Number of records. A log with far more records than live entries is worth compacting.
    pub fn length(&self) -> usize {
        self.memory().length
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A state that is built from changes alone, so that replaying the log restores it.
pub(crate) trait ReplayState: Default + Send + 'static {
    /// One change, as a record of the log.
    type Change: Clone + Serialize + DeserializeOwned + Send + 'static;

    /// Applies a change.
    fn apply(&mut self, change: Self::Change);

    /// Drops what has expired and returns the changes that build the rest from the default.
    fn changes(&mut self) -> Vec<Self::Change>;
}

/// A state and its write-ahead log, which is compacted when it is much longer than the state.
pub(crate) struct DurableState<S: ReplayState> {
    wal: Wal<S::Change>,
    state: Mutex<S>,
    /// Notified of every commit.
    changed: Notify,
    initial_length: u64,
}

impl<S: ReplayState> DurableState<S> {
    /// Opens the log at this path and replays it. Without a path the state is lost with the process.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, changes) = path.map_or_else(|| Ok((Wal::in_memory(), Vec::new())), Wal::open)?;
        let initial_length = u64::try_from(changes.len()).unwrap_or_default();
        let mut state = S::default();
        changes.into_iter().for_each(|change| state.apply(change));
        Ok(Self { wal, state: Mutex::new(state), changed: Notify::new(), initial_length })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs these changes and applies them. When this fails, nothing has changed.
    pub(crate) fn commit(&self, state: &mut S, changes: Vec<S::Change>) -> Result<(), WalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.wal.append_all(&changes)?;
        changes.into_iter().for_each(|change| state.apply(change));
        // The changes are logged, so a failed compaction loses nothing. The next commit repeats it.
        if self.wal.is_worth_compacting()
            && let Err(error) = self.wal.compact(&state.changes())
        {
            tracing::warn!(%error, "a write-ahead log was not compacted");
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Applies these changes even if they cannot be logged: at worst a restart repeats some work.
    pub(crate) fn commit_best_effort(&self, state: &mut S, changes: Vec<S::Change>) -> Result<(), WalError> {
        let logged = self.commit(state, changes.clone());
        if logged.is_err() {
            changes.into_iter().for_each(|change| state.apply(change));
        }
        logged
    }

    /// Waits for the next commit. Returns at once if there was one since the last wait.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Number of records at the start. It is part of every generated id, so that two runs never generate the same one.
    pub(crate) fn initial_length(&self) -> u64 {
        self.initial_length
    }

    /// Number of records now.
    #[cfg(test)]
    pub(crate) fn length(&self) -> usize {
        self.wal.length()
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

pub(crate) fn lines<R: Serialize>(records: &[R]) -> Result<Vec<u8>, WalError> {
    let mut lines = Vec::new();
    for record in records {
        let json = serde_json::to_string(record).map_err(WalError::Record)?;
        lines.extend_from_slice(format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes())).as_bytes());
    }
    Ok(lines)
}

fn read<R: DeserializeOwned>(path: &Path, lines: &[u8]) -> Result<Vec<R>, WalError> {
    let lines = lines.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.map(|(index, line)| parse_line(path, index + 1, line)).collect()
}

/// Parses a line of this file, counted from 1, if its checksum is right.
pub(crate) fn parse_line<R: DeserializeOwned>(path: &Path, number: usize, line: &[u8]) -> Result<R, WalError> {
    let json = checked(line.strip_suffix(b"\n").unwrap_or(line));
    let json = json.ok_or_else(|| WalError::Damaged(path.to_owned(), number))?;
    serde_json::from_slice(json).map_err(|source| WalError::Unknown(path.to_owned(), number, source))
}

/// Returns the JSON of a line if its checksum is right.
fn checked(line: &[u8]) -> Option<&[u8]> {
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
        Err(TryLockError::WouldBlock) => Err(WalError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn write_new(path: &Path, lines: &[u8]) -> io::Result<File> {
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

/// A write-ahead log could not be opened or written. The path is that of the file.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// Another process works with this file.
    #[error("{} is in use by another process: stop that one, or choose another folder for the data", .0.display())]
    InUse(PathBuf),
    /// The checksum of this line, counted from 1, is wrong.
    #[error("{}, line {}: the record is damaged (its checksum is wrong); restore the file, or delete all stored data with --fresh", .0.display(), .1)]
    Damaged(PathBuf, usize),
    /// This line, counted from 1, has a right checksum, but a record that this version does not know.
    #[error("{}, line {}: this version cannot read the record; use the version that wrote it, or delete all stored data with --fresh", .0.display(), .1)]
    Unknown(PathBuf, usize, #[source] serde_json::Error),
    /// The file is read-only or belongs to another user.
    #[error("cannot write {}: the file is read-only or belongs to another user; choose another folder for the data", .0.display())]
    ReadOnly(PathBuf, #[source] io::Error),
    /// The disk is full.
    #[error("cannot write {}: the disk is full; free some space and try again", .0.display())]
    DiskFull(PathBuf, #[source] io::Error),
    /// Another error of the operating system.
    #[error("cannot use {}: choose another folder for the data", .0.display())]
    Refused(PathBuf, #[source] io::Error),
    /// The record cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Record(#[source] serde_json::Error),
}

impl WalError {
    /// Converts an I/O error on this file.
    pub(crate) fn by_system(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path, source),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull(path, source)
            }
            _ => Self::Refused(path, source),
        }
    }
}
