//! All checks in stages, each with its minutes; a failed stage does not stop the rest.
//! The last line is `N passed, N failed`: tests are counted one by one, every other check as one.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

mod brokers;
mod licences;
mod python;
mod stages;
mod tally;
mod template;

use std::{path::Path, time::Instant};

use anyhow::bail;
use clap::Args;

use stages::Stage;
use tally::Tally;

/// The stages to run.
#[derive(Args, Clone, Debug, Default)]
pub struct TestOptions {
    /// Runs only this stage; can be given several times.
    #[arg(long, value_name = "STAGE")]
    pub only: Vec<String>,
    /// Skips this stage; can be given several times.
    #[arg(long, value_name = "STAGE")]
    pub skip: Vec<String>,
    /// Lists the stages, and runs none.
    #[arg(long)]
    pub list: bool,
}

impl TestOptions {
    fn includes(&self, stage: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == stage);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

/// Runs all checks that a change must pass; returns whether all passed.
pub fn test(root: &Path, options: &TestOptions) -> anyhow::Result<bool> {
    run(root, options, &stages::all())
}

/// Runs what takes too long for every change; returns whether all passed.
pub fn soak(root: &Path, options: &TestOptions) -> anyhow::Result<bool> {
    run(root, options, &stages::soak())
}

fn run(root: &Path, options: &TestOptions, stages: &[Stage]) -> anyhow::Result<bool> {
    if options.list {
        for stage in stages {
            println!("{:<10} {}", stage.name, stage.what);
        }
        return Ok(true);
    }
    let mut named = options.only.iter().chain(&options.skip);
    if let Some(unknown) = named.find(|name| stages.iter().all(|stage| stage.name != **name)) {
        let names: Vec<_> = stages.iter().map(|stage| stage.name).collect();
        bail!("there is no stage {unknown:?}; there are {}", names.join(", "));
    }
    let stages: Vec<_> = stages.iter().filter(|stage| options.includes(stage.name)).collect();
    let begun = Instant::now();
    let mut lines = Vec::new();
    let mut total = Tally::default();
    for (index, stage) in stages.iter().enumerate() {
        println!("\n== {}/{} {}: {}", index + 1, stages.len(), stage.name, stage.what);
        let stage_begun = Instant::now();
        let tally = (stage.run)(root).unwrap_or_else(|error| {
            println!("{error:#}");
            Tally::FAILED
        });
        let line = format!("{:<10} {:>5.1} min  {}", stage.name, minutes(stage_begun), tally.summary());
        println!("== {line}");
        lines.push(line);
        total = total + tally;
    }
    println!("\n{}\n{:<10} {:>5.1} min", lines.join("\n"), "all", minutes(begun));
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

fn minutes(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() / 60.0
}
