//! Measures the throughput of orders on the local cloud, and its startup time with a long history. Both are measured from
//! outside: the SDK puts events over HTTP, and a queue receives every confirmed order.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod process;
mod queue;
mod startup;
mod throughput;

use anyhow::bail;
use causeway_cli::up::Running;
use causeway_shop_cli::{
    command::{Causeway, Command},
    start,
};
use clap::Parser;

// The same allocator as the command `causeway`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
enum Args {
    /// Measures orders at several rates, from `PlaceOrder` to `OrderConfirmed`.
    Throughput(Throughput),
    /// Measures startups with stored data: from the start of the process until it is ready, and its memory then.
    Startup(Startup),
    /// One startup, for `startup`.
    #[command(hide = true)]
    Once(Up),
}

#[derive(clap::Args)]
struct Throughput {
    /// The most orders of a run; a run at a rate takes 20 seconds at most.
    #[arg(long, default_value_t = 2_000)]
    orders: usize,
    /// Orders per second; 0 puts as many as possible.
    #[arg(long, value_delimiter = ',', default_value = "10,50,100,0")]
    rates: Vec<f64>,
    /// Concurrent orders when the rate is 0.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// The number of SKUs, ordered in turn.
    #[arg(long, default_value_t = 50)]
    skus: usize,
    #[command(flatten)]
    up: Up,
}

#[derive(clap::Args)]
struct Startup {
    /// The number of startups.
    #[arg(long, default_value_t = 11)]
    times: usize,
    #[command(flatten)]
    up: Up,
}

#[derive(clap::Args, Clone)]
struct Up {
    /// More arguments for `causeway up`, such as `--data FOLDER` or `--memory`.
    #[arg(last = true)]
    up: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Args::parse() {
        Args::Throughput(args) => {
            let running = args.up.start().await?;
            throughput::measure(&running, &args).await?;
            running.cloud.stop().await;
            Ok(())
        }
        Args::Startup(args) => startup::measure(&args).await,
        Args::Once(up) => {
            let mut running = up.start().await?;
            println!("{}", startup::LINE);
            bail!(running.cloud.broken().await)
        }
    }
}

impl Up {
    /// Starts the local cloud like `causeway up`, on a free port.
    async fn start(&self) -> anyhow::Result<Running> {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");
        let default = ["causeway", "up", "--port", "0", "--template", template];
        let line = default.into_iter().chain(self.up.iter().map(String::as_str));
        let Command::Up(options) = Causeway::try_parse_from(line)?.command else { bail!("only `up` can be measured") };
        start(&options.up).await
    }
}
