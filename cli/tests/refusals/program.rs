//! The program itself: what it says on its standard error, and the status with which it ends.

use std::{
    path::Path,
    process::{Command, Output},
};

use super::{TEMPLATE, used};

fn up(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["up", "--port", "0", "--data"]).arg(folder).args(arguments);
    command.output().expect("the program runs")
}

/// What it says before it ends with a failure.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("ready"), "it is not ready");
    said
}

#[test]
fn a_start_that_is_refused_says_why_in_one_line_and_ends_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, "Resources:\n  News: { Type: AWS::Kinesis::Stream }\n").expect("a template");
    let said = complaint(&up(folder.path(), &["--template", template.to_str().expect("a plain name")]));
    assert!(said.starts_with("causeway: "), "{said}");
    assert!(said.contains("line 2: News: resources of type AWS::Kinesis::Stream are not supported here"), "{said}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_by_the_program_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let journal = folder.path().join("queues.journal");
    std::fs::write(&journal, "nonsense\n").expect("the journal");
    let said = complaint(&up(folder.path(), &["--template", TEMPLATE]));
    assert!(said.contains(&format!("causeway: {}, line 1: the record is damaged", journal.display())), "{said}");
    assert!(said.contains("--fresh"), "{said}");
}

#[test]
fn an_argument_that_nobody_knows_ends_with_2_and_help() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = up(folder.path(), &["--no-such-argument"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--no-such-argument"));
}
