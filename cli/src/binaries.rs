//! The functions as processes of their own, from binaries that were built before.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use causeway_local::{
    clock::Clock,
    cloud::Observer,
    lambda::process::{LogLine, Processes, Settings},
    template::{self, Function},
};

/// Beyond one warm process for each function, so many more: a function that is needed twice takes none from another.
const SPARE: usize = 8;

/// The folder in which this program itself stands: cargo puts the binaries of a workspace side by side.
pub fn beside_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("this program does not know where it stands; name the folder")?;
    Ok(program.parent().map(Path::to_owned).unwrap_or_default())
}

/// Who starts them, if all of them are there.
pub fn processes(
    folder: PathBuf,
    declared: &[Function],
    settings: &template::Settings,
    clock: &Clock,
    observer: &Observer,
) -> anyhow::Result<Processes> {
    let settings = Settings {
        binaries: folder,
        region: settings.region.clone(),
        endpoint_url: settings.endpoint.clone(),
        most: declared.len() + SPARE,
        clock: clock.clone(),
    };
    let missing: Vec<String> = declared
        .iter()
        .filter(|function| !settings.binary(function).is_file())
        .map(|function| format!("\n  {} of {}", file_name(&settings.binary(function)), function.id))
        .collect();
    if !missing.is_empty() {
        bail!(
            "{} of {} binaries are not in {}; build them with `cargo build -p functions`, or with `--release` and name \
             that folder:{}",
            missing.len(),
            declared.len(),
            settings.binaries.display(),
            missing.concat()
        );
    }
    let told = observer.log_listener();
    let listener = move |line: LogLine| {
        tracing::info!(function = line.function, process = line.process_id, "{}", line.line);
        told(line);
    };
    Ok(Processes::new(settings, Arc::new(listener)))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
