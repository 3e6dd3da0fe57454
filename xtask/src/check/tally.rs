//! Runs the programs of a stage and counts what passed and what failed.

use std::{
    io::{BufRead, BufReader, Write},
    ops::Add,
    process::{Command, Stdio},
};

use anyhow::Context;

/// The counts of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    /// One check that passed.
    pub(super) const PASSED: Self = Self { passed: 1, failed: 0 };
    /// One check that failed.
    pub(super) const FAILED: Self = Self { passed: 0, failed: 1 };
    /// A check that cannot run here, which counts as nothing.
    pub(super) const SKIPPED: Self = Self { passed: 0, failed: 0 };

    /// One check.
    pub(super) fn of(passed: bool) -> Self {
        if passed { Self::PASSED } else { Self::FAILED }
    }

    /// Whether nothing failed.
    pub(super) fn is_passed(self) -> bool {
        self.failed == 0
    }

    /// The counts in words.
    pub(super) fn summary(&self) -> String {
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
pub(super) fn run_command(command: &mut Command) -> anyhow::Result<Tally> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    Ok(Tally::of(status.success()))
}

/// Runs a program that runs tests, and counts them by its closing lines.
pub(super) fn run_tests(command: &mut Command) -> anyhow::Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer).stdin(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("{command:?} did not start"))?;
    // Reading ends when the child ends only if no other writer of the pipe is left: drop those of the command.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tally = Tally::default();
    let mut out = std::io::stdout();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        writeln!(out, "{line}")?;
        tally = tally + count(&line);
    }
    let success = child.wait()?.success();
    // A failure without a closing line counts as one: a build that failed, a runner that was killed.
    let uncounted = u64::from(!success && tally.failed == 0);
    Ok(Tally { failed: tally.failed + uncounted, ..tally })
}

/// The counts of a closing line: of nextest, of libtest, or of `cargo xtask chaos`, which is `N passed, N failed` alone.
pub(super) fn count(line: &str) -> Tally {
    let line = line.trim_start();
    let words: Vec<&str> = line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
    let is_closing = line.starts_with("test result:")
        || (line.starts_with("Summary [") && line.contains("run:"))
        || matches!(words.as_slice(), [passed, "passed", _, "failed"] if passed.parse::<u64>().is_ok());
    if !is_closing {
        return Tally::default();
    }
    let before = |names: &[&str]| {
        let pairs = words.windows(2).filter(|pair| names.contains(&pair[1]));
        pairs.filter_map(|pair| pair[0].parse::<u64>().ok()).sum()
    };
    // nextest names how a failed test ended; `(2 flaky)` and the like are in brackets and are no outcome.
    Tally { passed: before(&["passed"]), failed: before(&["failed", "timed"]) + exec_failed(line) }
}

fn exec_failed(line: &str) -> u64 {
    let (Some((before, _)), true) = (line.split_once(" exec failed"), line.starts_with("Summary")) else { return 0 };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
