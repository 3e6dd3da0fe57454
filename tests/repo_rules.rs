//! The rules of the repository. Each failure names what to change, and where.

mod alarms;
mod catalogue;
mod coverage;
mod crate_dependencies;
mod documents;
mod entry_points;
mod function_roles;
mod generated;
mod import_loops;
mod packages;
mod patterns;
mod policy_statements;
mod protection;
mod queues;
mod sources;
mod template;
mod traces;
mod verification;
mod xtask_new;

/// Fails with all problems at once.
fn assert_none(problems: Vec<String>) {
    assert!(problems.is_empty(), "the repository breaks its rules:\n- {}", problems.join("\n- "));
}
