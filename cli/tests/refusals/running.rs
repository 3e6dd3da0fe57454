//! The program as a process of its own that runs until it is killed.
#![cfg(target_os = "linux")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use aws_credential_types::Credentials;
use aws_sdk_sqs::{Client, config::retry::RetryConfig};
use causeway_aws::client::{Account, http_client, sdk_config};

use super::TEMPLATE;

/// Without this the system would end a program that goes over the bound.
pub(super) const DEAF: &str = "trap '' XFSZ; exec \"$0\" \"$@\"";

/// The program in this folder. It is killed when it is dropped.
pub(super) struct Program {
    child: Child,
    endpoint: String,
}

impl Program {
    pub(super) fn start(folder: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", DEAF, env!("CARGO_BIN_EXE_causeway"), "up", "--port", "0", "--template", TEMPLATE]);
        command.arg("--data").arg(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let endpoint = { lines }.find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
        let endpoint = endpoint.expect("it is ready");
        Self { child, endpoint }
    }

    /// No file may grow beyond so many bytes from now on; without a number all may.
    pub(super) fn bound(&self, bytes: Option<u64>) {
        let bytes = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let mut command = Command::new("prlimit");
        command.args([format!("--pid={}", self.child.id()), format!("--fsize={bytes}:")]);
        assert!(command.status().expect("prlimit of util-linux").success());
    }

    pub(super) fn client(&self) -> Client {
        let credentials = Credentials::new("any", "any", None, None, "tests");
        let account = Account { region: "us-east-1".to_owned(), credentials, endpoint: Some(self.endpoint.clone()) };
        let retries = RetryConfig::disabled();
        Client::new(&sdk_config(&account, http_client()).to_builder().retry_config(retries).build())
    }

    /// Kills it, and answers what it had to say.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        let said = self.child.stderr.take().expect("its errors");
        BufReader::new(said).lines().map_while(Result::ok).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
