//! `causeway completions`: prints the completion script of a shell.

use anyhow::Context;
use clap::Args;
use clap_complete::Shell;

use crate::{command_status::CommandStatus, output::Output};

/// The options of `completions`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  source <(causeway completions bash)\n  causeway completions zsh > ~/.zfunc/_causeway\n  \
                        causeway completions fish > ~/.config/fish/completions/causeway.fish"
)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Prints the script for this command line.
pub fn run(args: &Completions, mut line: clap::Command, output: &mut Output<'_>) -> anyhow::Result<CommandStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut line, "causeway", &mut script);
    output.script(&String::from_utf8(script).context("the script is not UTF-8")?)?;
    Ok(CommandStatus::Done)
}
