//! The local cloud as its users meet it: the AWS CLI and boto3 make the first journey against `causeway up`.
//! The tests themselves stand in `tests/aws`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    check::{
        python::Environment,
        run::{Tally, counted, whole},
    },
    place,
};

pub(super) const TOOLS: Environment =
    Environment { requirements: "tests/aws/requirements.txt", folder: "target/python-aws" };

/// Builds the command, as all binaries are built here, and runs the journeys with it.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let Some(programs) = TOOLS.programs(root)? else { return Ok(Tally::skipped()) };
    let built = whole(place::cargo(root).args(["build", "--locked", "--workspace", "--bins"]))?;
    if built.failed > 0 {
        return Ok(built);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut python = Command::new(programs.join("python"));
    python.current_dir(root).args(["-B", "tests/aws/main.py"]).arg(target.join("debug/causeway"));
    counted(&mut python)
}
