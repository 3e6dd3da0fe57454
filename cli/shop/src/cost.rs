//! `causeway cost`: what orders cause, counted on a cloud of its own, and what that costs on AWS.

mod bill;
mod measure;
mod meter;
pub mod page;
pub mod prices;
mod show;

use std::path::PathBuf;

use causeway_cli::{command_status::CommandStatus, connection::GlobalArgs, output::Output};
use clap::{Args, value_parser};
use serde_json::json;

use bill::Bill;
use show::Shown;

/// The region, if nobody says otherwise.
const REGION: &str = "us-east-1";

/// The parameters of the stack in production.
pub const PROD: [&str; 4] = ["Stage=prod", "Architecture=arm64", "LogDays=365", "ArchiveDays=90"];

/// What is played, and how it is priced.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway cost\n  causeway cost --orders 200 --lines 5 --refused 10\n  \
                  causeway cost --cold --duration-ms 60\n  causeway cost --parameter Stage=test --json\n\n\
                  --region chooses the prices; no service is called.")]
pub struct Cost {
    /// So many orders are played, one after the other.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    pub orders: u32,
    /// So many lines has each.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = value_parser!(u32).range(1..=100))]
    pub lines: u32,
    /// So many of a hundred orders want something that is sold out, and are cancelled.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = value_parser!(u32).range(0..=100))]
    pub refused: u32,
    /// So many products are in the shop; the orders go round them.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub products: u32,
    /// Every run of a function is the first of its environment and knows no stream yet.
    #[arg(long)]
    pub cold: bool,
    /// A parameter of the template, as in Stage=test.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter,
        default_values = PROD)]
    pub parameters: Vec<(String, String)>,
    /// How long a run of a function takes: local times are not those of AWS, so this is your guess.
    #[arg(long, default_value_t = 20, value_name = "MILLISECONDS", value_parser = value_parser!(u32).range(1..=900_000))]
    pub duration_ms: u32,
    /// How much a run of a function logs.
    #[arg(long, default_value_t = 850, value_name = "BYTES")]
    pub log_bytes: u32,
    /// Takes off what an account has free every month, from a month with a million orders.
    #[arg(long)]
    pub free_tier: bool,
    /// Shows the totals alone.
    #[arg(long)]
    pub total: bool,
    /// Writes what it shows into this page, between its marks, each with the options that its mark names.
    #[arg(long, value_name = "PAGE")]
    pub write: Option<PathBuf>,
    /// The template.
    #[arg(long, default_value = "infra/template.yaml")]
    pub template: PathBuf,
    /// The price table.
    #[arg(long, value_name = "FILE", default_value = "infra/prices.json")]
    pub prices: PathBuf,
}

/// Plays, counts, and shows the bill.
pub async fn run(args: &Cost, global: &GlobalArgs, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let region = global.region.as_deref().unwrap_or(REGION);
    let prices = prices::read(&args.prices, region)?;
    if let Some(page) = &args.write {
        let written = page::write(page, args, &prices).await?;
        output.show(
            format_args!("{written} parts of {} are written anew", page.display()),
            &json!({ "parts": written }),
        )?;
        return Ok(CommandStatus::Done);
    }
    let measured = measure::measure(args, region).await?;
    let bill = Bill::of(&measured, &prices, args);
    let json = json!({ "bill": bill, "counted": measured.orders, "idle": measured.idle, "left": measured.left });
    output.show(Shown { bill: &bill, counted: &measured.orders, prices: &prices, args }, &json)?;
    Ok(CommandStatus::Done)
}

fn parameter(given: &str) -> Result<(String, String), String> {
    let parts = given.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = parts.ok_or_else(|| format!("{given:?} is no parameter: write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
