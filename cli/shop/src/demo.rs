//! The demo: scenarios of the shop on the local cloud, published with the SDK as by any client. It prints the
//! activity feed, and checks the views, the event log and the mailbox at the end of each scenario.

mod activity;
mod publish;
mod reader;
mod run;
mod scenarios;
mod show;
mod summary;

use anyhow::bail;
use causeway_cli::{output::Output, up::Running};
use uuid::Uuid;

pub use activity::Tally;
pub use reader::Finding;
pub use run::Timeouts;
pub use show::Show;
pub use summary::{Played, Summary};

/// Runs all scenarios, one after the other. The summary says which did not end as expected.
pub async fn play(running: &Running, timeouts: &Timeouts, show: &mut Show<'_>) -> anyhow::Result<Summary> {
    let run = new_run();
    let mut scenarios = Vec::new();
    for scenario in scenarios::all(&run) {
        scenarios.push(run::play(running, &run, &scenario, timeouts, show).await?);
    }
    Ok(Summary { scenarios })
}

/// Runs the first scenario without output, and returns the id of its confirmed order.
pub async fn confirm_an_order(running: &Running) -> anyhow::Result<String> {
    let run = new_run();
    let (mut nowhere, scenario) = (std::io::sink(), scenarios::confirmed(&run));
    let mut show = Show::new(Output::new(false, &mut nowhere));
    let played = run::play(running, &run, &scenario, &Timeouts::of(running), &mut show).await?;
    let summary = Summary { scenarios: vec![played] };
    if !summary.is_as_expected() {
        bail!(summary.missing());
    }
    Ok(scenario.tag)
}

/// A random part of all names of one run, so that the demo can run again on the same data.
fn new_run() -> String {
    let mut run = Uuid::new_v4().simple().to_string();
    run.truncate(8);
    run
}
