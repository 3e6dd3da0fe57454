//! The stack as it will be in the cloud: deployed by SAM to an emulator, its journeys made, deleted; and the same
//! journeys on the local cloud. The tests themselves stand in `tests/localstack`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    check::{
        aws_tools::TOOLS,
        python::Environment,
        run::{Tally, counted, whole},
        template::LINTERS,
    },
    place,
};

const EMULATOR: Environment =
    Environment { requirements: "tests/localstack/requirements.txt", folder: "target/python-ministack" };

/// Builds the functions as its users do, by `sam build`, and rehearses with them on the emulator; then with the binaries
/// of the other checks on the local cloud, with every function a process of its own and in one process.
pub(super) fn check(root: &Path) -> anyhow::Result<Tally> {
    let (Some(programs), Some(builders), Some(_)) =
        (TOOLS.programs(root)?, LINTERS.programs(root)?, EMULATOR.programs(root)?)
    else {
        return Ok(Tally::skipped());
    };
    let built = whole(place::cargo(root).args(["build", "--locked", "--workspace", "--bins"]))?;
    if built.failed > 0 {
        return Ok(built);
    }
    let packed = whole(&mut sam_build(root, &builders)?)?;
    if packed.failed > 0 {
        return Ok(packed);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let binaries = target.join("debug");
    let cloud = binaries.join("causeway");
    let rehearse = |words: &[(&str, &Path)]| {
        let mut python = Command::new(programs.join("python"));
        python.current_dir(root).args(["-B", "tests/localstack/main.py"]);
        // An endpoint of the user's own is for a rehearsal by hand.
        python.env_remove("AWS_ENDPOINT_URL");
        words.iter().for_each(|(option, path)| {
            python.arg(option).arg(path);
        });
        counted(&mut python)
    };
    let emulator = rehearse(&[])?;
    let processes = rehearse(&[("--local", &cloud), ("--binaries", &binaries)])?;
    let in_one = rehearse(&[("--local", &cloud)])?;
    Ok(packed + emulator + processes + in_one)
}

/// `sam build`, which looks for its builder of Rust among the programs.
fn sam_build(root: &Path, builders: &Path) -> anyhow::Result<Command> {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::join_paths(std::iter::once(builders.to_owned()).chain(std::env::split_paths(&others)))?;
    let mut sam = Command::new(builders.join("sam"));
    sam.current_dir(root).args(["build", "--config-env", "local"]);
    sam.env("PATH", programs).env("SAM_CLI_TELEMETRY", "0").env("AWS_EC2_METADATA_DISABLED", "true");
    Ok(sam)
}
