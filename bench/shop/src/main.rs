//! How fast the local cloud carries orders, and how soon it is ready with a long history. Everything is seen from
//! outside: events are put through the port by the SDK, and a queue hears when an order is confirmed.
#![expect(clippy::print_stdout, reason = "figures are its answer")]

mod carry;
mod process;
mod queue;
mod ready;

use anyhow::bail;
use causeway::{command::{Causeway, Command}, up::{self, Running}};
use clap::Parser;

// The allocator of the command, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
enum Wanted {
    /// Orders at several rates, from `PlaceOrder` to `OrderConfirmed`.
    Carry(Carry),
    /// Starts on a kept history, from the start of the process to its line `ready`, and the memory it has then.
    Ready(Ready),
    /// One start, for `ready`.
    #[command(hide = true)]
    Once(Up),
}

#[derive(clap::Args)]
struct Carry {
    /// So many orders at most in each run; a run at a rate takes 20 seconds at most.
    #[arg(long, default_value_t = 2_000)]
    orders: usize,
    /// So many orders a second; 0: as many as possible.
    #[arg(long, value_delimiter = ',', default_value = "10,50,100,0")]
    rates: Vec<f64>,
    /// Under way at once when the rate is 0.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// So many goods, evenly ordered.
    #[arg(long, default_value_t = 50)]
    goods: usize,
    #[command(flatten)]
    up: Up,
}

#[derive(clap::Args)]
struct Ready {
    /// So many starts.
    #[arg(long, default_value_t = 11)]
    times: usize,
    #[command(flatten)]
    up: Up,
}

#[derive(clap::Args, Clone)]
struct Up {
    /// What `causeway up` is told besides, such as `--data FOLDER` or `--memory`.
    #[arg(last = true)]
    up: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Wanted::parse() {
        Wanted::Carry(wanted) => {
            let running = wanted.up.start().await?;
            carry::measure(&running, &wanted).await?;
            running.cloud.stop().await;
            Ok(())
        }
        Wanted::Ready(wanted) => ready::measure(&wanted).await,
        Wanted::Once(wanted) => {
            let mut running = wanted.start().await?;
            println!("{}", ready::LINE);
            bail!(running.cloud.broken().await)
        }
    }
}

impl Up {
    /// Starts the cloud as the command does, on a free port.
    async fn start(&self) -> anyhow::Result<Running> {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");
        let usual = ["causeway", "up", "--port", "0", "--template", template];
        let line = usual.into_iter().chain(self.up.iter().map(String::as_str));
        let Command::Up(options) = Causeway::try_parse_from(line)?.command else { bail!("only `up` is measured") };
        up::start(&options).await
    }
}
