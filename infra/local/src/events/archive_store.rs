//! The storage of archived events: one file for each archive and day of the event time, with lines as in a write-ahead
//! log that are read one by one. Only the lengths are held in memory. A killed process loses no acknowledged event, and
//! expired events are deleted with their file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    private_files,
    wal::{self, WalError},
};

use super::envelope::ArchivedEvent;

/// The size of the blocks in which a file is searched, in bytes.
const BLOCK_SIZE: u64 = 65_536;

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
    /// Without a folder the events are kept in memory.
    pub(super) fn open(folder: Option<&Path>, is_known: impl Fn(&str) -> bool) -> Result<Self, WalError> {
        let Some(folder) = folder else { return Ok(Self { folder: None, archives: Mutex::default() }) };
        // The parent of a plain file name is the current directory.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut archives: BTreeMap<String, BTreeMap<Day, Segment>> = BTreeMap::new();
        let failed = |error| WalError::by_system(folder, error);
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            match path.file_name().and_then(|name| parse_file_name(name.to_str()?)) {
                Some((archive, day)) if is_known(archive) => {
                    archives.entry(archive.to_owned()).or_default().insert(day, Segment::open(&path)?);
                }
                Some(_) => std::fs::remove_file(&path).map_err(|error| WalError::by_system(&path, error))?,
                None => {}
            }
        }
        Ok(Self { folder: Some(folder.to_owned()), archives: Mutex::new(archives) })
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

    pub(super) fn delete(&self, archive: &str) -> Result<(), WalError> {
        self.delete_while(archive, |_| true)
    }

    fn delete_while(&self, archive: &str, is_expired: impl Fn(Day) -> bool) -> Result<(), WalError> {
        let mut archives = self.archives();
        let Some(segments) = archives.get_mut(archive) else { return Ok(()) };
        while let Some(first) = segments.first_entry().filter(|first| is_expired(*first.key())) {
            if let Some(path) = self.path(archive, *first.key()) {
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
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

/// A segment file, or its content in memory.
#[derive(Debug, Default)]
struct Segment {
    /// The length of the complete lines, in bytes.
    length: u64,
    /// The number of lines, if it is known.
    events: Option<u64>,
    memory: Vec<u8>,
}

struct SegmentReader {
    path: PathBuf,
    input: Box<dyn Input>,
}

trait Input: BufRead + Seek {}
impl<T: BufRead + Seek> Input for T {}

#[derive(Deserialize)]
struct EventTime {
    time: Timestamp,
}

impl Segment {
    /// Opens a segment file. An incomplete last line was never acknowledged and is ignored.
    fn open(path: &Path) -> Result<Self, WalError> {
        let failed = |error| WalError::by_system(path, error);
        let mut file = File::open(path).map_err(failed)?;
        let length = complete_length(&mut file).map_err(failed)?;
        Ok(Self { length, events: None, memory: Vec::new() })
    }

    fn length(&self) -> u64 {
        self.length
    }

    /// Adds lines. On an error the segment is unchanged.
    fn append(&mut self, path: Option<&Path>, lines: &[u8], count: u64) -> Result<(), WalError> {
        match path {
            None => self.memory.extend_from_slice(lines),
            Some(path) => self.write(path, lines).map_err(|error| WalError::by_system(path, error))?,
        }
        let was_empty = self.length == 0;
        self.length += u64::try_from(lines.len()).unwrap_or_default();
        self.events = match was_empty {
            true => Some(count),
            false => self.events.map(|before| before + count),
        };
        Ok(())
    }

    fn write(&self, path: &Path, lines: &[u8]) -> io::Result<()> {
        let mut file = private_files::options().append(true).create(true).open(path)?;
        if file.metadata()?.len() != self.length {
            // Removes the rest of a failed write.
            file.set_len(self.length)?;
        }
        file.write_all(lines)
    }

    fn count(&mut self, path: Option<&Path>) -> Result<u64, WalError> {
        if let Some(events) = self.events {
            return Ok(events);
        }
        let mut reader = self.reader(path)?;
        let events = reader.count_lines(self.length)?;
        self.events = Some(events);
        Ok(events)
    }

    fn reader(&self, path: Option<&Path>) -> Result<SegmentReader, WalError> {
        let input: Box<dyn Input> = match path {
            None => Box::new(Cursor::new(self.memory.clone())),
            Some(path) => Box::new(BufReader::new(File::open(path).map_err(|error| WalError::by_system(path, error))?)),
        };
        Ok(SegmentReader { path: path.unwrap_or(Path::new("the archive")).to_owned(), input })
    }
}

impl SegmentReader {
    /// Returns the times and offsets of all events up to this length.
    fn times(mut self, length: u64) -> Result<Vec<(Timestamp, u64)>, WalError> {
        let (mut offset, mut line, mut times) = (0, Vec::new(), Vec::new());
        while offset < length {
            let read = self.read_line(&mut line)?;
            if read == 0 {
                break;
            }
            let EventTime { time } = wal::parse_line(&self.path, times.len() + 1, &line)?;
            times.push((time, offset));
            offset += read;
        }
        Ok(times)
    }

    fn event_at(&mut self, offset: u64) -> Result<ArchivedEvent, WalError> {
        self.input.seek(SeekFrom::Start(offset)).map_err(|error| WalError::by_system(&self.path, error))?;
        let mut line = Vec::new();
        self.read_line(&mut line)?;
        wal::parse_line(&self.path, 1, &line)
    }

    fn count_lines(&mut self, length: u64) -> Result<u64, WalError> {
        let (mut offset, mut line, mut count) = (0, Vec::new(), 0);
        while offset < length {
            match self.read_line(&mut line)? {
                0 => break,
                read => offset += read,
            }
            count += 1;
        }
        Ok(count)
    }

    fn read_line(&mut self, line: &mut Vec<u8>) -> Result<u64, WalError> {
        line.clear();
        let read = self.input.read_until(b'\n', line).map_err(|error| WalError::by_system(&self.path, error))?;
        Ok(u64::try_from(read).unwrap_or_default())
    }
}

// Returns the length of the complete lines of a file, searched from its end.
fn complete_length(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK_SIZE);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::take(&mut *file, end - start).read_to_end(&mut block)?;
        if let Some(newline) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + u64::try_from(newline).unwrap_or_default() + 1);
        }
        end = start;
    }
    Ok(0)
}
