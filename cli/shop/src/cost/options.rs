//! The options of `causeway cost`.

use std::path::PathBuf;

use clap::{Args, value_parser};

/// The default region.
pub(super) const REGION: &str = "us-east-1";

/// The parameters of the production stack.
pub const PROD: [&str; 4] = ["Stage=prod", "Architecture=arm64", "LogDays=365", "ArchiveDays=90"];

/// The options of `cost`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:\n  causeway cost\n  causeway cost --orders 200 --lines 5 --refused 10\n  \
                  causeway cost --cold --duration-ms 60\n  causeway cost --parameter Stage=test --json\n\n\
                  --region chooses the prices. No service is called.")]
pub struct Cost {
    /// The number of orders, placed one after the other.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    pub orders: u32,
    /// The number of lines of each order.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = value_parser!(u32).range(1..=100))]
    pub lines: u32,
    /// The percentage of orders that are cancelled because a product is sold out.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = value_parser!(u32).range(0..=100))]
    pub refused: u32,
    /// The number of products; the orders use them in turn.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub products: u32,
    /// Every invocation is a cold start: nothing is cached.
    #[arg(long)]
    pub cold: bool,
    /// A parameter of the template, such as Stage=test.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter,
        default_values = PROD)]
    pub parameters: Vec<(String, String)>,
    /// The assumed duration of an invocation, because local durations are not those on AWS.
    #[arg(long, default_value_t = 20, value_name = "MILLISECONDS", value_parser = value_parser!(u32).range(1..=900_000))]
    pub duration_ms: u32,
    /// The assumed size of the log lines of an invocation.
    #[arg(long, default_value_t = 850, value_name = "BYTES")]
    pub log_bytes: u32,
    /// Subtracts the free tier of an account, in a month with a million orders.
    #[arg(long)]
    pub free_tier: bool,
    /// Prints the totals only.
    #[arg(long)]
    pub total: bool,
    /// Writes the bills into this page, between its marks, each with the options in its mark.
    #[arg(long, value_name = "PAGE")]
    pub write: Option<PathBuf>,
    /// The template.
    #[arg(long, default_value = "infra/template.yaml")]
    pub template: PathBuf,
    /// The price table.
    #[arg(long, value_name = "FILE", default_value = "infra/prices.json")]
    pub prices: PathBuf,
}

fn parameter(given: &str) -> Result<(String, String), String> {
    let parts = given.split_once('=').filter(|(name, _)| !name.trim().is_empty());
    let (name, value) = parts.ok_or_else(|| format!("{given:?} is not a parameter: write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
