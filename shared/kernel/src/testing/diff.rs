//! A readable difference of two values: their debug lines, with the differing ones marked.

#[cfg(test)]
mod tests;

use std::fmt::Debug;

/// Panics with the difference, unless the two are equal.
#[track_caller]
pub(crate) fn assert_same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) {
    if found != expected {
        fail(&format!("{what}\n{}", difference(found, expected)));
    }
}

/// Panics with this message.
#[track_caller]
#[expect(clippy::panic, reason = "a failed expectation panics")]
pub(crate) fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// The lines of both: `-` was expected and is missing, `+` was found and not expected.
pub(crate) fn difference(found: &impl Debug, expected: &impl Debug) -> String {
    let found = format!("{found:#?}");
    let expected = format!("{expected:#?}");
    let found: Vec<&str> = found.lines().collect();
    let expected: Vec<&str> = expected.lines().collect();
    let mut lines = vec!["- expected, + found".to_owned()];
    mark(&expected, &found, &mut lines);
    lines.join("\n")
}

/// Writes the common lines, then the lines that one side must skip to match again, and so on.
fn mark(mut expected: &[&str], mut found: &[&str], lines: &mut Vec<String>) {
    loop {
        match (expected.split_first(), found.split_first()) {
            (None, None) => return,
            (Some((line, rest)), Some((same, others))) if line == same => {
                lines.push(format!("  {line}"));
                (expected, found) = (rest, others);
            }
            (Some((line, rest)), other) => {
                let ahead = found.iter().position(|found| found == line);
                let behind = other.and_then(|(found, _)| rest.iter().position(|line| line == found));
                match (ahead, behind, other) {
                    // The expected line follows further down: the lines before it were added.
                    (Some(ahead), behind, Some((added, others))) if behind.is_none_or(|behind| ahead <= behind) => {
                        lines.push(format!("+ {added}"));
                        found = others;
                    }
                    _ => {
                        lines.push(format!("- {line}"));
                        expected = rest;
                    }
                }
            }
            (None, Some((line, rest))) => {
                lines.push(format!("+ {line}"));
                found = rest;
            }
        }
    }
}
