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
        tally::{Tally, run_tests},
    },
    repo,
};

/// A broker of Debian: its package, what it is found by, and the variable that names another one.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("redis-server", "redis-server", "REDIS_URL"),
    ("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "AMQP_URL"),
];

/// Finds or installs the brokers.
pub(super) fn prepare(root: &Path) -> anyhow::Result<Tally> {
    for (package, program, variable) in PACKAGES {
        if std::env::var_os(variable).is_some() || is_there(program) || install(package) && is_there(program) {
            println!("{package}: found");
        } else {
            println!("{package}: not found, and its tests are skipped; install it, or set {variable}");
        }
    }
    let kafka = std::env::var_os("KAFKA_BOOTSTRAP").is_some() || KAFKA.programs(root)?.is_some();
    println!("Kafka: {}", if kafka { "found" } else { "not found, and its tests are skipped; set KAFKA_BOOTSTRAP" });
    Ok(Tally::PASSED)
}

/// The kill tests at full size.
pub(super) fn soak(root: &Path) -> anyhow::Result<Tally> {
    prepare(root)?;
    let mut command = repo::cargo(root);
    command.args(["test", "--locked", "--package", "causeway-bridges", "--test", "brokers", "reorders_nothing"]);
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    command
        .env("CAUSEWAY_BRIDGE_EVENTS", "10000")
        .env("CAUSEWAY_BRIDGE_KILLS", "20")
        .env("CAUSEWAY_BRIDGE_FAULTS", "5");
    run_tests(&mut command)
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
