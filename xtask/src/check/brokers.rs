//! The brokers that the tests of the bridges start: Redis and RabbitMQ are installed by Debian's package manager, where this
//! may be done, and a server of the Kafka protocol by a Python environment. A machine without one runs the other tests.
#![expect(clippy::print_stdout, reason = "a command writes to the standard output")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    check::{
        python::KAFKA,
        tally::{Tally, run_command, run_tests},
    },
    repo,
};

/// A broker of Debian: its package, what it is found by, and the variable that names another one.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("redis-server", "redis-server", "REDIS_URL"),
    ("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "AMQP_URL"),
];

/// With the package `tests`, all crates that have nothing to do with brokers keep the features they were built with.
const BRIDGES: [&str; 9] = [
    "--locked",
    "--package",
    "causeway-bridges",
    "--package",
    "tests",
    "--features",
    "causeway-bridges/kafka",
    "--test",
    "brokers",
];

/// Runs the tests of the bridges against the brokers that are found or installed here.
pub(super) fn test(root: &Path) -> anyhow::Result<Tally> {
    prepare(root);
    let programs = ["--lib", "--bin", "causeway-bridge", "--bin", "causeway-bridge-lambda"];
    let mut lint = repo::cargo(root);
    let linted = run_command(lint.arg("clippy").args(BRIDGES).args(programs).args(["--", "-D", "warnings"]))?;
    let mut test = repo::cargo(root);
    Ok(linted + run_tests(test.arg("test").args(BRIDGES).args(["--", "--test-threads", "2"]))?)
}

/// The kill tests at full size.
pub(super) fn soak(root: &Path) -> anyhow::Result<Tally> {
    prepare(root);
    let mut command = repo::cargo(root);
    command.arg("test").args(BRIDGES).args(["reorders_nothing", "--", "--nocapture", "--test-threads", "1"]);
    let size = [("EVENTS", "10000"), ("KILLS", "20"), ("FAULTS", "5")];
    run_tests(command.envs(size.map(|(name, value)| (format!("CAUSEWAY_BRIDGE_{name}"), value))))
}

/// Finds or installs the brokers. The tests of one that is missing are skipped.
fn prepare(root: &Path) {
    for (package, program, variable) in PACKAGES {
        if is_given(variable) || is_there(program) || install(package) && is_there(program) {
            println!("{package}: found");
        } else {
            println!("{package}: not found, and its tests are skipped; install it, or set {variable}");
        }
    }
    let kafka = if is_given("KAFKA_BOOTSTRAP") { Ok(true) } else { KAFKA.programs(root).map(|there| there.is_some()) };
    match kafka {
        Ok(true) => println!("Kafka: found"),
        Ok(false) => println!("Kafka: not found, and its tests are skipped; set KAFKA_BOOTSTRAP"),
        Err(error) => println!("Kafka: not found, and its tests are skipped; set KAFKA_BOOTSTRAP ({error:#})"),
    }
}

/// Whether the variable names a broker.
fn is_given(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Whether the program is at this path, or in the search path.
fn is_there(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).exists())
}

/// Installs a package, if this is Debian and we are its administrator. The package does not start a service.
fn install(package: &str) -> bool {
    let run = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    is_root && run(&["update"]) && run(&["install", "--yes", "--no-install-recommends", package])
}
