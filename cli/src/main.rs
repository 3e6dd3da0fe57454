//! The command `causeway`.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::io::stderr;
use std::process::ExitCode;

use causeway::demo;
use causeway::hints;
use causeway::up;
use causeway::up::Running;
use causeway::up::Up;
use clap::Parser;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Causeway on this machine.
#[derive(Parser)]
#[command(name = "causeway")]
enum Command {
    /// Starts everything that the template declares, behind one port, until Ctrl-C.
    #[command(
        after_help = "Examples:\n  causeway up\n  causeway up --fresh --port 4600 --data shop-data\n  causeway up \
                            --demo"
    )]
    Up(Up),
}

fn main() -> ExitCode {
    let Command::Up(wanted) = Command::parse();
    let level = if wanted.verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    // The database warns of every condition that does not hold, and that is how the house finds out.
    let wanted_lines = Targets::new().with_default(level).with_target("dynoxide", LevelFilter::ERROR);
    tracing_subscriber::registry().with(layer().with_writer(stderr)).with(wanted_lines).init();
    match run(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("causeway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(wanted: &Up) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut running = up::start(wanted).await?;
        println!("ready {}", running.cloud.endpoint());
        let ended = if wanted.demo { play(&running).await } else { serve(&mut running).await };
        running.cloud.stop().await;
        ended
    })
}

async fn serve(running: &mut Running) -> anyhow::Result<()> {
    println!("\n{}", hints::lines(&running.cloud.endpoint(), &running.outputs, &running.queues));
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            eprintln!("stopping");
            Ok(())
        }
        reason = running.cloud.broken() => anyhow::bail!(reason),
    }
}

async fn play(running: &Running) -> anyhow::Result<()> {
    let summary = demo::play(running, |line| println!("{line}")).await?;
    println!("\n{summary}");
    Ok(())
}
