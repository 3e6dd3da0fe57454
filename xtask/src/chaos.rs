//! Starts the chaos run, which is a program of the package `tests`.

use std::{ffi::OsString, path::Path, process::Command};

use crate::{binaries, repo};

/// The command of a chaos run with these options; builds all binaries, unless `--as-built` is among the options.
pub fn command(root: &Path, options: &[OsString]) -> anyhow::Result<Command> {
    if !options.iter().any(|option| option == "--as-built") {
        binaries::build(root)?;
    }
    let mut command = Command::new(repo::target(root).join("debug/chaos"));
    command.current_dir(root).args(options);
    Ok(command)
}
