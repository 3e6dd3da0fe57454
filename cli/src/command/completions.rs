//! `causeway completions`: the script with which a shell completes commands and options.

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Causeway;
use crate::{command_status::CommandStatus, output::Output};

/// Which shell.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  source <(causeway completions bash)\n  causeway completions zsh > ~/.zfunc/_causeway\n  \
                        causeway completions fish > ~/.config/fish/completions/causeway.fish"
)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &Completions, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Causeway::command(), "causeway", &mut script);
    let script = String::from_utf8(script).context("the script is no text")?;
    output.script(&script)?;
    Ok(CommandStatus::Done)
}
