//! Starts local clouds for tests, and calls commands on them.

use std::path::Path;

use causeway_cli::{
    command_status::CommandStatus,
    up::{Running, Up},
};
use causeway_shop_cli::{
    command::{Causeway, Command},
    demo, start,
};
use clap::Parser as _;
use serde_json::Value;

pub(crate) const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml");

/// `causeway up` with these options, on a free port.
pub(crate) fn up(options: &[&str]) -> Up {
    let words = ["causeway", "up", "--port", "0", "--template", TEMPLATE];
    match Causeway::parse_from(words.iter().chain(options)).command {
        Command::Up(args) => args.up,
        other => panic!("{other:?}"),
    }
}

/// `causeway up` with its data in this folder.
pub(crate) fn up_in(folder: &Path) -> Up {
    up(&["--data", folder.to_str().expect("a plain name")])
}

pub(crate) async fn started(args: &Up) -> Running {
    start(args).await.unwrap_or_else(|error| panic!("{error:#}"))
}

pub(crate) async fn refusal(args: &Up) -> String {
    match start(args).await {
        Ok(_) => panic!("the cloud has started"),
        Err(error) => format!("{error:#}"),
    }
}

/// Starts and stops a local cloud in this folder, so that the folder has data.
pub(crate) async fn used(folder: &Path) {
    started(&up_in(folder)).await.cloud.stop().await;
}

pub(crate) struct Stage {
    pub(crate) running: Running,
}

#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub(crate) text: String,
    pub(crate) ended: CommandStatus,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self { running: started(&up(&["--memory"])).await }
    }

    /// A cloud with a confirmed order, and the id of the order.
    pub(crate) async fn with_confirmed_order() -> (Self, String) {
        let stage = Self::open().await;
        let order = demo::confirm_an_order(&stage.running).await.expect("an order is confirmed");
        (stage, order)
    }

    pub(crate) async fn call(&self, words: &[&str]) -> anyhow::Result<CommandOutput> {
        call_at(&self.running.cloud.endpoint(), words).await
    }

    /// Runs a command that must not fail.
    pub(crate) async fn output(&self, words: &[&str]) -> CommandOutput {
        self.call(words).await.unwrap_or_else(|error| panic!("{words:?}: {error:#}"))
    }

    /// Runs a command and parses its lines of JSON.
    pub(crate) async fn json(&self, words: &[&str]) -> Vec<Value> {
        let words = [words, &["--json"]].concat();
        let printed = self.output(&words).await;
        let lines = printed.text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {}", printed.text))
    }

    pub(crate) async fn close(self) {
        self.running.cloud.stop().await;
    }
}

/// Runs a command at an endpoint.
pub(crate) async fn call_at(endpoint: &str, words: &[&str]) -> anyhow::Result<CommandOutput> {
    let wanted = Causeway::try_parse_from([&["causeway", "--endpoint", endpoint], words].concat())?;
    let mut out = Vec::new();
    let ended = wanted.command.run(&wanted.global, &mut out).await?;
    Ok(CommandOutput { text: String::from_utf8(out)?, ended })
}
