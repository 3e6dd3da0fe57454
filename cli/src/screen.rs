//! What a command shows: sentences and tables for people, or one JSON text a line for machines.

use std::{
    fmt::Display,
    io::{self, Write},
};

use serde::Serialize;

/// Where a command shows what it found.
pub struct Screen<'a> {
    json: bool,
    out: &'a mut (dyn Write + Send),
}

impl<'a> Screen<'a> {
    /// Shows on this.
    pub fn new(json: bool, out: &'a mut (dyn Write + Send)) -> Self {
        Self { json, out }
    }

    /// Whether machines read it.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Shows one thing: to people as they read it, to machines as one line of JSON. It is seen at once.
    pub fn show(&mut self, people: impl Display, machines: &impl Serialize) -> io::Result<()> {
        match self.json {
            true => writeln!(self.out, "{}", serde_json::to_string(machines)?)?,
            false => writeln!(self.out, "{people}")?,
        }
        self.out.flush()
    }

    /// Shows what only people need: headings, hints, progress.
    pub fn say(&mut self, people: impl Display) -> io::Result<()> {
        if !self.json {
            writeln!(self.out, "{people}")?;
            self.out.flush()?;
        }
        Ok(())
    }
}
