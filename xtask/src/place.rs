//! Where things stand in the house. Each name is derived here and typed nowhere else.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use heck::ToPascalCase;

/// The house in which this runs. Cargo says at run time where a package stands; what was known when this was built
/// is second, because cargo takes an earlier build of a house that was moved since for a fresh one.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let house =
        package.as_deref().and_then(|package| package.ancestors().find(|it| it.join("xtask/src/place.rs").exists()));
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    house.or(built.parent()).unwrap_or(built).to_owned()
}

/// The template.
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

/// The logical id of the queue that takes the dead letters of a context.
pub fn dead_letters_of(context: &str) -> String {
    format!("{}DeadLetters", context.to_pascal_case())
}

/// The logical id of the log group of a context's functions.
pub fn log_group_of(context: &str) -> String {
    format!("{}LogGroup", context.to_pascal_case())
}

/// The logical id of the role of a context's functions that do this.
pub fn role_of(context: &str, does: &str) -> String {
    format!("{}{does}", context.to_pascal_case())
}

/// A function's binary, from the package of the functions.
pub fn binary(function: &str) -> String {
    format!("src/bin/{function}.rs")
}

/// Cargo in a folder. What the outer cargo says of its own package is kept from it: build scripts that watch these
/// words would run again at every change between a call from here and one from a terminal.
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

/// Reads a file of the house; the error names it.
pub fn read(root: &Path, path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(root.join(path)).with_context(|| format!("{path} cannot be read"))
}

/// Writes a file of the house if that changes it, and says whether it did.
pub fn write(root: &Path, path: &str, text: &str) -> anyhow::Result<bool> {
    let full = root.join(path);
    if std::fs::read_to_string(&full).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    if let Some(folder) = full.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder of {path} cannot be made"))?;
    }
    std::fs::write(&full, text).with_context(|| format!("{path} cannot be written"))?;
    Ok(true)
}

/// All files below a folder, sorted, without what builds leave behind.
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
                true if LEFT_BEHIND.contains(&name.as_str()) => {}
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}

const LEFT_BEHIND: [&str; 5] = ["target", ".git", ".aws-sam", ".causeway", "__pycache__"];
