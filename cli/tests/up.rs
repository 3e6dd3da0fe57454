//! The whole of Causeway in this process: through the port, the functions and back.

#[path = "up/kept.rs"]
mod kept;
#[path = "up/program.rs"]
mod program;
#[path = "up/told.rs"]
mod told;

use std::path::{Path, PathBuf};

use causeway_cli::{
    demo::{self, Patience, Show, Summary},
    output::Output,
    up::{Running, Up},
};

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml")
}

fn wanted(data: Option<&Path>) -> Up {
    Up {
        port: 0,
        data: data.map(Path::to_owned).unwrap_or_default(),
        fresh: false,
        memory: data.is_none(),
        speed: None,
        paused: false,
        binaries: None,
        template: template(),
        demo: false,
        fault: Vec::new(),
        seed: None,
        verbose: false,
    }
}

/// How the demo went, and what it showed, in colours.
async fn played(running: &Running, patience: &Patience) -> (Summary, String) {
    let mut out = Vec::new();
    let mut show = Show::new(Output::new(false, &mut out).with_colours(true));
    let played = demo::play(running, patience, &mut show).await;
    let shown = String::from_utf8(out).expect("a text");
    match played {
        Ok(summary) => (summary, shown),
        Err(error) => panic!("{error:#}\n{shown}"),
    }
}

/// The same when it must end as told.
async fn told(running: &Running) -> (Summary, String) {
    let (summary, shown) = played(running, &Patience::with(running)).await;
    assert!(summary.is_as_told(), "{}\n{shown}", summary.missing());
    (summary, shown)
}
