//! A local cloud that cannot start names the file, the line or the port, and what to do next.

use std::{
    path::Path,
    process::{Command, Output},
};

use causeway_cli::up::Up;

use crate::stage::{TEMPLATE, refusal, up, up_in, used};

/// What is printed of a template with this text.
async fn of_template(folder: &Path, text: &str) -> String {
    let path = folder.join("template.yaml");
    std::fs::write(&path, text).expect("a template");
    let path = path.to_str().expect("a plain name");
    let printed = refusal(&Up { template: path.into(), ..up(&["--memory"]) }).await;
    assert!(printed.contains(path), "it names the template: {printed}");
    printed
}

#[tokio::test]
async fn a_template_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("template.yaml");
    let path = path.to_str().expect("a plain name");
    let printed = refusal(&Up { template: path.into(), ..up(&["--memory"]) }).await;
    assert!(printed.contains(&format!("cannot read the template {path}: No such file or directory")), "{printed}");
}

#[tokio::test]
async fn a_resource_that_is_not_played_here_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let printed = of_template(folder.path(), "Resources:\n  News: { Type: AWS::Kinesis::Stream }\n").await;
    assert!(
        printed.contains("line 2: News: resources of type AWS::Kinesis::Stream are not supported here"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_bad_intrinsic_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let of_name = |name: &str| {
        format!(
            "Resources:\n  Jobs: {{ Type: AWS::SQS::Queue }}\n  News:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {name}\n"
        )
    };
    let table = [
        ("!Ref Old", "line 6: there is no parameter or resource \"Old\""),
        ("!Sub \"${Old}-news\"", "line 6: there is no parameter or resource \"Old\""),
        ("!GetAtt Jobs.Colour", "line 6: "),
        ("!FindInMap [Names, a, b]", "line 6: "),
        ("!If [InProd, a, b]", "line 6: "),
        ("!Nonsense x", "line 6: "),
        ("!Join [x]", "line 6: "),
    ];
    for (name, expected) in table {
        let printed = of_template(folder.path(), &of_name(name)).await;
        assert!(printed.contains(expected), "{name}: {printed}");
    }
}

#[tokio::test]
async fn a_template_that_is_no_yaml_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for text in ["Resources:\n  News: {\n", "Resources:\n\t- x\n", "", "7", "Resources: []\n"] {
        let printed = of_template(folder.path(), text).await;
        assert!(printed.contains("is refused: line "), "{text:?}: {printed}");
    }
}

#[tokio::test]
async fn a_function_that_this_program_does_not_have_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
                Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: no-such-binary } }\n";
    let printed = of_template(folder.path(), text).await;
    assert!(printed.contains("no-such-binary"), "{printed}");
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_to_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its number").port();
    let printed = refusal(&Up { port, ..up(&["--memory"]) }).await;
    assert!(printed.contains(&format!("port {port} is taken: ")) && printed.contains("--port"), "{printed}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("a file");
    for wanted in [file.join("data"), file] {
        let printed = refusal(&up_in(&wanted)).await;
        assert!(printed.contains(wanted.to_str().expect("a plain name")), "{printed}");
        assert!(printed.contains("choose another folder for the data"), "{printed}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_place_that_is_read_only_is_named_even_for_root() {
    // Nobody makes folders there, whether the system was mounted to be read only or not.
    let printed = refusal(&up_in(Path::new("/sys/causeway"))).await;
    assert!(
        printed.contains("cannot write /sys/causeway: the file is read-only or belongs to another user"),
        "{printed}"
    );
    assert!(printed.contains("choose another folder for the data"), "{printed}");
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_causeway"));
    command.args(["up", "--port", "0", "--data"]).arg(folder).args(arguments);
    command.output().expect("the program runs")
}

/// Its output when it fails.
fn complaint(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(!printed.contains("panicked"), "{printed}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("ready"), "it is not ready");
    printed
}

#[test]
fn a_start_that_is_refused_says_why_in_one_line_and_ends_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, "Resources:\n  News: { Type: AWS::Kinesis::Stream }\n").expect("a template");
    let printed = complaint(&run(folder.path(), &["--template", template.to_str().expect("a plain name")]));
    assert!(printed.starts_with("causeway: "), "{printed}");
    assert!(
        printed.contains("line 2: News: resources of type AWS::Kinesis::Stream are not supported here"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_refused_by_the_program_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    used(folder.path()).await;
    let journal = folder.path().join("queues.journal");
    std::fs::write(&journal, "nonsense\n").expect("the journal");
    let printed = complaint(&run(folder.path(), &["--template", TEMPLATE]));
    assert!(printed.contains(&format!("causeway: {}, line 1: the record is damaged", journal.display())), "{printed}");
    assert!(printed.contains("--fresh"), "{printed}");
}

#[test]
fn an_argument_that_nobody_knows_ends_with_2_and_help() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["--no-such-argument"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--no-such-argument"));
}
