//! The write-ahead log's file: `CHECKSUM JSON` a line, beside it a lock that ends with the process.

#[cfg(test)]
mod tests;

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::WalError;
use crate::private_files;

/// The open file.
#[derive(Debug)]
pub(super) struct WalFile {
    path: PathBuf,
    file: File,
    /// How many bytes are whole lines. More than these are the rest of a write that failed.
    whole: u64,
    broken: bool,
    /// Locks the write-ahead log as long as it is open. A file of its own, because compacting replaces the other.
    _lock: File,
}

impl WalFile {
    pub(super) fn open<R: DeserializeOwned>(path: &Path) -> Result<(Self, Vec<R>), WalError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_files::create_folder(folder).map_err(|error| WalError::by_system(folder, error))?;
        }
        let lock = lock(path)?;
        let refused = |error| WalError::by_system(path, error);
        let mut file = private_files::options().read(true).append(true).create(true).open(path).map_err(refused)?;
        private_files::restrict_file(&file).map_err(refused)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(refused)?;
        // A line without its end was never acknowledged: the process was killed while it wrote.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |position| position + 1);
        let (lines, torn) = bytes.split_at(end);
        if !torn.is_empty() {
            file.set_len(end as u64).map_err(refused)?;
            let (file, bytes) = (path.display(), torn.len());
            tracing::warn!(%file, bytes, "dropped the torn last line, which was never acknowledged");
        }
        let records = read(path, lines)?;
        Ok((Self { path: path.to_owned(), file, whole: end as u64, broken: false, _lock: lock }, records))
    }

    pub(super) fn append(&mut self, lines: &[u8]) -> Result<(), WalError> {
        if self.broken {
            self.cut()?;
        }
        match self.file.write_all(lines) {
            Ok(()) => {
                self.whole += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.broken = true;
                // If this fails too, the next write tries it again first.
                self.cut().ok();
                Err(WalError::by_system(&self.path, error))
            }
        }
    }

    pub(super) fn replace(&mut self, lines: &[u8]) -> Result<(), WalError> {
        let new = beside(&self.path, ".new");
        let file = write_new(&new, lines).map_err(|error| WalError::by_system(&new, error))?;
        std::fs::rename(&new, &self.path).map_err(|error| WalError::by_system(&self.path, error))?;
        self.file = file;
        self.whole = lines.len() as u64;
        self.broken = false;
        Ok(())
    }

    fn cut(&mut self) -> Result<(), WalError> {
        self.file.set_len(self.whole).map_err(|error| WalError::by_system(&self.path, error))?;
        self.broken = false;
        Ok(())
    }
}

/// The records as lines.
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

/// The JSON of a line, if its checksum fits.
pub(crate) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (checksum, rest) = line.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?, 16).ok()?;
    (crc32fast::hash(json) == checksum).then_some(json)
}

fn lock(path: &Path) -> Result<File, WalError> {
    let name = beside(path, ".lock");
    let refused = |error| WalError::by_system(&name, error);
    let file = private_files::options().write(true).create(true).truncate(false).open(&name).map_err(refused)?;
    private_files::restrict_file(&file).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WalError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
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

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
