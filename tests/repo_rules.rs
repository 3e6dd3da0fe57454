//! The rules of the house. Each failure names what to add, and where.

mod arrows;
mod catalogue;
mod documents;
mod floods;
mod functions_agree;
mod import_loops;
mod packages;
mod page;
mod patterns;
mod permissions;
mod proofs;
mod protection;
mod queues;
mod rights;
mod sources;
mod traces;
mod watch;
mod xtask_new;

/// Fails with all that is wrong at once.
fn nothing_wrong(problems: Vec<String>) {
    assert!(problems.is_empty(), "the house is not in order:\n- {}", problems.join("\n- "));
}
