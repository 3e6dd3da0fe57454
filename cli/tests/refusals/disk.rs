//! A disk without room, played by a bound on the size of files: a start is refused, and a cloud that runs refuses what
//! it cannot keep, goes on, and loses nothing that it acknowledged.
#![cfg(target_os = "linux")]

use std::process::Command;

use aws_sdk_sqs::error::ProvideErrorMetadata;

use super::{
    TEMPLATE,
    running::{DEAF, Program},
};

#[test]
fn a_start_without_room_is_refused_with_the_file_that_found_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    let bounded = format!("ulimit -f 0; {DEAF}");
    command.args(["-c", &bounded, env!("CARGO_BIN_EXE_causeway"), "up", "--port", "0", "--template", TEMPLATE]);
    let output = command.arg("--data").arg(folder.path()).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let place = format!("causeway: cannot write {}", folder.path().display());
    assert!(said.contains(&place) && said.contains("the disk is full; free some space"), "{said}");
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
                assert!(error.message().is_some_and(|said| said.contains("the disk is full")), "{error:?}");
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
    let said = program.kill();
    assert!(!said.iter().any(|line| line.contains("panicked")), "{said:?}");

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
