use std::process::Command;

use super::{Tally, count, counted, whole};

#[test]
fn closing_log_group_of_both_runners_are_counted() {
    let cases = [
        ("     Summary [   0.512s] 12 tests run: 12 passed, 0 skipped", 12, 0),
        ("     Summary [   3.1s] 9 tests run: 6 passed, 2 failed, 1 timed out, 4 skipped", 6, 3),
        ("     Summary [   3.1s] 3 tests run: 1 passed, 2 exec failed, 0 skipped", 1, 2),
        ("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s", 3, 1),
        ("a test that says 5 passed", 0, 0),
    ];
    for (line, passed, failed) in cases {
        assert_eq!(count(line), Tally { passed, failed }, "{line}");
    }
}

#[test]
fn a_runner_that_dies_without_a_closing_line_has_failed() {
    assert_eq!(counted(Command::new("sh").args(["-c", "exit 3"])).unwrap(), Tally::failed());
    let said = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
    assert_eq!(counted(Command::new("sh").args(["-c", said])).unwrap(), Tally { passed: 2, failed: 0 });
}

#[test]
fn a_program_passes_or_fails_as_one() {
    assert_eq!(whole(&mut Command::new("true")).unwrap(), Tally::passed());
    assert_eq!(whole(&mut Command::new("false")).unwrap(), Tally::failed());
    assert!(whole(&mut Command::new("no-such-program-anywhere")).is_err());
}
