//! The tools that are written in Python: each in an environment of fixed versions that is made under `target/` on
//! first use. Without Python what needs them is skipped, and says so.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::place;

/// The requirements an environment was made of; it is written last, so a half-made one is made again.
const MADE_OF: &str = "made-of.txt";

/// What an environment is made of, and where.
pub(super) struct Environment {
    /// The file of the requirements, each with its version.
    pub(super) requirements: &'static str,
    /// The folder of the environment.
    pub(super) folder: &'static str,
}

impl Environment {
    /// The folder of the environment's programs; the environment is made if it is not there as required. There is none
    /// on a machine without Python.
    pub(super) fn programs(&self, root: &Path) -> anyhow::Result<Option<PathBuf>> {
        let Some(python) = ["python3", "python"].into_iter().find(|name| answers(name)) else {
            println!("there is no python3 on this machine: this is left out; install Python 3.11 or newer for it");
            return Ok(None);
        };
        let required = place::read(root, self.requirements)?;
        let folder = root.join(self.folder);
        let made_of = folder.join(MADE_OF);
        let programs = folder.join("bin");
        if std::fs::read_to_string(&made_of).is_ok_and(|made| made == required) {
            return Ok(Some(programs));
        }
        println!("making the Python environment under {}", self.folder);
        self.step(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        self.step(Command::new(programs.join("python")).args(pip).arg(root.join(self.requirements)))?;
        std::fs::write(&made_of, required).with_context(|| format!("{} cannot be written", made_of.display()))?;
        Ok(Some(programs))
    }

    fn step(&self, command: &mut Command) -> anyhow::Result<()> {
        let status = command.status().with_context(|| format!("{command:?} did not start"))?;
        if !status.success() {
            bail!("the Python environment of {} was not made: {command:?} ended with {status}", self.requirements);
        }
        Ok(())
    }
}

fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
