//! The stages whose tools are written in Python: the AWS CLI and boto3 against the local cloud (`tests/aws`), the console in
//! a browser (`tests/console`), and the rehearsal (`tests/localstack`): deployed by SAM to an emulator and to the local cloud,
//! with the same journeys.
//! Each environment has fixed versions and is created under `target/` on first use; without Python a stage is skipped.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

use crate::{
    binaries,
    check::tally::{Tally, run_command, run_tests},
    repo,
};

/// The linters of the template, and SAM.
pub(super) const LINTERS: Environment =
    Environment { requirements: "infra/python/requirements.txt", folder: "target/python" };
/// Checkov needs other versions than the linters.
pub(super) const CHECKOV: Environment =
    Environment { requirements: "infra/python/checkov.txt", folder: "target/python-checkov" };
const AWS_TOOLS: Environment = Environment { requirements: "tests/aws/requirements.txt", folder: "target/python-aws" };
const EMULATOR: Environment =
    Environment { requirements: "tests/localstack/requirements.txt", folder: "target/python-ministack" };
/// A server of the Kafka protocol.
pub(super) const KAFKA: Environment =
    Environment { requirements: "shared/bridges/tests/requirements.txt", folder: "target/python-kafka" };
const CONSOLE: Environment =
    Environment { requirements: "tests/console/requirements.txt", folder: "target/python-console" };

/// The copy of the requirements in an environment; it is written last, so an incomplete environment is created again.
const INSTALLED: &str = "made-of.txt";

/// A virtual environment.
pub(super) struct Environment {
    /// The file of the requirements, each with its version.
    requirements: &'static str,
    /// The folder of the environment.
    folder: &'static str,
}

impl Environment {
    /// The folder of the environment's programs; creates or updates the environment first. `None` without Python.
    pub(super) fn programs(&self, root: &Path) -> anyhow::Result<Option<PathBuf>> {
        let Some(python) = ["python3", "python"].into_iter().find(|name| is_there(name)) else {
            println!("skipped: there is no python3 on this machine; install Python 3.11 or newer");
            return Ok(None);
        };
        let requirements = repo::read(root, self.requirements)?;
        let folder = root.join(self.folder);
        let installed = folder.join(INSTALLED);
        let programs = folder.join("bin");
        if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
            return Ok(Some(programs));
        }
        println!("creating the Python environment {}", self.folder);
        self.step(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        self.step(Command::new(programs.join("python")).args(pip).arg(root.join(self.requirements)))?;
        std::fs::write(&installed, requirements)
            .with_context(|| format!("{} cannot be written", installed.display()))?;
        Ok(Some(programs))
    }

    fn step(&self, command: &mut Command) -> anyhow::Result<()> {
        let status = command.status().with_context(|| format!("{command:?} did not start"))?;
        if !status.success() {
            bail!("the Python environment of {} failed: {command:?} ended with {status}", self.requirements);
        }
        Ok(())
    }
}

/// Runs the tests of the AWS CLI and boto3 against `causeway up`.
pub(super) fn aws_tools(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = AWS_TOOLS.programs(root)? else { return Ok(Tally::SKIPPED) };
    binaries::build(root)?;
    let mut python = Command::new(programs.join("python"));
    python.current_dir(root).args(["-B", "tests/aws/main.py"]).arg(repo::target(root).join("debug/causeway"));
    run_tests(&mut python)
}

/// The tool that finds what people with an impairment cannot use, and its file.
const AXE: &str = "axe-core@4.14.1";
const AXE_FOLDER: &str = "target/axe";

/// Runs the tests of the console in a real browser: Chromium, driven by its own driver.
pub(super) fn console(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = browser(root)? else { return Ok(Tally::SKIPPED) };
    binaries::build(root)?;
    let mut python = Command::new(programs.join("python"));
    python.current_dir(root).args(["-B", "tests/console/main.py"]).arg(repo::target(root).join("debug/causeway"));
    if let Some(axe) = axe(root)? {
        python.arg(axe);
    }
    run_tests(&mut python)
}

