//! How soon the cloud is ready: each start is a process of its own, and it ends by a kill.

use std::{io::{BufRead, BufReader}, process::{Command, Stdio}, time::Instant};

use anyhow::Context;

use crate::{Ready, process::megabytes};

/// What a start says when it is ready.
pub(crate) const LINE: &str = "ready";

pub(crate) async fn measure(wanted: &Ready) -> anyhow::Result<()> {
    let mut starts = Vec::new();
    for _ in 0..wanted.times.max(1) {
        starts.push(start(&wanted.up.up)?);
    }
    starts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (quickest, slowest) = (starts.first().copied().unwrap_or_default(), starts.last().copied().unwrap_or_default());
    let middle = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!("| starts | quickest | median | slowest | memory when ready |");
    println!("|---|---|---|---|---|");
    let (count, memory) = (starts.len(), middle.1);
    println!("| {count} | {:.0} ms | {:.0} ms | {:.0} ms | {memory} MB |", quickest.0, middle.0, slowest.0);
    Ok(())
}

/// The milliseconds of one start, and its megabytes.
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
    anyhow::ensure!(line.trim() == LINE, "it was not ready: {line:?}");
    Ok((took, memory))
}
