//! Everything that `cargo xtask generate` derives from the routes: binaries, manifest and templates.

use std::{collections::BTreeSet, path::Path};

use crate::{binaries, place, stacks};

/// The generated files: each path with its content.
pub fn files(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let routes = functions::routes();
    Ok([binaries::generate(root, &routes)?, stacks::generate(root, &routes)?].concat())
}

/// Files in generated folders that no route generates any more.
pub fn orphans(root: &Path) -> anyhow::Result<Vec<String>> {
    let generated: BTreeSet<String> = files(root)?.into_iter().map(|(path, _)| path).collect();
    let mut found = Vec::new();
    for folder in ["functions/src/bin", "infra/stacks"] {
        found.extend(place::files(root, folder)?.into_iter().filter(|path| !generated.contains(path)));
    }
    Ok(found)
}
