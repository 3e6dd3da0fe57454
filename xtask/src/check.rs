//! All checks, one after the other, each with its minutes; a failing one does not keep the rest from being seen.
//! The closing line is `N passed, N failed`: tests count one by one, every other check counts as one.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::{path::Path, time::Instant};

use anyhow::bail;
use clap::Args;

mod aws_tools;
pub mod licences;
mod python;
mod rehearsal;
mod run;
mod stages;
mod template;

pub use run::Tally;

/// Which checks are wanted.
#[derive(Args, Clone, Debug, Default)]
pub struct Choice {
    /// Only these, by name; may stand several times.
    #[arg(long, value_name = "STAGE")]
    pub only: Vec<String>,
    /// All but these, by name; may stand several times.
    #[arg(long, value_name = "STAGE")]
    pub skip: Vec<String>,
    /// Says which checks there are, and runs none.
    #[arg(long)]
    pub list: bool,
}

impl Choice {
    fn wants(&self, stage: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == stage);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

/// Runs the checks and says whether all passed.
pub fn run(root: &Path, choice: &Choice) -> anyhow::Result<bool> {
    let stages = stages::all();
    if choice.list {
        for stage in &stages {
            println!("{:<10} {}", stage.name, stage.what);
        }
        return Ok(true);
    }
    if let Some(unknown) = choice.only.iter().chain(&choice.skip).find(|name| stages.iter().all(|it| it.name != **name))
    {
        let names: Vec<_> = stages.iter().map(|stage| stage.name).collect();
        bail!("there is no stage {unknown:?}; there are {}", names.join(", "));
    }
    let wanted: Vec<_> = stages.iter().filter(|stage| choice.wants(stage.name)).collect();
    let begun = Instant::now();
    let mut lines = Vec::new();
    let mut total = Tally::default();
    for (index, stage) in wanted.iter().enumerate() {
        println!("\n== {}/{} {}: {}", index + 1, wanted.len(), stage.name, stage.what);
        let stage_begun = Instant::now();
        let tally = (stage.run)(root).unwrap_or_else(|error| {
            println!("{error:#}");
            Tally::failed()
        });
        let line = format!("{:<10} {:>5.1} min  {}", stage.name, minutes(stage_begun), tally.word());
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
