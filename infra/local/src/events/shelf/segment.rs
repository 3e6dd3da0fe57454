//! One day of one archive: lines with checksums, as in every write-ahead log, but read one by one.

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

use super::Archived;

/// So much of a file is looked at in one go.
const PIECE: u64 = 65_536;

/// A file, or the same in memory.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// How many bytes are whole lines.
    length: u64,
    /// How many lines these are, if they were counted.
    events: Option<u64>,
    memory: Vec<u8>,
}

/// Who reads a segment.
pub(super) struct Reader {
    path: PathBuf,
    input: Box<dyn Input>,
}

trait Input: BufRead + Seek {}
impl<T: BufRead + Seek> Input for T {}

#[derive(Deserialize)]
struct When {
    time: Timestamp,
}

impl Segment {
    /// The segment in this file. A last line without its end was never acknowledged.
    pub(super) fn open(path: &Path) -> Result<Self, WalError> {
        let refused = |error| WalError::by_system(path, error);
        let mut file = File::open(path).map_err(refused)?;
        let length = whole(&mut file).map_err(refused)?;
        Ok(Self { length, events: None, memory: Vec::new() })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds lines. When this fails, the segment is as before.
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
            // The rest of a write that failed.
            file.set_len(self.length)?;
        }
        file.write_all(lines)
    }

    /// How many events it holds.
    pub(super) fn count(&mut self, path: Option<&Path>) -> Result<u64, WalError> {
        if let Some(events) = self.events {
            return Ok(events);
        }
        let mut reader = self.reader(path)?;
        let events = reader.lines(self.length)?;
        self.events = Some(events);
        Ok(events)
    }

    pub(super) fn reader(&self, path: Option<&Path>) -> Result<Reader, WalError> {
        let input: Box<dyn Input> = match path {
            None => Box::new(Cursor::new(self.memory.clone())),
            Some(path) => Box::new(BufReader::new(File::open(path).map_err(|error| WalError::by_system(path, error))?)),
        };
        Ok(Reader { path: path.unwrap_or(Path::new("the archive")).to_owned(), input })
    }
}

impl Reader {
    /// The times and places of all events up to this length.
    pub(super) fn times(mut self, length: u64) -> Result<Vec<(Timestamp, u64)>, WalError> {
        let (mut place, mut line, mut times) = (0, Vec::new(), Vec::new());
        while place < length {
            let read = self.line(&mut line)?;
            if read == 0 {
                break;
            }
            let When { time } = self.read(&line, times.len() + 1)?;
            times.push((time, place));
            place += read;
        }
        Ok(times)
    }

    /// The event at this place.
    pub(super) fn at(&mut self, place: u64) -> Result<Archived, WalError> {
        self.input.seek(SeekFrom::Start(place)).map_err(|error| WalError::by_system(&self.path, error))?;
        let mut line = Vec::new();
        self.line(&mut line)?;
        self.read(&line, 1)
    }

    fn lines(&mut self, length: u64) -> Result<u64, WalError> {
        let (mut place, mut line, mut count) = (0, Vec::new(), 0);
        while place < length {
            match self.line(&mut line)? {
                0 => break,
                read => place += read,
            }
            count += 1;
        }
        Ok(count)
    }

    fn line(&mut self, line: &mut Vec<u8>) -> Result<u64, WalError> {
        line.clear();
        let read = self.input.read_until(b'\n', line).map_err(|error| WalError::by_system(&self.path, error))?;
        Ok(u64::try_from(read).unwrap_or_default())
    }

    fn read<T: DeserializeOwned>(&self, line: &[u8], number: usize) -> Result<T, WalError> {
        let json = wal::checked(line.strip_suffix(b"\n").unwrap_or(line));
        let json = json.ok_or_else(|| WalError::Damaged { path: self.path.clone(), line: number })?;
        let unknown = |source| WalError::Unknown { path: self.path.clone(), line: number, source };
        serde_json::from_slice(json).map_err(unknown)
    }
}

// How many bytes of a file are whole lines, found from its end.
fn whole(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(begin))?;
        piece.clear();
        Read::take(&mut *file, end - begin).read_to_end(&mut piece)?;
        if let Some(place) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + u64::try_from(place).unwrap_or_default() + 1);
        }
        end = begin;
    }
    Ok(0)
}
