//! The storage of archived events: one file for each archive and day of the event time. Only the lengths are held in memory.
//! A killed process loses no acknowledged event, and expired events are deleted with their file.

mod segment;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::wal::{self, WalError};

use super::archive::ArchivedEvent;
use segment::{Segment, SegmentReader};

/// The day of an event's time, in days since 1970.
pub(super) type Day = i64;

/// The size of an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ArchiveSize {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

/// The events of all archives.
#[derive(Debug)]
pub(super) struct ArchiveStore {
    folder: Option<PathBuf>,
    archives: Mutex<BTreeMap<String, BTreeMap<Day, Segment>>>,
}

/// Returns the day of a time. Times before 1970 count as its first day.
fn day(time: Timestamp) -> Day {
    time.as_second().div_euclid(86_400).max(0)
}

impl ArchiveStore {
    /// Opens the archives in this folder, and deletes the files of unknown archives, which an interrupted deletion left.
    pub(super) fn open(folder: &Path, is_known: impl Fn(&str) -> bool) -> Result<Self, WalError> {
        // The parent of a plain file name is the current directory.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut archives: BTreeMap<String, BTreeMap<Day, Segment>> = BTreeMap::new();
        let failed = |error| WalError::by_system(folder, error);
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some((archive, day)) = path.file_name().and_then(|name| parse_file_name(name.to_str()?)) else {
                continue;
            };
            if is_known(archive) {
                archives.entry(archive.to_owned()).or_default().insert(day, Segment::open(&path)?);
            } else {
                std::fs::remove_file(&path).map_err(|error| WalError::by_system(&path, error))?;
            }
        }
        Ok(Self { folder: Some(folder.to_owned()), archives: Mutex::new(archives) })
    }

    /// Creates a store that keeps its events in memory.
    pub(super) fn in_memory() -> Self {
        Self { folder: None, archives: Mutex::default() }
    }

    /// Adds events to their archives. When this returns, they survive a kill.
    pub(super) fn append(&self, archived: &[(String, ArchivedEvent)]) -> Result<(), WalError> {
        let mut by_segment: BTreeMap<(&str, Day), Vec<&ArchivedEvent>> = BTreeMap::new();
        for (archive, event) in archived {
            by_segment.entry((archive, day(event.time))).or_default().push(event);
        }
        for ((archive, day), events) in by_segment {
            let lines = wal::lines(&events)?;
            let count = u64::try_from(events.len()).unwrap_or_default();
            let path = self.path(archive, day);
            let mut archives = self.archives();
            let segments = archives.entry(archive.to_owned()).or_default();
            segments.entry(day).or_default().append(path.as_deref(), &lines, count)?;
        }
        Ok(())
    }

    /// Deletes all days that end before this time.
    pub(super) fn delete_before(&self, archive: &str, time: Timestamp) -> Result<(), WalError> {
        self.delete_while(archive, |first| first < day(time))
    }

    /// Deletes all events of the archive.
    pub(super) fn delete(&self, archive: &str) -> Result<(), WalError> {
        self.delete_while(archive, |_| true)
    }

    fn delete_while(&self, archive: &str, is_expired: impl Fn(Day) -> bool) -> Result<(), WalError> {
        let mut archives = self.archives();
        let Some(segments) = archives.get_mut(archive) else { return Ok(()) };
        while let Some(first) = segments.first_entry().filter(|first| is_expired(*first.key())) {
            if let Some(path) = self.path(archive, *first.key()) {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(WalError::by_system(&path, error));
                    }
                    _ => {}
                }
            }
            first.remove();
        }
        Ok(())
    }

    /// Returns the current length of each day's file, in bytes.
    pub(super) fn day_lengths(&self, archive: &str, from: Timestamp, to: Timestamp) -> BTreeMap<Day, u64> {
        let archives = self.archives();
        let segments = archives.get(archive).into_iter().flat_map(|segments| segments.range(day(from)..=day(to)));
        segments.map(|(day, segment)| (*day, segment.length())).collect()
    }

    /// Returns the size of the archive.
    pub(super) fn size(&self, archive: &str) -> Result<ArchiveSize, WalError> {
        let mut size = ArchiveSize::default();
        for (day, segment) in self.archives().get_mut(archive).into_iter().flatten() {
            size.bytes += segment.length();
            size.events += segment.count(self.path(archive, *day).as_deref())?;
        }
        Ok(size)
    }

    /// Returns the times and offsets of all events of a day, up to this length of its file.
    pub(super) fn times(&self, archive: &str, day: Day, length: u64) -> Result<Vec<(Timestamp, u64)>, WalError> {
        let Some(reader) = self.reader(archive, day)? else { return Ok(Vec::new()) };
        reader.times(length)
    }

    /// Returns the events at these offsets of a day's file.
    pub(super) fn events(&self, archive: &str, day: Day, offsets: &[u64]) -> Result<Vec<ArchivedEvent>, WalError> {
        let Some(mut reader) = self.reader(archive, day)? else { return Ok(Vec::new()) };
        offsets.iter().map(|offset| reader.event_at(*offset)).collect()
    }

    // The reader works without the lock: files are only appended to, and a deleted file stays readable while it is open.
    fn reader(&self, archive: &str, day: Day) -> Result<Option<SegmentReader>, WalError> {
        let archives = self.archives();
        let Some(segment) = archives.get(archive).and_then(|segments| segments.get(&day)) else { return Ok(None) };
        segment.reader(self.path(archive, day).as_deref()).map(Some)
    }

    fn path(&self, archive: &str, day: Day) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("archive-{archive}-{day}.journal")))
    }

    fn archives(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<Day, Segment>>> {
        self.archives.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Returns the archive and the day of a file name.
fn parse_file_name(name: &str) -> Option<(&str, Day)> {
    let (archive, day) = name.strip_prefix("archive-")?.strip_suffix(".journal")?.rsplit_once('-')?;
    Some((archive, day.parse().ok()?))
}
