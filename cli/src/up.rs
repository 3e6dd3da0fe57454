//! Starts the local cloud: reads the template, takes the port, and connects the handlers of this very program, or
//! finds the binaries that have them.

use std::{io::ErrorKind, net::Ipv4Addr, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use causeway_local::{
    clock::Clock,
    cloud::{Cloud, Observer, Plan, Store},
    faults::Faults,
    http::InProcessTransport,
    lambda::Executor,
    template::{self, Output, Queue, Settings},
};
use clap::Args;
use jiff::Timestamp;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    application::Application,
    connection::Connection,
    executors::{self, InProcessExecutor},
    function_apps::{FunctionApps, LocalCloud, in_process_client},
    log_lines,
};

/// The name of the stack, with which the names of its tables begin.
pub const STACK: &str = "causeway";

/// The bits that are cut off a random seed, to make it short.
const SHORT_SEED: u32 = 40;

/// The local cloud: its port, data, clock, functions and faults.
#[derive(Args, Clone, Debug)]
pub struct Up {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The folder with the state of the local cloud.
    #[arg(long, default_value = ".causeway")]
    pub data: PathBuf,
    /// Deletes the state first.
    #[arg(long)]
    pub fresh: bool,
    /// Keeps the state in memory only.
    #[arg(long, conflicts_with_all = ["data", "fresh"])]
    pub memory: bool,
    /// Runs the clock this many times faster than real time.
    #[arg(long, value_name = "X", value_parser = speed, allow_negative_numbers = true)]
    pub speed: Option<f64>,
    /// Starts with a paused clock; `POST /_causeway/tick` advances it, `POST /_causeway/resume` starts it.
    #[arg(long)]
    pub paused: bool,
    /// Runs every function as a process of its own, from binaries in this folder, or in the folder of this program.
    #[arg(long, value_name = "FOLDER")]
    pub binaries: Option<Option<PathBuf>>,
    /// The template.
    #[arg(long, default_value = "infra/template.yaml")]
    pub template: PathBuf,
    /// Injects faults at these rates, separated by commas, such as throttle=0.05,delay@events=0.2. The kinds:
    /// duplicate, delay, reorder, drop, lost-answer, throttle, error, partial, kill. The parts: events, lambda,
    /// dynamodb, sqs, scheduler, email, payments.
    #[arg(long, value_name = "KIND[@PART]=RATE")]
    pub fault: Vec<String>,
    /// The seed of the faults; the same seed injects the same faults.
    #[arg(long, requires = "fault")]
    pub seed: Option<u64>,
    /// Logs every message on the standard error.
    #[arg(long, short)]
    pub verbose: bool,
}

/// A cloud that runs.
pub struct Running {
    /// The cloud.
    pub cloud: Cloud,
    /// The apps of its functions.
    pub apps: FunctionApps,
    /// The outputs of the stack.
    pub outputs: Vec<Output>,
    /// Its queues.
    pub queues: Vec<Queue>,
    /// The seed of its faults, if it has any.
    pub seed: Option<u64>,
}

/// Makes the pages for people of a stack: the routes of `/console`.
pub type Pages = fn(Connection, Application) -> axum::Router;

/// Starts the local cloud, with these pages on its port. It is ready when this returns.
pub async fn start(args: &Up, application: Application, pages: Option<Pages>) -> anyhow::Result<Running> {
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0 >> SHORT_SEED);
    let faults = Faults::read(args.fault.iter().map(String::as_str), seed).context("--fault is refused")?;
    let seed = faults.seed();
    let path = args.template.display();
    let text = std::fs::read_to_string(&args.template).with_context(|| format!("cannot read the template {path}"))?;
    let listener = listen(args.port).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let settings = Settings { file: Some(args.template.clone()), ..Settings::new(STACK, &endpoint) };
    let stack = template::read(&text, &settings).with_context(|| format!("the template {path} is refused"))?;
    if !stack.findings.is_empty() {
        let findings: Vec<String> = stack.findings.iter().map(|finding| format!("\n  {finding}")).collect();
        bail!("{path} has resources that the local cloud does not support:{}", findings.concat());
    }
    let (clock, observer, transport) = (clock(args), Observer::default(), InProcessTransport::default());
    let local = LocalCloud { application, region: settings.region.clone(), endpoint, clock: clock.clone() };
    let apps = FunctionApps::connect(&local, &stack.functions, in_process_client(transport.clone()));
    let apps = apps.with_context(|| format!("{path}"))?;
    let executor: Arc<dyn Executor> = match &args.binaries {
        None => {
            // Only the first cloud of a process forwards log lines.
            log_lines::set_listener(observer.log_listener());
            Arc::new(InProcessExecutor::connect(&local, &stack.functions, &apps).with_context(|| format!("{path}"))?)
        }
        Some(folder) => {
            let folder = folder.clone().map_or_else(executors::beside_this_program, Ok)?;
            Arc::new(executors::processes(folder, &stack.functions, &settings, &clock, &observer)?)
        }
    };
    let store = match args.memory {
        true => Store::Memory,
        false => Store::Folder { path: args.data.clone(), fresh: args.fresh },
    };
    let (outputs, queues) = (stack.outputs.clone(), stack.queues.clone());
    let connection =
        Connection { sdk: apps.sdk().clone(), endpoint: Some(settings.endpoint.clone()), stack: STACK.to_owned() };
    let pages = pages.map(|pages| pages(connection, application));
    let cloud =
        Cloud::start(Plan { stack, settings, listener, store, executor, clock, observer, faults, transport, pages })
            .await?;
    Ok(Running { cloud, apps, outputs, queues, seed })
}

fn clock(args: &Up) -> Clock {
    let clock = match args.speed {
        None => Clock::of_the_machine(),
        Some(speed) => Clock::running(Timestamp::now(), speed),
    };
    if args.paused {
        clock.pause();
    }
    clock
}

fn speed(given: &str) -> Result<f64, String> {
    let speed = given.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "the speed must be a positive number, such as 60 or 0.5".to_owned())
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is taken: stop the process that uses it, or choose another with --port")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}
