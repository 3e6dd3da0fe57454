//! Commands of the CLI on the stack of the console.

use anyhow::Context;
use causeway_cli::{
    application::Application, command::Stack, command_status::CommandStatus, connection::Connection, output::Collected,
};
use clap::Parser;
use serde_json::Value;
use tokio::runtime::Handle;

/// What all pages share.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The stack.
    pub(crate) connection: Connection,
    /// Its application.
    pub(crate) application: Application,
}

/// A command line without the name of the program.
#[derive(Parser, Debug)]
#[command(no_binary_name = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Stack,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Printed {
    /// The words of the command.
    pub(crate) words: Vec<String>,
    pub(crate) status: CommandStatus,
    /// What it prints with `--json`.
    pub(crate) items: Vec<Value>,
    /// Its notes for people.
    pub(crate) notes: String,
}

impl Site {
    /// Runs a command. Values of users come as `--option=value`, or after `--`.
    pub(crate) async fn run<W: AsRef<str>>(&self, words: &[W]) -> anyhow::Result<Printed> {
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        let line =
            CommandLine::try_parse_from(&words).map_err(|error| anyhow::anyhow!(first_line(&error.to_string())))?;
        // A command has a thread of its own, and does not stop when its reader leaves.
        let (Self { connection, application }, runtime) = (self.clone(), Handle::current());
        let command = move || runtime.block_on(line.command.collect(&connection, &application));
        let ended = tokio::task::spawn_blocking(command).await.context("the command broke off")?;
        let (status, Collected { items, notes }) = ended?;
        Ok(Printed { words, status, items, notes })
    }
}

/// The reason in a message of clap.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The text at a pointer, or nothing.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a pointer, or 0.
pub(crate) fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}
