//! `causeway console`: the same pages as a process of its own, for a stack on AWS or at any endpoint.

use std::{future::IntoFuture as _, net::Ipv4Addr};

use anyhow::Context;
use axum::middleware::from_fn;
use causeway_cli::{application::Application, command_status::CommandStatus, connection::GlobalArgs, output::Output};
use causeway_local::request_guard::refuse_foreign;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use crate::router::pages;

/// The options of `console`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway console\n  causeway console --endpoint http://127.0.0.1:4600 --port 8081\n  \
                        causeway console --profile prod --stack causeway\n\n\
                        `causeway up` serves the same pages on its own port. On AWS the page Live receives events by a rule \
                        and a queue, which exist while the page is open."
)]
pub struct Console {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4567)]
    pub port: u16,
}

/// Serves the pages until Ctrl-C.
pub async fn run(
    args: &Console,
    global: &GlobalArgs,
    application: &Application,
    output: &mut Output<'_>,
) -> anyhow::Result<CommandStatus> {
    let connection = global.connect().await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await;
    let listener =
        listener.with_context(|| format!("cannot listen on port {}: choose another by --port", args.port))?;
    let address = format!("http://{}/console/live", listener.local_addr()?);
    output.show(format_args!("console {address}"), &json!({ "kind": "console", "address": address }))?;
    let router = pages(connection, *application).layer(from_fn(refuse_foreign));
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(CommandStatus::Done)
}
