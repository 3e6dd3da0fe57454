//! The stages of a test and of a soak, in an order in which they share what they build: every call of cargo has the whole workspace, one profile
//! and one set of features, so that nothing is built twice.

use std::{path::Path, process::Command};

use crate::{
    binaries, chaos,
    check::{
        brokers, licences, python,
        tally::{Tally, run_command, run_tests},
        template,
    },
    repo,
};

/// A stage of `cargo xtask test` or `cargo xtask soak`.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) run: fn(&Path) -> anyhow::Result<Tally>,
}

fn stage(name: &'static str, what: &'static str, run: fn(&Path) -> anyhow::Result<Tally>) -> Stage {
    Stage { name, what, run }
}

/// What takes up to hours, or is seldom broken by a change that passes the tests.
pub(super) fn soak() -> Vec<Stage> {
    vec![
        stage(
            "deployment",
            "what `sam build` builds is deployed, passes its journeys and is deleted",
            python::deployment,
        ),
        stage(
            "brokers",
            "10,000 events each way over each broker, 20 kills of the bridge, 5 faults of the broker",
            brokers::soak,
        ),
        stage("console", "1,000 events a second with a page and a slow reader that look at them", python::console_load),
        stage("seeds", "sagas and whole orders under twenty times the seeds", seeds),
        stage("chaos", "1,000 orders survive 200 kills of functions and 5 of the local cloud", |root| {
            chaos(root, ["--orders", "1000", "--kills", "200", "--cloud-kills", "5"])
        }),
    ]
}

/// All stages of a test.
pub(super) fn all() -> Vec<Stage> {
    vec![
        stage("format", "every file is formatted", format),
        stage("clippy", "no warning in any target", clippy),
        stage("binaries", "all binaries build; some tests start them", |root| {
            binaries::build(root).map(|()| Tally::PASSED)
        }),
        stage("tests", "all tests", tests),
        stage("brokers", "the bridges to RabbitMQ, Kafka and Redis keep their promises", brokers::test),
        stage("traces", "functions with the feature otel export traces", traces),
        stage("doctests", "the examples in the docs run", doctests),
        stage("aws", "the AWS CLI and boto3 work against the local cloud", python::aws_tools),
        stage("console", "the console works in a real browser", python::console),
        stage("rehearsal", "the stack is deployed, passes its journeys and is deleted", python::rehearsal),
        stage("chaos", "orders survive kill -9 of functions and of the local cloud", |root| {
            chaos(root, ["--orders", "60", "--kills", "12", "--cloud-kills", "1"])
        }),
        stage("docs", "the docs build without a warning", docs),
        stage("licences", "every dependency has an allowed licence", licences),
        stage(
            "template",
            "sam validate --lint, cfn-lint and checkov find nothing; our reader agrees with SAM's translator",
            template::check,
        ),
    ]
}

fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = repo::cargo(root);
    command.args(arguments);
    command
}

/// Whether cargo has this subcommand here.
fn has(root: &Path, subcommand: &str) -> bool {
    let output = cargo(root, &[subcommand, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn format(root: &Path) -> anyhow::Result<Tally> {
    run_command(&mut cargo(root, &["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> anyhow::Result<Tally> {
    run_command(&mut cargo(root, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn tests(root: &Path) -> anyhow::Result<Tally> {
    let all = ["--locked", "--workspace", "--no-fail-fast"];
    let mut command = if has(root, "nextest") {
        cargo(root, &["nextest", "run", "--status-level", "slow", "--show-progress", "none"])
    } else {
        cargo(root, &["test", "--lib", "--bins", "--tests"])
    };
    run_tests(command.args(all))
}

/// With the package `tests`, all crates that have nothing to do with traces keep the features they were built with.
fn traces(root: &Path) -> anyhow::Result<Tally> {
    let what =
        ["--locked", "--package", "causeway-aws", "--package", "tests", "--features", "causeway-aws/otel", "--lib"];
    let linted = run_command(cargo(root, &["clippy"]).args(what).args(["--", "-D", "warnings"]))?;
    let runner: &[&str] = if has(root, "nextest") { &["nextest", "run"] } else { &["test"] };
    let tested = run_tests(cargo(root, runner).args(what).arg("telemetry::traces::"))?;
    Ok(linted + tested)
}

fn doctests(root: &Path) -> anyhow::Result<Tally> {
    run_tests(&mut cargo(root, &["test", "--locked", "--workspace", "--doc", "--no-fail-fast"]))
}

fn seeds(root: &Path) -> anyhow::Result<Tally> {
    let laws = "the_laws_hold_for_random_plans_under_random_schedules";
    let soaked = [
        ("tests", "under_hundreds_of_seeds", "10000"),
        ("tests", "between_sixty_four_accounts", "2500"),
        ("causeway", laws, "240000"),
        ("causeway", "are_those_of_the_oracle", "400000"),
    ];
    soaked.into_iter().try_fold(Tally::default(), |total, (package, test, seeds)| {
        let mut command = cargo(root, &["test", "--locked", "--package", package, test]);
        Ok(total + run_tests(command.env("CAUSEWAY_SEEDS", seeds))?)
    })
}

/// A chaos run, where there is a `/proc`.
fn chaos<const N: usize>(root: &Path, options: [&str; N]) -> anyhow::Result<Tally> {
    if !Path::new("/proc/self/stat").exists() {
        return Ok(Tally::SKIPPED);
    }
    run_tests(&mut chaos::command(root, &options.map(Into::into))?)
}

fn docs(root: &Path) -> anyhow::Result<Tally> {
    let arguments = ["doc", "--locked", "--workspace", "--no-deps", "--lib", "--document-private-items"];
    run_command(cargo(root, &arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

fn licences(root: &Path) -> anyhow::Result<Tally> {
    if has(root, "deny") {
        return run_command(&mut cargo(root, &["deny", "check", "licenses", "bans", "sources"]));
    }
    licences::check(root)
}
