//! The command `cargo xtask`.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

use std::{ffi::OsString, path::Path, process::ExitCode};

use clap::Parser;
use xtask::{
    chaos, check, generated,
    new::{self, New},
    repo,
};

/// Development tasks of Causeway.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Runs all checks: formatting, clippy, tests, docs, licences, template. The last line counts them.
    Test(check::TestOptions),
    /// Runs what takes too long for every change: the deployment of release builds, many seeds, the large chaos run.
    Soak(check::TestOptions),
    /// Writes everything that follows from types and routes: binaries, manifest, templates, `events/`, permissions.
    Generate {
        /// Writes nothing, and fails if something is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Writes a new context, command, event or view, and generates what follows from it.
    New {
        /// What to create.
        #[command(subcommand)]
        new: New,
    },
    /// Puts orders into the local cloud while functions and the cloud itself are killed; then checks all invariants.
    #[command(disable_help_flag = true)]
    Chaos {
        /// The options of the chaos run; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let root = repo::root();
    let done = match Task::parse() {
        Task::Test(options) => check::test(&root, &options),
        Task::Soak(options) => check::soak(&root, &options),
        Task::Generate { check } => generate(&root, check),
        Task::New { new } => write_new(&root, &new),
        Task::Chaos { options } => {
            chaos::command(&root, &options).and_then(|mut command| Ok(command.status()?.success()))
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn generate(root: &Path, check: bool) -> anyhow::Result<bool> {
    if !check {
        generated::write(root)?.iter().for_each(|path| println!("wrote {path}"));
    }
    let problems = generated::problems(root)?;
    problems.iter().for_each(|problem| println!("{problem}"));
    Ok(problems.is_empty())
}

fn write_new(root: &Path, new: &New) -> anyhow::Result<bool> {
    new::write(root, new)?.iter().for_each(|path| println!("wrote {path}"));
    // The types have changed: a new build of this command generates what follows from them.
    for arguments in [
        &["fmt", "--package", "domain", "--package", "functions"][..],
        &["run", "--quiet", "--package", "xtask", "--", "generate"],
    ] {
        if !repo::cargo(root).args(arguments).status()?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}
