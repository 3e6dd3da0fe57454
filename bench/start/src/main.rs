//! Measures the cold start of a function: the time from exec to its first request for an invocation, and its memory then.
//! The binaries take turns, so that other load affects them equally.

mod lambda;
mod median;

use std::{
    env,
    error::Error,
    fs,
    io::{Write, stdout},
    path::PathBuf,
};

use crate::{
    lambda::{Lambda, Start},
    median::median,
};

const USAGE: &str = "bench-start <rounds> [KEY=VALUE ...] <binary> <binary to compare with>";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().ok_or(USAGE)?.parse()?;
    let (settings, binaries): (Vec<String>, Vec<String>) = arguments.partition(|argument| argument.contains('='));
    let settings: Vec<(&str, &str)> = settings.iter().filter_map(|setting| setting.split_once('=')).collect();
    let binaries: Vec<PathBuf> = binaries.iter().map(PathBuf::from).collect();
    let lambda = Lambda::listen()?;
    let mut starts: Vec<Vec<Start>> = vec![Vec::new(); binaries.len()];
    // The first round only brings the files into the page cache.
    for round in 0..=rounds {
        let mut turns: Vec<_> = binaries.iter().zip(&mut starts).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for (binary, starts) in turns {
            let start = lambda.start(binary, &settings)?;
            if round > 0 {
                starts.push(start);
            }
        }
    }
    let mut out = stdout().lock();
    writeln!(out, "| binary | bytes | exec to first /next, median | fastest | resident |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    let mut medians = Vec::new();
    for (binary, starts) in binaries.iter().zip(&starts) {
        let micros: Vec<u64> = starts.iter().map(|start| start.micros).collect();
        let resident = median(starts.iter().map(|start| start.resident_kib).collect());
        let bytes = fs::metadata(binary)?.len();
        let name = binary.file_name().unwrap_or_default().to_string_lossy();
        let fastest = micros.iter().min().copied().unwrap_or_default();
        let median_micros = median(micros);
        writeln!(out, "| {name} | {bytes} | {median_micros} µs | {fastest} µs | {resident} KiB |")?;
        medians.push(median_micros);
    }
    if let [first, second] = medians.as_slice() {
        writeln!(out, "start, first to second: {:.2} ({rounds} rounds)", *first as f64 / *second as f64)?;
    }
    Ok(())
}
