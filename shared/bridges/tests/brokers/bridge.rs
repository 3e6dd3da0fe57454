//! The program `causeway-bridge` as a process.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
};

use crate::cloud::TestCloud;

/// A bridge in both directions. It is killed when it is dropped.
pub(crate) struct Bridge(Child);

impl Bridge {
    pub(crate) fn start(cloud: &TestCloud, arguments: &[String]) -> Self {
        let mut command = command(cloud, arguments);
        command.args(["--in", "--out", "--json"]).stdout(Stdio::piped());
        if std::env::var_os("CAUSEWAY_BRIDGE_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        Self(command.spawn().unwrap())
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop; returns its lines.
    pub(crate) fn stop(mut self) -> Vec<serde_json::Value> {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut lines = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut lines).unwrap();
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // After `stop` it is gone already.
        self.0.kill().and_then(|()| self.0.wait()).map(drop).unwrap_or_default();
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
