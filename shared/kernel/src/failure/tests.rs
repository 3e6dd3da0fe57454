//! A failure keeps its error, and names it with its causes.

use super::*;

#[test]
fn a_failure_keeps_its_error_as_its_reason_and_its_source() {
    for (failure, line) in [
        (Failure::transient("no socket"), "not handled, will be retried: no socket"),
        (Failure::permanent("no such rule"), "not handled, can never be handled: no such rule"),
    ] {
        assert_eq!(causes(&failure), line);
        assert_eq!(line.rsplit(": ").next(), Some(failure.reason().to_string().as_str()));
    }
}
