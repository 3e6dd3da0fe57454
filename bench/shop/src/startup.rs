//! Measures the startup time of the local cloud: each startup is a process of its own, which is killed when it is ready.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::Context;

use crate::{Startup, process::megabytes};

/// The line that a process prints when it is ready.
pub(crate) const LINE: &str = "ready";

pub(crate) async fn measure(args: &Startup) -> anyhow::Result<()> {
    let mut starts = Vec::new();
    for _ in 0..args.times.max(1) {
        starts.push(start(&args.up.up)?);
    }
    starts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (fastest, slowest) = (starts.first().copied().unwrap_or_default(), starts.last().copied().unwrap_or_default());
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!("| starts | fastest | median | slowest | memory when ready |");
    println!("|---|---|---|---|---|");
    let (count, memory) = (starts.len(), median.1);
    println!("| {count} | {:.0} ms | {:.0} ms | {:.0} ms | {memory} MB |", fastest.0, median.0, slowest.0);
    Ok(())
}

/// The milliseconds of one startup, and its memory in megabytes.
fn start(up: &[String]) -> anyhow::Result<(f64, u64)> {
    let begun = Instant::now();
    let mut command = Command::new(std::env::current_exe()?);
    let mut child = command.arg("once").arg("--").args(up).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    let took = begun.elapsed().as_secs_f64() * 1e3;
    let memory = megabytes(&child.id().to_string());
    child.kill()?;
    child.wait()?;
    anyhow::ensure!(line.trim() == LINE, "the process is not ready: {line:?}");
    Ok((took, memory))
}
