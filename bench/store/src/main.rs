//! Prints the comparison: capacity units and cost per command, bytes per event, commands per second.

mod race;
mod report;

use std::{env, error::Error, io::stdout};

use bench_store::{endpoint::Endpoint, meter::Meter, ours, peer, rules};

use crate::{race::Race, report::Report};

/// The lengths of the stream before the command.
const LENGTHS: [u64; 4] = [1, 20, 100, 500];

/// More events than one page of a query holds.
const LONG: u64 = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let streams: u64 = env::args().nth(1).unwrap_or_else(|| "30".to_owned()).parse()?;
    let endpoint = Endpoint::start()?;
    let meter = Meter::default();
    let metered = endpoint.client(Some(&meter));
    let mut report = Report::new(stdout().lock());
    report.rules(rules::check(&metered, &meter).await?)?;
    ours::create_tables(&metered).await?;
    peer::create_tables(&metered).await?;
    let mut last = Vec::new();
    for with_view in [false, true] {
        report.begin(with_view)?;
        for length in LENGTHS {
            let counted = Race::new(&metered, "counted", with_view).count(length, &meter).await?;
            let timed = Race::new(&endpoint.client(None), "timed", with_view).time(length, streams).await?;
            report.length(length, &counted, &timed)?;
            last = counted;
        }
    }
    report.bytes(&last)?;
    let results = Race::new(&endpoint.client(None), "long", false).attempt(LONG).await?;
    report.long_stream(LONG, &results)?;
    Ok(())
}
