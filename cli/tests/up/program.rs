//! The program itself, as a script calls it.

use std::process::Command;

use serde_json::Value;

use super::template;

#[test]
fn the_program_plays_the_demo_for_machines_and_ends_well() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_causeway"));
    program.args(["up", "--demo", "--json", "--memory", "--port", "0", "--template"]).arg(template());
    let ended = program.output().expect("the program runs");
    let said = String::from_utf8(ended.stdout).expect("a text");
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    let lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?} is no JSON"))).collect();
    assert_eq!(lines[0]["kind"], "ready");
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((of("story"), of("summary")), (3, 1));
    assert!(lines.iter().any(|line| line["kind"] == "happened" && line["news"]["event"]["detail-type"] == "EmailSent"));
    assert!(lines.iter().filter(|line| line["kind"] == "read").all(|line| line["holds"] == true));
    let summary = lines.last().expect("a last line");
    assert_eq!((&summary["kind"], &summary["asTold"]), (&Value::from("summary"), &Value::from(true)));
    assert_eq!(summary["stories"][2]["orders"].as_array().map(Vec::len), Some(50));
    assert_eq!(summary["stories"][0]["deadLetters"], 0);
}
