//! Everything that `cargo xtask generate` derives from types and routes: binaries, manifest, templates, the catalogue in
//! `events/`, the matrix of permissions and the event storming board.

use std::{collections::BTreeSet, path::Path};

use anyhow::Context;

use crate::{asyncapi, binaries, board, catalogue, openapi, permissions, repo, stacks, template};

/// The generated files but the catalogue: each path with its content.
pub fn files(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let routes = functions::routes();
    let http = functions::http::http_functions();
    let mut files = [binaries::generate(root, &routes, &http)?, stacks::generate(root, &routes, &http)?].concat();
    let flat = files.iter().find(|(path, _)| path == repo::FLAT_TEMPLATE).context("no flat template is generated")?;
    files.push((permissions::SNAPSHOT.to_owned(), permissions::matrix(&template::read(&flat.1)?)));
    files.push((board::PAGE.to_owned(), board::page(&routes, &domain::catalogue())));
    files.push((openapi::FILE.to_owned(), openapi::describe(&http, &functions::http::commands::commands())?));
    files.push((asyncapi::FILE.to_owned(), asyncapi::describe(&domain::catalogue())?));
    Ok(files)
}

/// Writes every generated file that is missing or out of date; returns the paths.
pub fn write(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut written = Vec::new();
    for (path, content) in files(root)? {
        if repo::write(root, &path, &content)? {
            written.push(path);
        }
    }
    written.extend(catalogue::generate(root, &domain::catalogue())?);
    Ok(written)
}

/// What is out of date, and what no route generates any more; each with what to do.
pub fn problems(root: &Path) -> anyhow::Result<Vec<String>> {
    let files = files(root)?;
    let outdated = files.iter().filter(|(path, content)| repo::read(root, path).ok().as_ref() != Some(content));
    let mut problems: Vec<String> =
        outdated.map(|(path, _)| format!("{path} is out of date; run `cargo xtask generate`")).collect();
    let generated: BTreeSet<&String> = files.iter().map(|(path, _)| path).collect();
    for folder in ["functions/src/bin", "infra/stacks"] {
        let orphans = repo::files(root, folder)?.into_iter().filter(|path| !generated.contains(path));
        problems.extend(orphans.map(|path| format!("{path} has no route; delete it")));
    }
    problems.extend(catalogue::problems(root, &domain::catalogue())?);
    Ok(problems)
}
