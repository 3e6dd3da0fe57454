//! `causeway cost`: what orders cost on AWS, by counts of requests, capacity and storage on a local cloud in memory.

mod bill;
mod measure;
mod meter;
mod options;
pub mod page;
mod prices;
mod show;

use causeway_cli::{command_status::CommandStatus, connection::GlobalArgs, output::Output};
use serde_json::json;

pub use options::{Cost, PROD};

use bill::Bill;
use options::REGION;
use show::Shown;

/// Measures, and prints the bill.
pub async fn run(args: &Cost, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let region = global.region.as_deref().unwrap_or(REGION);
    let prices = prices::read(&args.prices, region)?;
    if let Some(page) = &args.write {
        let written = page::write(page, args, &prices).await?;
        output.show(format_args!("{written} bills written to {}", page.display()), &json!({ "parts": written }))?;
        return Ok(CommandStatus::Done);
    }
    let measured = measure::measure(args, region).await?;
    let bill = Bill::of(&measured, &prices, args);
    let json = json!({ "bill": bill, "counted": measured.orders, "idle": measured.idle, "left": measured.left });
    output.show(Shown { bill: &bill, counted: &measured.orders, prices: &prices, args }, &json)?;
    Ok(CommandStatus::Done)
}
