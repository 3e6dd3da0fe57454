//! One day of an archive: lines with checksums as in a write-ahead log, but read one by one.

use std::{
    fs::File,
    io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    private_files,
    wal::{self, WalError},
};

use super::ArchivedEvent;

/// The size of the blocks in which a file is searched, in bytes.
const BLOCK_SIZE: u64 = 65_536;

/// A segment file, or its content in memory.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// The length of the complete lines, in bytes.
    length: u64,
    /// The number of lines, if it is known.
    events: Option<u64>,
    memory: Vec<u8>,
}

/// Reads the lines of a segment.
pub(super) struct SegmentReader {
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
    pub(super) fn open(path: &Path) -> Result<Self, WalError> {
        let failed = |error| WalError::by_system(path, error);
        let mut file = File::open(path).map_err(failed)?;
        let length = complete_length(&mut file).map_err(failed)?;
        Ok(Self { length, events: None, memory: Vec::new() })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds lines. On an error the segment is unchanged.
    pub(super) fn append(&mut self, path: Option<&Path>, lines: &[u8], count: u64) -> Result<(), WalError> {
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

    fn write(&self, path: &Path, lines: &[u8]) -> std::io::Result<()> {
        let mut file = private_files::options().append(true).create(true).open(path)?;
        if file.metadata()?.len() != self.length {
            // Removes the rest of a failed write.
            file.set_len(self.length)?;
        }
        file.write_all(lines)
    }

    /// Returns the number of events.
    pub(super) fn count(&mut self, path: Option<&Path>) -> Result<u64, WalError> {
        if let Some(events) = self.events {
            return Ok(events);
        }
        let mut reader = self.reader(path)?;
        let events = reader.count_lines(self.length)?;
        self.events = Some(events);
        Ok(events)
    }

    pub(super) fn reader(&self, path: Option<&Path>) -> Result<SegmentReader, WalError> {
        let input: Box<dyn Input> = match path {
            None => Box::new(Cursor::new(self.memory.clone())),
            Some(path) => Box::new(BufReader::new(File::open(path).map_err(|error| WalError::by_system(path, error))?)),
        };
        Ok(SegmentReader { path: path.unwrap_or(Path::new("the archive")).to_owned(), input })
    }
}

impl SegmentReader {
    /// Returns the times and offsets of all events up to this length.
    pub(super) fn times(mut self, length: u64) -> Result<Vec<(Timestamp, u64)>, WalError> {
        let (mut offset, mut line, mut times) = (0, Vec::new(), Vec::new());
        while offset < length {
            let read = self.read_line(&mut line)?;
            if read == 0 {
                break;
            }
            let EventTime { time } = self.parse(&line, times.len() + 1)?;
            times.push((time, offset));
            offset += read;
        }
        Ok(times)
    }

    /// Returns the event at this offset.
    pub(super) fn event_at(&mut self, offset: u64) -> Result<ArchivedEvent, WalError> {
        self.input.seek(SeekFrom::Start(offset)).map_err(|error| WalError::by_system(&self.path, error))?;
        let mut line = Vec::new();
        self.read_line(&mut line)?;
        self.parse(&line, 1)
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

    fn parse<T: DeserializeOwned>(&self, line: &[u8], number: usize) -> Result<T, WalError> {
        let json = wal::checked(line.strip_suffix(b"\n").unwrap_or(line));
        let json = json.ok_or_else(|| WalError::Damaged { path: self.path.clone(), line: number })?;
        let unknown = |source| WalError::Unknown { path: self.path.clone(), line: number, source };
        serde_json::from_slice(json).map_err(unknown)
    }
}

// Returns the length of the complete lines of a file, searched from its end.
fn complete_length(file: &mut File) -> std::io::Result<u64> {
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
