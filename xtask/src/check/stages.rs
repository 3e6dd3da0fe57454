//! The checks by name, in the order in which they share what they build.
//! Every cargo call has the whole workspace, one profile and one set of features, so that nothing is built twice.

use std::{path::Path, process::Command};

use crate::{
    chaos,
    check::{
        aws_tools, licences, rehearsal,
        run::{Tally, counted, whole},
        template,
    },
    place,
};

/// One check.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) run: fn(&Path) -> anyhow::Result<Tally>,
}

/// All checks.
pub(super) fn all() -> Vec<Stage> {
    vec![
        Stage { name: "format", what: "every file is formatted", run: format },
        Stage { name: "clippy", what: "no warning in any target", run: clippy },
        Stage { name: "binaries", what: "all binaries are built, which some tests start", run: binaries },
        Stage { name: "tests", what: "all tests", run: tests },
        Stage { name: "traces", what: "functions that are built with traces tell them", run: traces },
        Stage { name: "doctests", what: "the examples in the docs run", run: doctests },
        Stage { name: "aws", what: "the AWS CLI and boto3 make the first journey", run: aws_tools::check },
        Stage {
            name: "rehearsal",
            what: "the stack is deployed, makes its journeys and is deleted",
            run: rehearsal::check,
        },
        Stage { name: "chaos", what: "orders survive kill -9 of functions and cloud", run: chaos },
        Stage { name: "docs", what: "the docs build without a warning", run: docs },
        Stage { name: "licences", what: "every dependency has an allowed licence", run: licences },
        Stage {
            name: "template",
            what: "sam validate --lint, cfn-lint and checkov find nothing; our reader agrees with the translator",
            run: template::check,
        },
    ]
}

fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = place::cargo(root);
    command.args(arguments);
    command
}

/// Whether cargo has this subcommand here.
fn has(root: &Path, subcommand: &str) -> bool {
    let output = cargo(root, &[subcommand, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn format(root: &Path) -> anyhow::Result<Tally> {
    whole(&mut cargo(root, &["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> anyhow::Result<Tally> {
    whole(&mut cargo(root, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn binaries(root: &Path) -> anyhow::Result<Tally> {
    whole(&mut cargo(root, &["build", "--locked", "--workspace", "--bins"]))
}

fn tests(root: &Path) -> anyhow::Result<Tally> {
    let runner: &[&str] = if has(root, "nextest") {
        &[
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--no-fail-fast",
            "--status-level",
            "slow",
            "--show-progress",
            "none",
        ]
    } else {
        &["test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]
    };
    counted(&mut cargo(root, runner))
}

/// `tests` stands beside `aws`, so that all that does not know of traces has the features it was built with before.
fn traces(root: &Path) -> anyhow::Result<Tally> {
    let what =
        ["--locked", "--package", "causeway-aws", "--package", "tests", "--features", "causeway-aws/otel", "--lib"];
    let linted = whole(cargo(root, &["clippy"]).args(what).args(["--", "-D", "warnings"]))?;
    let runner: &[&str] = if has(root, "nextest") { &["nextest", "run"] } else { &["test"] };
    let tested = counted(cargo(root, runner).args(what).arg("telemetry::traces::"))?;
    Ok(linted + tested)
}

fn doctests(root: &Path) -> anyhow::Result<Tally> {
    counted(&mut cargo(root, &["test", "--locked", "--workspace", "--doc", "--no-fail-fast"]))
}

fn chaos(root: &Path) -> anyhow::Result<Tally> {
    // What finds its victims in /proc needs one.
    if !Path::new("/proc/self/stat").exists() {
        return Ok(Tally::skipped());
    }
    chaos::run(root, &chaos::Choice::small())
}

fn docs(root: &Path) -> anyhow::Result<Tally> {
    let arguments = ["doc", "--locked", "--workspace", "--no-deps", "--lib", "--document-private-items"];
    whole(cargo(root, &arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

fn licences(root: &Path) -> anyhow::Result<Tally> {
    if has(root, "deny") {
        return whole(&mut cargo(root, &["deny", "check", "licenses", "bans", "sources"]));
    }
    licences::check(root)
}