/// Loads a local cloud with events, with and without a browser that looks at them.
pub(super) fn console_load(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = browser(root)? else { return Ok(Tally::SKIPPED) };
    if !run_command(repo::cargo(root).args(["build", "--locked", "--release", "--package", "causeway-shop-cli"]))?
        .is_passed()
    {
        return Ok(Tally::FAILED);
    }
    let mut python = Command::new(programs.join("python"));
    python.current_dir(root).args(["-B", "tests/console/load.py"]).arg(repo::target(root).join("release/causeway"));
    run_tests(&mut python)
}

/// The environment that drives the browser, if the browser is there, too.
fn browser(root: &Path) -> anyhow::Result<Option<PathBuf>> {
    for program in ["chromium", "chromedriver"] {
        if !is_there(program) {
            println!("skipped: there is no {program} on this machine; Debian has it in chromium and chromium-driver");
            return Ok(None);
        }
    }
    CONSOLE.programs(root)
}

/// The file of axe-core, fetched on first use. `None` without npm.
fn axe(root: &Path) -> anyhow::Result<Option<PathBuf>> {
    let folder = root.join(AXE_FOLDER);
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.is_file() {
        if !is_there("npm") {
            println!("there is no npm on this machine: what axe-core finds is not checked");
            return Ok(None);
        }
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"]);
        if !run_command(npm.arg(&folder).arg(AXE))?.is_passed() {
            bail!("npm could not fetch {AXE}");
        }
    }
    Ok(Some(file))
}

/// Whether this program starts.
fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success())
}

/// Deploys the tests' program of all functions to the emulator by SAM and runs the journeys; then runs them on the local
/// cloud, first with every function as a process, then with all in one process.
pub(super) fn rehearsal(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = rehearsed_with(root)? else { return Ok(Tally::SKIPPED) };
    binaries::build(root)?;
    let binaries = repo::target(root).join("debug");
    let (cloud, functions) = (binaries.join("causeway"), binaries.join("functions"));
    let on_emulator = rehearse(root, &programs, &[("--binaries", &functions)])?;
    let with_processes = rehearse(root, &programs, &[("--local", &cloud), ("--binaries", &functions)])?;
    let in_one_process = rehearse(root, &programs, &[("--local", &cloud)])?;
    Ok(on_emulator + with_processes + in_one_process)
}

/// Builds the functions by `sam build`, each by itself, as a deployment does, and rehearses with them on the emulator.
pub(super) fn deployment(root: &Path) -> anyhow::Result<Tally> {
    let (Some(programs), Some(builders)) = (rehearsed_with(root)?, LINTERS.programs(root)?) else {
        return Ok(Tally::SKIPPED);
    };
    // The provider of payments, beside the emulator.
    binaries::build(root)?;
    let built = run_command(&mut sam_build(root, &builders)?)?;
    if built.failed > 0 {
        return Ok(built);
    }
    Ok(built + rehearse(root, &programs, &[])?)
}

/// The environment that rehearses, if SAM and the emulator are there, too.
fn rehearsed_with(root: &Path) -> anyhow::Result<Option<PathBuf>> {
    let programs = (AWS_TOOLS.programs(root)?, LINTERS.programs(root)?, EMULATOR.programs(root)?);
    let (Some(programs), Some(_), Some(_)) = programs else { return Ok(None) };
    Ok(Some(programs))
}

fn rehearse(root: &Path, programs: &Path, options: &[(&str, &Path)]) -> anyhow::Result<Tally> {
    let mut python = Command::new(programs.join("python"));
    python.current_dir(root).args(["-B", "tests/localstack/main.py"]);
    // An endpoint of the environment is for a rehearsal by hand.
    python.env_remove("AWS_ENDPOINT_URL");
    options.iter().for_each(|(option, path)| {
        python.arg(option).arg(path);
    });
    run_tests(&mut python)
}

/// `sam build`, which looks up its builder of Rust in the path.
fn sam_build(root: &Path, builders: &Path) -> anyhow::Result<Command> {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::join_paths(std::iter::once(builders.to_owned()).chain(std::env::split_paths(&others)))?;
    let mut sam = Command::new(builders.join("sam"));
    sam.current_dir(root).args(["build", "--config-env", "local"]);
    sam.env("PATH", programs).env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true");
    Ok(sam)
}
