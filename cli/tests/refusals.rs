//! What keeps the cloud from starting is said in words: which file or line it is, and what to do next.

#[path = "refusals/disk.rs"]
mod disk;
#[path = "refusals/kept.rs"]
mod kept;
#[path = "refusals/place.rs"]
mod place;
#[path = "refusals/program.rs"]
mod program;
#[path = "refusals/running.rs"]
mod running;

use std::path::Path;

use causeway_cli::up::{Running, Up, start};
use clap::Parser;

/// The template of the house.
const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml");

#[derive(Parser)]
struct Asked {
    #[command(flatten)]
    up: Up,
}

/// A start with these arguments, on any port.
fn asked(arguments: &[&str]) -> Up {
    Asked::parse_from(["causeway", "--port", "0", "--template", TEMPLATE].iter().chain(arguments)).up
}

fn in_folder(folder: &Path) -> Up {
    asked(&["--data", folder.to_str().expect("a plain name")])
}

async fn started(wanted: &Up) -> Running {
    start(wanted).await.unwrap_or_else(|error| panic!("{error:#}"))
}

/// Why it does not start.
async fn refusal(wanted: &Up) -> String {
    match start(wanted).await {
        Ok(_) => panic!("the cloud has started"),
        Err(error) => format!("{error:#}"),
    }
}

/// Starts a cloud in this folder once, so that there is something in it.
async fn used(folder: &Path) {
    let running = started(&in_folder(folder)).await;
    running.cloud.stop().await;
}
