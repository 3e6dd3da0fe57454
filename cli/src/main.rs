//! The command `causeway`.

use std::{
    io::{ErrorKind, IsTerminal as _, stderr, stdout},
    process::ExitCode,
};

use causeway_cli::{
    command::{Causeway, Command},
    command_status::CommandStatus,
    demo::{self, Patience, Show},
    hints,
    log_lines::LogLines,
    output::{EscapingWriter, Output, note},
    up::{self, Running, Up},
};
use clap::Parser;
use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer as _, filter::Targets, fmt::layer, layer::SubscriberExt, util::SubscriberInitExt};

// Events are small pieces of text by the thousand, and finding room for them was a good part of the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Who closes connections after failures.
const POISONING: &str = "aws_smithy_runtime::client::http::connection_poisoning";

fn main() -> ExitCode {
    let args = Causeway::parse();
    let level = match &args.command {
        Command::Up(up) if up.verbose => LevelFilter::INFO,
        // The demo shows itself what fails and is tried again.
        Command::Up(up) if up.demo => LevelFilter::ERROR,
        _ => LevelFilter::WARN,
    };
    // The database warns of every condition that does not hold, and that is how the house finds out.
    let wanted_lines = Targets::new().with_default(level).with_target("dynoxide", LevelFilter::ERROR);
    // A call inside this process has no connection that could be closed after a failure.
    let wanted_lines = wanted_lines.with_target(POISONING, LevelFilter::OFF);
    let told = LogLines.with_filter(Targets::new().with_default(LevelFilter::INFO));
    tracing_subscriber::registry()
        .with(layer().with_writer(|| EscapingWriter(stderr())).with_filter(wanted_lines))
        .with(told)
        .init();
    match run(&args) {
        Ok(ended) => ended.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where the standard error is closed, the exit code is all that is left.
            let _ = note(format_args!("causeway: {error:#}")).ok();
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads us, such as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(broken))
}

fn run(args: &Causeway) -> anyhow::Result<CommandStatus> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.command {
            Command::Up(up) => stay(up, args.global.json).await.map(|()| CommandStatus::Done),
            command => command.run(&args.global, &mut stdout()).await,
        }
    })
}

async fn stay(args: &Up, json: bool) -> anyhow::Result<()> {
    let mut running = up::start(args).await?;
    let (endpoint, seed) = (running.cloud.endpoint(), running.seed);
    let mut out = stdout();
    let mut output = Output::new(json, &mut out);
    if let Some(seed) = seed {
        output.say(format_args!("seed {seed}"))?;
    }
    output.show(format_args!("ready {endpoint}"), &json!({ "kind": "ready", "endpoint": endpoint, "seed": seed }))?;
    let ended = if args.demo { play(&running, args, output).await } else { serve(&mut running, output).await };
    running.cloud.stop().await;
    ended
}

async fn serve(running: &mut Running, mut output: Output<'_>) -> anyhow::Result<()> {
    let hints = hints::lines(&running.cloud.endpoint(), &running.outputs, &running.queues);
    match output.say(format_args!("\n{hints}")) {
        // Who waited for the line `ready` only may read no further, and still wants a cloud.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        said => said?,
    }
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok(note("stopping")?)
        }
        reason = running.cloud.broken() => anyhow::bail!(reason),
    }
}

/// Plays the demo, and says what to do next. Colours are for terminals, and not for who has said no to them.
async fn play(running: &Running, args: &Up, output: Output<'_>) -> anyhow::Result<()> {
    let no_colours = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut show = Show::new(output.with_colours(stdout().is_terminal() && !no_colours));
    let summary = demo::play(running, &Patience::with(running), &mut show).await?;
    show.summary(&format!("{summary}\n\n{}", summary.next(args)), &summary.to_json())?;
    anyhow::ensure!(summary.is_as_told(), summary.missing());
    Ok(())
}
