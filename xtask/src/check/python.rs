//! The template's own tools: SAM's and CloudFormation's linters, in a Python environment of fixed versions that is
//! made under `target/` on first use. Without Python the check is skipped, and says so.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use anyhow::bail;

use crate::check::run::Tally;
use crate::check::run::whole;
use crate::place;

const REQUIREMENTS: &str = "infra/python/requirements.txt";
const ENVIRONMENT: &str = "target/python";
/// The requirements an environment was made of; it is written last, so a half-made one is made again.
const MADE_OF: &str = "made-of.txt";
const REGION: &str = "eu-central-1";

/// Checks the template.
pub(super) fn template(root: &Path) -> anyhow::Result<Tally> {
    let Some(python) = ["python3", "python"].into_iter().find(|name| answers(name)) else {
        println!(
            "there is no python3 on this machine: the template is not linted; install Python 3.11 or newer for it"
        );
        return Ok(Tally::skipped());
    };
    let programs = environment(root, python)?;
    let tool = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(name));
        command.current_dir(root).args(arguments);
        command.env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true");
        command
    };
    let sam = whole(&mut tool("sam", &["validate", "--lint", "--region", REGION, "--template", place::TEMPLATE]))?;
    let cfn_lint = whole(&mut tool("cfn-lint", &["--regions", REGION, "--template", place::TEMPLATE]))?;
    let count = whole(&mut tool("python", &["infra/python/count_resources.py", place::TEMPLATE]))?;
    Ok(sam + cfn_lint + count)
}

/// The folder of the environment's programs; the environment is made if it is not there as required.
fn environment(root: &Path, python: &str) -> anyhow::Result<PathBuf> {
    let required = place::read(root, REQUIREMENTS)?;
    let folder = root.join(ENVIRONMENT);
    let made_of = folder.join(MADE_OF);
    let programs = folder.join("bin");
    if std::fs::read_to_string(&made_of).is_ok_and(|made| made == required) {
        return Ok(programs);
    }
    println!("making the Python environment under {ENVIRONMENT}");
    step(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    step(Command::new(programs.join("python")).args(pip).arg(root.join(REQUIREMENTS)))?;
    std::fs::write(&made_of, required).with_context(|| format!("{} cannot be written", made_of.display()))?;
    Ok(programs)
}

fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn step(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    if !status.success() {
        bail!("the Python environment for the template's linters was not made: {command:?} ended with {status}");
    }
    Ok(())
}
