//! Checks the templates: SAM's and CloudFormation's linters, checkov on SAM's expansion, and whether the template reader
//! of the local cloud agrees with that expansion; and the description of the HTTP API.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

use std::{path::Path, process::Command};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{
    agreement,
    check::{
        python::{CHECKOV, LINTERS},
        tally::{Tally, run_command},
    },
    openapi, repo,
};

/// Checkov's findings that we accept, each with its reason.
const CHECKOV_CONFIG: &str = "infra/python/checkov.yaml";
/// The functions between brokers and the bus, which no deployment of the application has.
const BRIDGES: &str = "infra/bridges.yaml";
const EXPANDED: &str = "target/expanded.json";
const REGION: &str = "eu-central-1";
/// The program that prints what the local cloud's reader makes of a template.
const READER: &str = "read_template";
/// Parameters with which every condition of the template is once as by default, and once the other way round.
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

/// Checks the templates.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = LINTERS.programs(root)? else { return Ok(Tally::SKIPPED) };
    let run = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(name));
        command.current_dir(root).args(arguments);
        run_command(command.env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true"))
    };
    let stacks = repo::files(root, "infra/stacks")?;
    let deployed: Vec<&str> = stacks.iter().map(String::as_str).chain([repo::TEMPLATE]).collect();
    let templates: Vec<&str> = deployed.iter().copied().chain([repo::FLAT_TEMPLATE, BRIDGES]).collect();
    let mut tally = Tally::default();
    for template in &templates {
        tally = tally + run("sam", &["validate", "--lint", "--region", REGION, "--template", template])?;
    }
    let expand: Vec<&str> =
        ["infra/python/expand.py", repo::FLAT_TEMPLATE, EXPANDED].into_iter().chain(deployed).collect();
    let cfn_lint: Vec<&str> = ["--regions", REGION, "--template"].into_iter().chain(templates.clone()).collect();
    tally = tally + run("cfn-lint", &cfn_lint)?;
    tally = tally + run("python", &["-m", "openapi_spec_validator", openapi::FILE])?;
    let expansion = run("python", &expand)?;
    let agreement = if expansion.failed == 0 { agreement(root)? } else { Tally::FAILED };
    Ok(tally + expansion + agreement + checkov(root)?)
}

/// Compares the local cloud's reader with SAM's expansion.
fn agreement(root: &Path) -> anyhow::Result<Tally> {
    let built = repo::cargo(root).args(["build", "--locked", "--workspace", "--example", READER]).status()?;
    if !built.success() {
        return Ok(Tally::FAILED);
    }
    let reader = repo::target(root).join("debug/examples").join(READER);
    let expansion: Value = serde_json::from_str(&repo::read(root, EXPANDED)?)?;
    let mut tally = Tally::default();
    for deployment in DEPLOYMENTS {
        let values = deployment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let parameters = deployment.iter().map(|(name, value)| format!("{name}={value}"));
        let output = Command::new(&reader).current_dir(root).arg(repo::FLAT_TEMPLATE).args(parameters).output();
        let output = output.with_context(|| format!("{} did not start", reader.display()))?;
        if !output.status.success() {
            bail!("{} cannot be read: {}", repo::FLAT_TEMPLATE, String::from_utf8_lossy(&output.stderr));
        }
        let differences = agreement::differences(&expansion, &values, &serde_json::from_slice(&output.stdout)?);
        differences.iter().for_each(|difference| println!("{difference}"));
        tally = tally + Tally::of(differences.is_empty());
        println!("compared with SAM's translator: {}", agreement::counts(&expansion, &values));
    }
    Ok(tally)
}

fn checkov(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = CHECKOV.programs(root)? else { return Ok(Tally::SKIPPED) };
    let mut command = Command::new(programs.join("checkov"));
    run_command(command.current_dir(root).args(["--config-file", CHECKOV_CONFIG, "--file", EXPANDED]))
}
