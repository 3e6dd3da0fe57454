//! The program as a process: killed, restarted, and on a disk without room, which a limit on the size of files stands for.
//! A start without room fails, and a running cloud rejects what it cannot store and loses nothing that it acknowledged.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use aws_credential_types::Credentials;
use aws_sdk_sqs::{Client, config::retry::RetryConfig, error::ProvideErrorMetadata};
use causeway_aws::client::{Account, http_client, sdk_config};

use crate::stage::TEMPLATE;

/// Without this the system would end a program that goes over the bound.
const DEAF: &str = "trap '' XFSZ; exec \"$0\" \"$@\"";

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

    /// Kills it and returns its output.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        let printed = self.child.stderr.take().expect("its errors");
        BufReader::new(printed).lines().map_while(Result::ok).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_start_without_room_is_refused_with_the_file_that_found_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    let bounded = format!("ulimit -f 0; {DEAF}");
    command.args(["-c", &bounded, env!("CARGO_BIN_EXE_causeway"), "up", "--port", "0", "--template", TEMPLATE]);
    let output = command.arg("--data").arg(folder.path()).output().expect("the program runs");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(!printed.contains("panicked"), "{printed}");
    let place = format!("causeway: cannot write {}", folder.path().display());
    assert!(printed.contains(&place) && printed.contains("the disk is full; free some space"), "{printed}");
}

#[tokio::test]
async fn a_full_disk_fails_single_calls_and_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(folder.path());
    let client = program.client();
    let url = client.create_queue().queue_name("jobs").send().await.expect("a queue").queue_url.expect("its URL");
    let send = async |number: usize| {
        let body = format!("{number}-{}", "x".repeat(1_000));
        client.send_message().queue_url(&url).message_body(body).send().await
    };
    let journal = folder.path().join("queues.journal");
    let room = std::fs::metadata(&journal).expect("the journal").len() + 20_000;
    program.bound(Some(room));
    let (mut kept, mut refused) = (Vec::new(), 0);
    for number in 0..40 {
        match send(number).await {
            Ok(_) => kept.push(number),
            Err(error) => {
                assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(500));
                assert!(error.message().is_some_and(|printed| printed.contains("the disk is full")), "{error:?}");
                refused += 1;
            }
        }
    }
    assert!(kept.len() > 5 && refused > 5, "{} kept, {refused} refused", kept.len());
    // It still answers, and when there is room again it takes what is sent.
    client.list_queues().send().await.expect("it goes on");
    program.bound(None);
    for number in 40..43 {
        send(number).await.expect("there is room again");
        kept.push(number);
    }
    let printed = program.kill();
    assert!(!printed.iter().any(|line| line.contains("panicked")), "{printed:?}");

    let again = Program::start(folder.path());
    let client = again.client();
    let url = client.get_queue_url().queue_name("jobs").send().await.expect("the queue").queue_url;
    let mut found = Vec::new();
    loop {
        let receive = client.receive_message().set_queue_url(url.clone()).max_number_of_messages(10);
        let messages = receive.send().await.expect("it answers").messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        let numbers = messages.iter().filter_map(|message| message.body()?.split('-').next()?.parse::<usize>().ok());
        found.extend(numbers);
    }
    found.sort_unstable();
    assert_eq!(found, kept);
}
