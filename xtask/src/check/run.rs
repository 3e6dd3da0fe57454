//! Running a program for a check: what it says goes through, and its closing lines are counted.

use std::{
    io::{BufRead, BufReader, Write},
    ops::Add,
    process::{Command, Stdio},
};

use anyhow::Context;

/// What came of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
}

impl Tally {
    /// One that passed.
    pub fn passed() -> Self {
        Self { passed: 1, failed: 0 }
    }

    /// One that failed.
    pub fn failed() -> Self {
        Self { passed: 0, failed: 1 }
    }

    /// One that could not be made here; it counts as nothing.
    pub fn skipped() -> Self {
        Self::default()
    }

    /// The outcome in words.
    pub fn word(&self) -> String {
        match (self.passed, self.failed) {
            (0, 0) => "skipped".to_owned(),
            (1, 0) => "passed".to_owned(),
            (0, 1) => "FAILED".to_owned(),
            (passed, 0) => format!("{passed} passed"),
            (passed, failed) => format!("{passed} passed, {failed} FAILED"),
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Runs a program that passes or fails as one.
pub(super) fn whole(command: &mut Command) -> anyhow::Result<Tally> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    Ok(if status.success() { Tally::passed() } else { Tally::failed() })
}

/// Runs a program that runs tests, and counts them by its closing lines.
pub(super) fn counted(command: &mut Command) -> anyhow::Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer).stdin(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("{command:?} did not start"))?;
    // The command holds the pipe's other ends; without them here, reading ends when the child does.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tally = Tally::default();
    let mut out = std::io::stdout();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        writeln!(out, "{line}")?;
        tally = tally + count(&line);
    }
    let success = child.wait()?.success();
    // A failure that no line counts is one all the same: a build that broke, a test that was killed.
    let uncounted = u64::from(!success && tally.failed == 0);
    Ok(Tally { failed: tally.failed + uncounted, ..tally })
}

/// What a closing line of nextest or of libtest counts.
pub(super) fn count(line: &str) -> Tally {
    let line = line.trim_start();
    let closing = line.starts_with("test result:") || (line.starts_with("Summary [") && line.contains("run:"));
    if !closing {
        return Tally::default();
    }
    let words: Vec<&str> = line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
    let before = |wanted: &[&str]| {
        let pairs = words.windows(2).filter(|pair| wanted.contains(&pair[1]));
        pairs.filter_map(|pair| pair[0].parse::<u64>().ok()).sum()
    };
    // nextest names how a failed test ended; `(2 flaky)` and the like stand in brackets and are no outcome.
    Tally { passed: before(&["passed"]), failed: before(&["failed", "timed"]) + exec_failed(line) }
}

fn exec_failed(line: &str) -> u64 {
    let (Some((before, _)), true) = (line.split_once(" exec failed"), line.starts_with("Summary")) else { return 0 };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
