//! The program behind `cargo xtask chaos`.

use std::process::ExitCode;

use clap::Parser;
use tests::chaos::{self, Options};

/// Puts orders into the local cloud while functions and the cloud itself are killed; then checks all invariants.
#[derive(Parser)]
#[command(name = "cargo xtask chaos")]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    match chaos::run(&xtask::repo::root(), &Arguments::parse().options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
