use std::process::Command;

use super::{Tally, count, run_command, run_tests};

#[test]
fn the_closing_lines_of_both_test_runners_are_counted() {
    let cases = [
        ("     Summary [   0.512s] 12 tests run: 12 passed, 0 skipped", 12, 0),
        ("     Summary [   3.1s] 9 tests run: 6 passed, 2 failed, 1 timed out, 4 skipped", 6, 3),
        ("     Summary [   3.1s] 3 tests run: 1 passed, 2 exec failed, 0 skipped", 1, 2),
        ("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s", 3, 1),
        ("a test that prints 5 passed", 0, 0),
        ("13 passed, 1 failed", 13, 1),
        ("a test that prints 5 passed, 0 failed", 0, 0),
    ];
    for (line, passed, failed) in cases {
        assert_eq!(count(line), Tally { passed, failed }, "{line}");
    }
}

#[test]
fn a_runner_that_ends_without_a_closing_line_has_failed() {
    assert_eq!(run_tests(Command::new("sh").args(["-c", "exit 3"])).unwrap(), Tally::FAILED);
    let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
    assert_eq!(run_tests(Command::new("sh").args(["-c", script])).unwrap(), Tally { passed: 2, failed: 0 });
}

#[test]
fn a_command_counts_as_one() {
    assert_eq!(run_command(&mut Command::new("true")).unwrap(), Tally::PASSED);
    assert_eq!(run_command(&mut Command::new("false")).unwrap(), Tally::FAILED);
    assert!(run_command(&mut Command::new("no-such-program-anywhere")).is_err());
}
