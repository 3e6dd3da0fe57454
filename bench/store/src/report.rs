//! Prints the tables of `docs/performance.md`.

use std::{
    io::{self, Write},
    time::Duration,
};

use bench_store::meter::Spent;

use crate::race::SIDES;

/// Dollars for a million write units, and for a million read units, on demand in us-east-1.
const WRITES: f64 = 0.625;
const READS: f64 = 0.125;

/// A report.
pub(crate) struct Report<W> {
    out: W,
}

impl<W: Write> Report<W> {
    /// An empty report.
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }

    /// How many of the capacity rules were checked.
    pub(crate) fn rules(&mut self, checked: usize) -> io::Result<()> {
        writeln!(self.out, "{checked} counts of the endpoint agree with DynamoDB's rules")
    }

    /// The head of a table.
    pub(crate) fn begin(&mut self, with_view: bool) -> io::Result<()> {
        let what = if with_view { "load, append and one view" } else { "load and append" };
        writeln!(self.out, "\n{what}\n")?;
        writeln!(
            self.out,
            "| events | side | calls | WRU | RRU | $ per million | to cold | item, bytes | median | per second |"
        )?;
        writeln!(self.out, "|---|---|---|---|---|---|---|---|---|---|")
    }

    /// The lines for one length of the stream.
    pub(crate) fn length(&mut self, length: u64, counted: &[Spent], timed: &[Vec<Duration>]) -> io::Result<()> {
        let cold = counted.first().map_or(f64::NAN, money);
        for ((side, spent), took) in SIDES.iter().zip(counted).zip(timed) {
            let median = median(took);
            writeln!(
                self.out,
                "| {length} | {side} | {} | {} | {} | {:.3} | {:.2} | {} | {:.2} ms | {:.0} |",
                spent.requests.len(),
                spent.writes,
                spent.reads,
                money(spent),
                money(spent) / cold,
                spent.items.first().map_or(0, |item| item.bytes),
                median.as_secs_f64() * 1e3,
                1.0 / median.as_secs_f64(),
            )?;
        }
        self.out.flush()
    }

    /// Whether each side continues a long stream.
    pub(crate) fn long_stream(&mut self, length: u64, results: &[Result<(), String>]) -> io::Result<()> {
        writeln!(self.out, "\none more command on a stream of {length} events\n")?;
        for (side, result) in SIDES.iter().zip(results) {
            match result {
                Ok(()) => writeln!(self.out, "- {side}: done")?,
                Err(reason) => writeln!(self.out, "- {side}: {reason}")?,
            }
        }
        Ok(())
    }

    /// The attributes of the event's item on each side.
    pub(crate) fn bytes(&mut self, counted: &[Spent]) -> io::Result<()> {
        writeln!(self.out, "\nbytes of the last stored event\n")?;
        for (side, spent) in SIDES.iter().zip(counted) {
            if let Some(item) = spent.items.first() {
                let parts = item.attributes.iter().map(|(name, bytes)| format!("{name} {bytes}"));
                writeln!(self.out, "- {side}: {} = {}", item.bytes, parts.collect::<Vec<_>>().join(" + "))?;
            }
        }
        Ok(())
    }
}

/// Dollars for a million such commands.
fn money(spent: &Spent) -> f64 {
    spent.writes * WRITES + spent.reads * READS
}

fn median(took: &[Duration]) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(Duration::MAX)
}
