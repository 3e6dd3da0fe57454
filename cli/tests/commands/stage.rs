//! A cloud of its own for a test, and the way to call a command there.

use causeway_cli::{
    command::{Causeway, Command},
    command_status::CommandStatus,
    demo,
    up::{Running, start},
};
use clap::Parser as _;
use serde_json::Value;

/// A cloud in memory.
pub(crate) struct Stage {
    /// The cloud.
    pub(crate) running: Running,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// All lines.
    pub(crate) text: String,
    /// How it ended.
    pub(crate) ended: CommandStatus,
}

impl Stage {
    /// A cloud with nothing in it.
    pub(crate) async fn open() -> Self {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");
        let wanted = ["causeway", "up", "--memory", "--port", "0", "--template", template];
        match Causeway::try_parse_from(wanted).expect("a call").command {
            Command::Up(up) => Self { running: start(&up).await.expect("the cloud starts") },
            other => panic!("{other:?}"),
        }
    }

    /// A cloud in which an order went all its way; the answer says which.
    pub(crate) async fn played() -> (Self, String) {
        let stage = Self::open().await;
        let order = demo::confirm_an_order(&stage.running).await.expect("an order is confirmed");
        (stage, order)
    }

    /// Calls a command there.
    pub(crate) async fn call(&self, words: &[&str]) -> anyhow::Result<Said> {
        call_at(&self.running.cloud.endpoint(), words).await
    }

    /// Calls a command there that must not fail.
    pub(crate) async fn says(&self, words: &[&str]) -> Said {
        self.call(words).await.unwrap_or_else(|error| panic!("{words:?}: {error:#}"))
    }

    /// Calls a command there, and reads its lines of JSON.
    pub(crate) async fn json(&self, words: &[&str]) -> Vec<Value> {
        let words = [words, &["--json"]].concat();
        let said = self.says(&words).await;
        let lines = said.text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {}", said.text))
    }

    /// The end.
    pub(crate) async fn close(self) {
        self.running.cloud.stop().await;
    }
}

/// Calls a command at any endpoint.
pub(crate) async fn call_at(endpoint: &str, words: &[&str]) -> anyhow::Result<Said> {
    let wanted = Causeway::try_parse_from([&["causeway", "--endpoint", endpoint], words].concat())?;
    let mut out = Vec::new();
    let ended = wanted.command.run(&wanted.global, &mut out).await?;
    Ok(Said { text: String::from_utf8(out)?, ended })
}
