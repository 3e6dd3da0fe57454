//! Paths, names and files of the repository. Each name is derived here and nowhere else.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use heck::ToPascalCase;

/// The folder of the repository. Cargo gives the folder of the package at run time; the one at build time is second,
/// because cargo does not rebuild a repository that was moved.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root =
        package.as_deref().and_then(|package| package.ancestors().find(|it| it.join("xtask/src/repo.rs").exists()));
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.or(built.parent()).unwrap_or(built).to_owned()
}

/// The build folder.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// The main template.
pub const TEMPLATE: &str = "infra/template.yaml";

/// The same resources without nested stacks.
pub const FLAT_TEMPLATE: &str = "infra/template.flat.yaml";

/// The template of a context's nested stack.
pub fn stack_of(context: &str) -> String {
    format!("infra/stacks/{context}.yaml")
}

/// The manifest of the functions.
pub const FUNCTIONS: &str = "functions/Cargo.toml";

/// A function's logical id in the template: `order-on-place-order` → `OrderOnPlaceOrder`.
pub fn logical_id(function: &str) -> String {
    function.to_pascal_case()
}

/// The logical id of the dead-letter queue of a context.
pub fn dead_letters_of(context: &str) -> String {
    format!("{}DeadLetters", context.to_pascal_case())
}

/// The logical id of the log group of a context's functions.
pub fn log_group_of(context: &str) -> String {
    format!("{}LogGroup", context.to_pascal_case())
}

/// The logical id of a role of a context, such as `OrderDeciderRole`.
pub fn role_of(context: &str, suffix: &str) -> String {
    format!("{}{suffix}", context.to_pascal_case())
}

/// The source file of a function's binary, relative to the package `functions`.
pub fn binary(function: &str) -> String {
    format!("src/bin/{function}.rs")
}

/// Cargo in a folder, without the environment variables of the package that runs this: build scripts that watch them
/// would run again after every change between a call from here and one from a terminal.
pub fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command.current_dir(folder);
    command
}

/// Reads a file of the repository; the error names it.
pub fn read(root: &Path, path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root.join(path)).with_context(|| format!("{path} cannot be read"))
}

/// Writes a file of the repository unless it has this content; returns whether it wrote.
pub fn write(root: &Path, path: &str, text: &str) -> anyhow::Result<bool> {
    let full = root.join(path);
    if std::fs::read_to_string(&full).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if let Some(folder) = full.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder of {path} cannot be created"))?;
    }
    std::fs::write(&full, text).with_context(|| format!("{path} cannot be written"))?;
    Ok(true)
}

/// All files below a folder, sorted, without those of builds.
pub fn files(root: &Path, folder: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).with_context(|| format!("{folder:?} cannot be listed"))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            match entry.file_type()?.is_dir() {
                // In a linked work tree `.git` is a file.
                _ if NOT_SOURCES.contains(&name.as_str()) => {}
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

const NOT_SOURCES: [&str; 5] = ["target", ".git", ".aws-sam", ".causeway", "__pycache__"];
