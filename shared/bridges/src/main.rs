//! The command `causeway-bridge`.

use std::process::ExitCode;

use causeway_bridges::{
    options::{Options, failed},
    run::run,
};
use clap::Parser;
use tracing_subscriber::{filter::LevelFilter, fmt};

fn main() -> ExitCode {
    let options = Options::parse();
    fmt().with_ansi(false).with_writer(std::io::stderr).with_max_level(LevelFilter::WARN).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ran = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(&options)));
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}
