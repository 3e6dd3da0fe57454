//! The command `causeway`.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::io::stderr;
use std::io::stdout;
use std::process::ExitCode;

use causeway::command::Causeway;
use causeway::command::Command;
use causeway::demo;
use causeway::ended::Ended;
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

fn main() -> ExitCode {
    let wanted = Causeway::parse();
    let is_verbose = matches!(&wanted.command, Command::Up(up) if up.verbose);
    let level = if is_verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    // The database warns of every condition that does not hold, and that is how the house finds out.
    let wanted_lines = Targets::new().with_default(level).with_target("dynoxide", LevelFilter::ERROR);
    tracing_subscriber::registry().with(layer().with_writer(stderr)).with(wanted_lines).init();
    match run(&wanted) {
        Ok(ended) => ended.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("causeway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads us, such as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(broken))
}

fn run(wanted: &Causeway) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match &wanted.command {
            Command::Up(up) => stay(up).await.map(|()| Ended::Done),
            command => command.run(&wanted.place, &mut stdout()).await,
        }
    })
}

async fn stay(wanted: &Up) -> anyhow::Result<()> {
    let mut running = up::start(wanted).await?;
    if let Some(seed) = running.seed {
        println!("seed {seed}");
    }
    println!("ready {}", running.cloud.endpoint());
    let ended = if wanted.demo { play(&running).await } else { serve(&mut running).await };
    running.cloud.stop().await;
    ended
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
