//! The template's own tools: SAM's and CloudFormation's linters.

use std::path::Path;
use std::process::Command;

use crate::check::python::Environment;
use crate::check::run::Tally;
use crate::check::run::whole;
use crate::place;

const LINTERS: Environment = Environment { requirements: "infra/python/requirements.txt", folder: "target/python" };
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
    let count = whole(&mut tool("python", &["infra/python/count_resources.py", place::TEMPLATE]))?;
    Ok(sam + cfn_lint + count)
}
