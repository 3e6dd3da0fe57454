//! Measures how many facts per second go through tumbling windows, compared with a plain loop over a map, and how many events
//! per second go through 1, 10 and 100 patterns, over 100,000 keys; and the bytes of a key's state as JSON.

mod patterns;
mod windows;

use std::{
    error::Error,
    io::{Write, stdout},
    time::Duration,
};

/// The number of keys.
const KEYS: usize = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    writeln!(out, "| what | million a second | bytes a key |")?;
    writeln!(out, "|---|---|---|")?;
    for keys in [1, 1_000, KEYS] {
        let windows = windows::measure(keys)?;
        let (ours, plain) = (per_second(windows.count, windows.ours), per_second(windows.count, windows.plain));
        writeln!(out, "| windows, {keys} keys | {ours:.2} | {:.0} |", windows.bytes)?;
        writeln!(out, "| a plain loop, {keys} keys | {plain:.2} | |")?;
    }
    for (count, keys) in [(1, KEYS), (10, KEYS), (10, 1_000), (100, KEYS)] {
        let patterns = patterns::measure(count, keys)?;
        let speed = per_second(patterns.count, patterns.took);
        let (bytes, matches) = (patterns.bytes, patterns.matches);
        writeln!(out, "| {count} patterns, {keys} keys, {matches} matches | {speed:.2} | {bytes:.0} |")?;
    }
    Ok(())
}

/// Millions a second.
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64() / 1e6
}
