//! The command `causeway`.

use std::{
    io::{ErrorKind, IsTerminal as _, stderr, stdout},
    process::ExitCode,
};

use causeway_cli::{
    command_status::CommandStatus,
    log_lines::LogLines,
    output::{EscapingWriter, Output, note},
    up::{Running, Up},
};
use causeway_shop_cli::{
    command::{Causeway, Command, UpOrDemo},
    demo::{self, Show, Timeouts},
    hints, start,
};
use clap::Parser;
use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer as _, filter::Targets, fmt::layer, layer::SubscriberExt, util::SubscriberInitExt};

// The local cloud allocates many small texts; this allocator makes it clearly faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The target of log lines about connections that are closed after failures.
const POISONING: &str = "aws_smithy_runtime::client::http::connection_poisoning";

fn main() -> ExitCode {
    let args = Causeway::parse();
    let level = match &args.command {
        Command::Up(args) if args.up.verbose => LevelFilter::INFO,
        // The demo prints failures and retries itself.
        Command::Up(args) if args.demo => LevelFilter::ERROR,
        _ => LevelFilter::WARN,
    };
    // DynamoDB warns of every condition that does not hold; the event store relies on such conditions.
    let printed = Targets::new().with_default(level).with_target("dynoxide", LevelFilter::ERROR);
    // A request inside this process has no connection to close.
    let printed = printed.with_target(POISONING, LevelFilter::OFF);
    let forwarded = LogLines.with_filter(Targets::new().with_default(LevelFilter::INFO));
    tracing_subscriber::registry()
        .with(layer().with_ansi(false).with_writer(|| EscapingWriter(stderr())).with_filter(printed))
        .with(forwarded)
        .init();
    match run(&args) {
        Ok(status) => status.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where the standard error is closed, the exit code is all that is left.
            let _ = note(format_args!("causeway: {error:#}")).ok();
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader of our output, such as `head`, has closed it.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(broken))
}

fn run(args: &Causeway) -> anyhow::Result<CommandStatus> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match &args.command {
            Command::Up(options) => up(options, args.global.json).await.map(|()| CommandStatus::Done),
            command => command.run(&args.global, &mut stdout()).await,
        }
    })
}

async fn up(args: &UpOrDemo, json: bool) -> anyhow::Result<()> {
    let mut running = start(&args.up).await?;
    let (endpoint, seed) = (running.cloud.endpoint(), running.seed);
    let mut out = stdout();
    let mut output = Output::new(json, &mut out);
    if let Some(seed) = seed {
        output.say(format_args!("seed {seed}"))?;
    }
    output.say(format_args!("console {endpoint}/console/live"))?;
    // A reader may wait for this line and close our output.
    output.show(format_args!("ready {endpoint}"), &json!({ "kind": "ready", "endpoint": endpoint, "seed": seed }))?;
    let ended = if args.demo { play(&running, &args.up, output).await } else { serve(&mut running, output).await };
    running.cloud.stop().await;
    ended
}

async fn serve(running: &mut Running, mut output: Output<'_>) -> anyhow::Result<()> {
    let hints = hints::lines(&running.cloud.endpoint(), &running.outputs, &running.queues);
    match output.say(format_args!("\n{hints}")) {
        // A reader that waited only for the line `ready` may have closed our output, and still needs the cloud.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        result => result?,
    }
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok(note("stopping")?)
        }
        reason = running.cloud.broken() => anyhow::bail!(reason),
    }
}

/// Runs the demo. Colours are for terminals, unless `NO_COLOR` is set.
async fn play(running: &Running, args: &Up, output: Output<'_>) -> anyhow::Result<()> {
    let no_colours = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut show = Show::new(output.with_colours(stdout().is_terminal() && !no_colours));
    let summary = demo::play(running, &Timeouts::of(running), &mut show).await?;
    show.summary(&format!("{summary}\n\n{}", summary.next(args)), &summary.to_json())?;
    anyhow::ensure!(summary.is_as_expected(), summary.missing());
    Ok(())
}
