//! Starts the local cloud: reads the template, takes the port, connects the handlers of this very program.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use local::clock::Clock;
use local::cloud::Cloud;
use local::cloud::Plan;
use local::cloud::Store;
use local::template;
use local::template::Output;
use local::template::Queue;
use local::template::Settings;
use tokio::net::TcpListener;

use crate::connected::Connected;
use crate::handlers::Handlers;

/// The name of the stack, with which the names of its tables begin.
const STACK: &str = "causeway";

/// What is started, and where.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway up\n  causeway up --fresh --port 4600 --data shop-data\n  causeway up --demo"
)]
pub struct Up {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The folder in which everything is kept.
    #[arg(long, default_value = ".causeway")]
    pub data: PathBuf,
    /// Forgets what is kept there.
    #[arg(long)]
    pub fresh: bool,
    /// Keeps nothing at all beyond the end.
    #[arg(long, conflicts_with_all = ["data", "fresh"])]
    pub memory: bool,
    /// The template.
    #[arg(long, default_value = "infra/template.yaml")]
    pub template: PathBuf,
    /// Plays an order from its stock to its confirmation and its mail, and ends.
    #[arg(long)]
    pub demo: bool,
    /// Logs every message on the standard error.
    #[arg(long, short)]
    pub verbose: bool,
}

/// A cloud that runs with the handlers of this program.
pub struct Running {
    /// The cloud.
    pub cloud: Cloud,
    /// The handlers.
    pub handlers: Arc<Handlers>,
    /// What the stack says of itself.
    pub outputs: Vec<Output>,
    /// Its queues.
    pub queues: Vec<Queue>,
}

/// Starts it all. When this returns, it is ready.
pub async fn start(wanted: &Up) -> anyhow::Result<Running> {
    let path = wanted.template.display();
    let text = std::fs::read_to_string(&wanted.template).with_context(|| format!("cannot read the template {path}"))?;
    let listener = listen(wanted.port).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let settings = Settings::new(STACK, &endpoint);
    let stack = template::read(&text, &settings).with_context(|| format!("the template {path} is refused"))?;
    if !stack.findings.is_empty() {
        let findings: Vec<String> = stack.findings.iter().map(|finding| format!("\n  {finding}")).collect();
        bail!("{path} has what this machine does not play:{}", findings.concat());
    }
    let connected = Connected::new(&settings.region, &endpoint);
    let handlers = Arc::new(Handlers::connect(&stack.functions, connected).with_context(|| format!("{path}"))?);
    let store = match wanted.memory {
        true => Store::Memory,
        false => Store::Folder { path: wanted.data.clone(), fresh: wanted.fresh },
    };
    let (outputs, queues) = (stack.outputs.clone(), stack.queues.clone());
    let (clock, executor) = (Clock::running(Timestamp::now(), 1.0), handlers.clone());
    let cloud = Cloud::start(Plan { stack, settings, listener, store, executor, clock }).await?;
    Ok(Running { cloud, handlers, outputs, queues })
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is taken: stop who has it, or choose another with --port")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port}")),
    }
}
