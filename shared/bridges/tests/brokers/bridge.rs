//! The program `causeway-bridge` as a process.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::cloud::TestCloud;

/// Both directions.
pub(crate) const BOTH: &[&str] = &["--in", "--out"];

/// A bridge. It is killed when it is dropped.
pub(crate) struct Bridge {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Bridge {
    /// Starts it, and waits until its rule fills its queue.
    pub(crate) fn start(cloud: &TestCloud, arguments: &[String], directions: &[&str]) -> Self {
        let mut command = command(cloud, arguments);
        command.args(directions).arg("--json").stdout(Stdio::piped());
        if std::env::var_os("CAUSEWAY_BRIDGE_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "{line}");
        Self { process, output }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop; returns its lines.
    pub(crate) fn stop(mut self) -> Vec<serde_json::Value> {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut lines = String::new();
        self.output.read_to_string(&mut lines).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // After `stop` it is gone already.
        self.process.kill().and_then(|()| self.process.wait()).map(drop).unwrap_or_default();
    }
}

/// The command with the endpoint and the broker.
pub(crate) fn command(cloud: &TestCloud, arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway-bridge"));
    for variable in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION"] {
        command.env_remove(variable);
    }
    command.args(arguments).arg("--endpoint").arg(cloud.endpoint());
    command
}
