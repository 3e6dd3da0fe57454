//! The template's own tools: SAM's and CloudFormation's linters on the template, checkov on what SAM makes of it, and
//! whether the local cloud's reader makes the same of it.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{
    agreement,
    check::{
        python::Environment,
        run::{Tally, whole},
    },
    place,
};

pub(super) const LINTERS: Environment =
    Environment { requirements: "infra/python/requirements.txt", folder: "target/python" };
/// It wants other versions of what the linters want, so it has a place of its own.
const CHECKOV: Environment = Environment { requirements: "infra/python/checkov.txt", folder: "target/python-checkov" };
/// What checkov finds and we leave, each with its reason.
const EXCUSES: &str = "infra/python/checkov.yaml";
const EXPANDED: &str = "target/expanded.json";
const REGION: &str = "eu-central-1";
/// The program that says what the local cloud's reader made of a template.
const READER: &str = "read_template";
/// With these every condition of the template is once as it is by default, and once the other way round.
const DEPLOYMENTS: [&[(&str, &str)]; 2] = [
    &[],
    &[
        ("Stage", "prod"),
        ("AlarmMail", "alarm@example.com"),
        ("ArchiveDays", "30"),
        ("KeyArn", "arn:aws:kms:eu-central-1:123456789012:key/1"),
        ("OperatorArn", "arn:aws:iam::123456789012:role/operator"),
    ],
];

/// Checks the template.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = LINTERS.programs(root)? else { return Ok(Tally::skipped()) };
    let tool = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(name));
        command.current_dir(root).args(arguments);
        command.env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true");
        command
    };
    let stacks = place::files(root, "infra/stacks")?;
    let templates: Vec<String> =
        stacks.into_iter().chain([place::TEMPLATE, place::FLAT_TEMPLATE].map(str::to_owned)).collect();
    let mut tally = Tally::default();
    for template in &templates {
        tally = tally + whole(&mut tool("sam", &["validate", "--lint", "--region", REGION, "--template", template]))?;
    }
    let templates = templates.iter().map(String::as_str);
    let cfn_lint: Vec<&str> = ["--regions", REGION, "--template"].into_iter().chain(templates).collect();
    tally = tally + whole(&mut tool("cfn-lint", &cfn_lint))?;
    let expansion = whole(&mut tool("python", &["infra/python/expand.py", place::FLAT_TEMPLATE, EXPANDED]))?;
    let agreement = if expansion.failed == 0 { agreement(root)? } else { Tally::failed() };
    Ok(tally + expansion + agreement + checkov(root)?)
}

/// Compares what the local cloud's reader made of the template with the expansion that was made just now.
fn agreement(root: &Path) -> anyhow::Result<Tally> {
    let built = place::cargo(root).args(["build", "--locked", "--workspace", "--example", READER]).status()?;
    if !built.success() {
        return Ok(Tally::failed());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let reader = target.join("debug/examples").join(READER);
    let expansion: Value = serde_json::from_str(&place::read(root, EXPANDED)?)?;
    let mut tally = Tally::default();
    for deployment in DEPLOYMENTS {
        let values = deployment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let given = deployment.iter().map(|(name, value)| format!("{name}={value}"));
        let output = Command::new(&reader).current_dir(root).arg(place::FLAT_TEMPLATE).args(given).output();
        let output = output.with_context(|| format!("{} did not start", reader.display()))?;
        if !output.status.success() {
            bail!("{} cannot be read: {}", place::FLAT_TEMPLATE, String::from_utf8_lossy(&output.stderr));
        }
        let differences = agreement::differences(&expansion, &values, &serde_json::from_slice(&output.stdout)?);
        differences.iter().for_each(|difference| println!("{difference}"));
        tally = tally + if differences.is_empty() { Tally::passed() } else { Tally::failed() };
        println!("compared with the translator: {}", agreement::counts(&expansion, &values));
    }
    Ok(tally)
}

fn checkov(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = CHECKOV.programs(root)? else { return Ok(Tally::skipped()) };
    let mut command = Command::new(programs.join("checkov"));
    whole(command.current_dir(root).args(["--config-file", EXCUSES, "--file", EXPANDED]))
}
