//! The command line: all commands with their options.

use std::io::Write;

use anyhow::Context as _;
use causeway_cli::{command::Stack, command_status::CommandStatus, connection::GlobalArgs, output::Output, up::Up};
use causeway_console::Console;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::{Shell, generate};

use crate::{
    SHOP,
    cost::{self, Cost},
};

/// Causeway: the local cloud on this machine, and commands for a stack here or on AWS.
#[derive(Parser, Debug)]
#[command(name = "causeway", version, max_term_width = 110)]
pub struct Causeway {
    /// The options of all commands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Runs the local cloud: everything that the template declares, behind one port, until Ctrl-C.
    Up(UpOrDemo),
    /// A command on a stack.
    #[command(flatten)]
    Stack(Stack),
    /// Serves pages for people, in which a stack is seen and operated, on a port of this machine, until Ctrl-C.
    Console(Console),
    /// Calculates what orders cost on AWS: runs them on a local cloud in memory and counts requests, capacity and storage.
    Cost(Cost),
    /// Prints a completion script for your shell.
    Completions(Completions),
}

/// The options of `up`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway up\n  causeway up --fresh --port 4600 --data shop-data\n  causeway up --demo\n  \
                  causeway up --speed 60\n  causeway up --paused --memory\n  causeway up --binaries target/debug\n  \
                  causeway up --fault duplicate=0.1,throttle@dynamodb=0.05 --seed 7"
)]
pub struct UpOrDemo {
    /// The local cloud.
    #[command(flatten)]
    pub up: Up,
    /// Runs five scenarios, prints every event, checks the views, the event log and the mailbox, and exits: an order
    /// that is completed, one whose card is declined, one with a line out of stock, one that its buyer cancels, and
    /// fifty orders of the last unit.
    #[arg(long)]
    pub demo: bool,
}

/// The options of `completions`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  source <(causeway completions bash)\n  causeway completions zsh > ~/.zfunc/_causeway\n  \
                        causeway completions fish > ~/.config/fish/completions/causeway.fish"
)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

impl Command {
    /// Runs the command. `up` does nothing here: `main` runs it, because it stays.
    pub async fn run(&self, global: &GlobalArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<CommandStatus> {
        let mut output = Output::new(global.json, out);
        match self {
            Self::Up(_) => Ok(CommandStatus::Done),
            Self::Stack(command) => command.run(global, &SHOP, &mut output).await,
            Self::Console(args) => causeway_console::run(args, global, &SHOP, &mut output).await,
            Self::Cost(args) => cost::run(args, global, &mut output).await,
            Self::Completions(args) => {
                let mut script = Vec::new();
                generate(args.shell, &mut Causeway::command(), "causeway", &mut script);
                output.script(&String::from_utf8(script).context("the script is not UTF-8")?)?;
                Ok(CommandStatus::Done)
            }
        }
    }
}
