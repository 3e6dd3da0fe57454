//! The command `cargo xtask`.
#![expect(clippy::print_stdout, reason = "a command speaks to the person who called it")]

use std::process::ExitCode;

use clap::Parser;
use xtask::{catalogue, chaos, check, generated, new, permissions, place, template};

/// For those who build Causeway.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// All checks: formatting, clippy, tests, docs, licences, template. The last line counts them.
    Test(check::Choice),
    /// Writes schema and sample of every message to `events/`.
    Events {
        /// Writes nothing, and fails if something would be written.
        #[arg(long)]
        check: bool,
    },
    /// Writes what follows from types and routes: binaries, manifest, templates, `events/`, permissions.
    Generate {
        /// Writes nothing, and fails if something would be written.
        #[arg(long)]
        check: bool,
    },
    /// Writes a new context, command, event or view, and generates what follows from it.
    New {
        /// What to create.
        #[command(subcommand)]
        new: new::New,
    },
    /// Writes who may do what to `tests/repo_rules/permissions.snapshot`.
    Permissions,
    /// Orders on this machine while functions and the cloud itself are killed; then the log says what held.
    Chaos(chaos::Choice),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Test(choice) => check::run(&place::root(), &choice),
        Task::Events { check: true } => check_events(),
        Task::Events { check: false } => write_events(),
        Task::Generate { check } => generate(check),
        Task::New { new } => write_new(&new),
        Task::Permissions => write_permissions(),
        Task::Chaos(choice) => chaos::run(&place::root(), &choice).map(|tally| tally.failed == 0),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_events() -> anyhow::Result<bool> {
    for path in catalogue::generate(&place::root(), &domain::catalogue())? {
        println!("wrote {path}");
    }
    check_events()
}

fn check_events() -> anyhow::Result<bool> {
    let problems = catalogue::problems(&place::root(), &domain::catalogue())?;
    for problem in &problems {
        println!("{problem}");
    }
    Ok(problems.is_empty())
}

fn generate(check: bool) -> anyhow::Result<bool> {
    let root = place::root();
    let mut done = true;
    for (path, content) in generated::files(&root)? {
        if check {
            if place::read(&root, &path).ok().as_ref() != Some(&content) {
                println!("{path} is out of date; run `cargo xtask generate`");
                done = false;
            }
        } else if place::write(&root, &path, &content)? {
            println!("wrote {path}");
        }
    }
    for orphan in generated::orphans(&root)? {
        println!("{orphan} has no route; delete it");
        done = false;
    }
    if check { Ok(done & check_events()?) } else { Ok(done & write_events()? & write_permissions()?) }
}

fn write_permissions() -> anyhow::Result<bool> {
    let root = place::root();
    let stack = template::read(&place::read(&root, place::FLAT_TEMPLATE)?)?;
    if place::write(&root, permissions::SNAPSHOT, &permissions::matrix(&stack))? {
        println!("wrote {}", permissions::SNAPSHOT);
    }
    Ok(true)
}

fn write_new(new: &new::New) -> anyhow::Result<bool> {
    let root = place::root();
    for path in new::write(&root, new)? {
        println!("wrote {path}");
    }
    // The types have changed, so a new build of this tool generates what follows from them.
    for arguments in [
        &["fmt", "--package", "domain", "--package", "functions"][..],
        &["run", "--quiet", "--package", "xtask", "--", "generate"],
    ] {
        if !place::cargo(&root).args(arguments).status()?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}
