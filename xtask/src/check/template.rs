//! The template's own tools: SAM's and CloudFormation's linters on the template, checkov on what SAM makes of it.

use std::path::Path;
use std::process::Command;

use crate::check::python::Environment;
use crate::check::run::Tally;
use crate::check::run::whole;
use crate::place;

const LINTERS: Environment = Environment { requirements: "infra/python/requirements.txt", folder: "target/python" };
/// It wants other versions of what the linters want, so it has a place of its own.
const CHECKOV: Environment = Environment { requirements: "infra/python/checkov.txt", folder: "target/python-checkov" };
/// What checkov finds and we leave, each with its reason.
const EXCUSES: &str = "infra/python/checkov.yaml";
const EXPANDED: &str = "target/expanded.json";
const REGION: &str = "eu-central-1";

/// Checks the template.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = LINTERS.programs(root)? else { return Ok(Tally::skipped()) };
    let tool = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(name));
        command.current_dir(root).args(arguments);
        command.env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true");
        command
    };
    let sam = whole(&mut tool("sam", &["validate", "--lint", "--region", REGION, "--template", place::TEMPLATE]))?;
    let cfn_lint = whole(&mut tool("cfn-lint", &["--regions", REGION, "--template", place::TEMPLATE]))?;
    let expansion = whole(&mut tool("python", &["infra/python/expand.py", place::TEMPLATE, EXPANDED]))?;
    Ok(sam + cfn_lint + expansion + checkov(root)?)
}

fn checkov(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = CHECKOV.programs(root)? else { return Ok(Tally::skipped()) };
    let mut command = Command::new(programs.join("checkov"));
    whole(command.current_dir(root).args(["--config-file", EXCUSES, "--file", EXPANDED]))
}
