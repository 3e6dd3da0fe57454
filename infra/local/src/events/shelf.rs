//! Where archives keep their events: a file for each archive and day, as that stands in the events. Only lengths are
//! held in memory; a killed process loses nothing it acknowledged, and what is too old goes with its file.

mod segment;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::wal::{self, WalError};

use super::archive::Archived;
use segment::Segment;

/// The day that an event belongs to, counted from 1970.
pub(super) type Day = i64;

/// How much an archive holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

/// All archives.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: Option<PathBuf>,
    archives: Mutex<BTreeMap<String, BTreeMap<Day, Segment>>>,
}

/// The day of a moment. All that is said to be before 1970 is its first day.
pub(super) fn day(moment: Timestamp) -> Day {
    moment.as_second().div_euclid(86_400).max(0)
}

impl Shelf {
    /// The archives in this folder; files of those that are not known are what a deletion left.
    pub(super) fn open(folder: &Path, is_known: impl Fn(&str) -> bool) -> Result<Self, WalError> {
        // The path of a file alone stands for the folder one is in.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut archives: BTreeMap<String, BTreeMap<Day, Segment>> = BTreeMap::new();
        let refused = |error| WalError::by_system(folder, error);
        for entry in std::fs::read_dir(folder).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            let Some((archive, day)) = path.file_name().and_then(|name| said(name.to_str()?)) else { continue };
            if is_known(archive) {
                archives.entry(archive.to_owned()).or_default().insert(day, Segment::open(&path)?);
            } else {
                std::fs::remove_file(&path).map_err(|error| WalError::by_system(&path, error))?;
            }
        }
        Ok(Self { folder: Some(folder.to_owned()), archives: Mutex::new(archives) })
    }

    /// Archives that are forgotten with the process.
    pub(super) fn in_memory() -> Self {
        Self { folder: None, archives: Mutex::default() }
    }

    /// Puts these into their archives. When this returns, they survive a kill.
    pub(super) fn keep(&self, archived: &[(String, Archived)]) -> Result<(), WalError> {
        let mut by_segment: BTreeMap<(&str, Day), Vec<&Archived>> = BTreeMap::new();
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

    /// Drops all days that end before this.
    pub(super) fn forget_before(&self, archive: &str, moment: Timestamp) -> Result<(), WalError> {
        self.drop_while(archive, |first| first < day(moment))
    }

    /// Drops all that the archive holds.
    pub(super) fn forget(&self, archive: &str) -> Result<(), WalError> {
        self.drop_while(archive, |_| true)
    }

    fn drop_while(&self, archive: &str, is_gone: impl Fn(Day) -> bool) -> Result<(), WalError> {
        let mut archives = self.archives();
        let Some(segments) = archives.get_mut(archive) else { return Ok(()) };
        while let Some(first) = segments.first_entry().filter(|first| is_gone(*first.key())) {
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

    /// How long the files of these days are now.
    pub(super) fn extent(&self, archive: &str, from: Timestamp, to: Timestamp) -> BTreeMap<Day, u64> {
        let archives = self.archives();
        let segments = archives.get(archive).into_iter().flat_map(|segments| segments.range(day(from)..=day(to)));
        segments.map(|(day, segment)| (*day, segment.length())).collect()
    }

    /// How much the archive holds.
    pub(super) fn size(&self, archive: &str) -> Result<Size, WalError> {
        let mut size = Size::default();
        for (day, segment) in self.archives().get_mut(archive).into_iter().flatten() {
            size.bytes += segment.length();
            size.events += segment.count(self.path(archive, *day).as_deref())?;
        }
        Ok(size)
    }

    /// The times and places of all events of a day that stand in its file up to this length.
    pub(super) fn times(&self, archive: &str, day: Day, length: u64) -> Result<Vec<(Timestamp, u64)>, WalError> {
        let Some(reader) = self.reader(archive, day)? else { return Ok(Vec::new()) };
        reader.times(length)
    }

    /// The events at these places of a day.
    pub(super) fn events(&self, archive: &str, day: Day, places: &[u64]) -> Result<Vec<Archived>, WalError> {
        let Some(mut reader) = self.reader(archive, day)? else { return Ok(Vec::new()) };
        places.iter().map(|place| reader.at(*place)).collect()
    }

    // Reads without the lock: a file is only ever appended to, and one that is dropped stays readable.
    fn reader(&self, archive: &str, day: Day) -> Result<Option<segment::Reader>, WalError> {
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

// The archive and the day that a file name says.
fn said(name: &str) -> Option<(&str, Day)> {
    let (archive, day) = name.strip_prefix("archive-")?.strip_suffix(".journal")?.rsplit_once('-')?;
    Some((archive, day.parse().ok()?))
}
