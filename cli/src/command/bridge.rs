//! `causeway bridge`: runs the program `causeway-bridge`, which is built by itself, so that this one links no broker.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use clap::Args;

use crate::{
    command_status::CommandStatus,
    connection::{GlobalArgs, LOCAL},
    up::STACK,
};

/// The program.
const PROGRAM: &str = "causeway-bridge";

/// The variable that names the endpoint of AWS services.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The options of `bridge`.
#[derive(Args, Clone, Debug)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:\n  causeway bridge redis --in --out --stream orders-in\n  causeway bridge rabbitmq --out\n  \
                  causeway bridge kafka --in --topic orders-in --dry-run\n  causeway bridge --help"
)]
pub struct Bridge {
    /// The broker (rabbitmq, kafka or redis) and its options; `causeway bridge redis --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "BROKER AND OPTIONS")]
    pub arguments: Vec<OsString>,
}

/// Replaces this process by the program, with the global options added to its own.
pub fn run(args: &Bridge, global: &GlobalArgs) -> anyhow::Result<CommandStatus> {
    let beside = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = find(beside.into_iter().chain(std::env::split_paths(&path)));
    let program = program.with_context(|| {
        format!(
            "there is no {PROGRAM} beside this program or in the PATH: build it with `cargo build -p causeway-bridges`"
        )
    })?;
    let mut command = Command::new(&program);
    command.args(&args.arguments).args(added(args, global));
    let names = |option: &str| args.arguments.iter().any(|given| given.to_string_lossy().starts_with(option));
    let named = global.endpoint.is_some() || global.profile.is_some() || names("--endpoint") || names("--profile");
    if !named && std::env::var_os(ENDPOINT).is_none() {
        command.env(ENDPOINT, LOCAL);
    }
    become_program(&mut command, &program)
}

/// The global options that were given before the word `bridge`.
fn added(args: &Bridge, global: &GlobalArgs) -> Vec<OsString> {
    // Without a broker the program prints its help, and an option would be in the way.
    if args.arguments.is_empty() {
        return Vec::new();
    }
    let mut added: Vec<OsString> = Vec::new();
    for (option, value) in
        [("--endpoint", &global.endpoint), ("--profile", &global.profile), ("--region", &global.region)]
    {
        added.extend(value.iter().flat_map(|value| [option.into(), value.into()]));
    }
    if global.stack != STACK {
        added.extend(["--stack".into(), global.stack.clone().into()]);
    }
    if global.json {
        added.push("--json".into());
    }
    added
}

fn find(folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    folders.map(|folder| folder.join(&name)).find(|path| path.is_file())
}

#[cfg(unix)]
fn become_program(command: &mut Command, program: &Path) -> anyhow::Result<CommandStatus> {
    use std::os::unix::process::CommandExt as _;
    // It returns only if the program does not start.
    let error = command.exec();
    Err(error).with_context(|| format!("{} does not start", program.display()))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command, program: &Path) -> anyhow::Result<CommandStatus> {
    let ended = command.status().with_context(|| format!("{} does not start", program.display()))?;
    match ended.code() {
        Some(0) => Ok(CommandStatus::Done),
        code => Err(anyhow::anyhow!("{PROGRAM} ended with {code:?}")),
    }
}
