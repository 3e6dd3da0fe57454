//! Source files are short and begin with a module comment, and no file names a machine or a registry.

use std::path::Path;

use xtask::repo;

use super::assert_none;

/// The most lines of a source file.
const MAX_LINES: usize = 500;

/// The most lines of a generated binary.
const MAX_BINARY_LINES: usize = 12;

#[test]
fn files_are_short_begin_with_a_module_comment_and_name_no_machine() {
    let sources = repo::files(&repo::root(), "").unwrap().into_iter().filter(|path| path.ends_with(".rs")).count();
    assert!(sources > 100, "only {sources} sources were found");
    assert_none(problems(&repo::root()));
}

#[test]
fn a_bad_file_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    repo::write(folder.path(), "src/long.rs", &"//! Long.\n".repeat(501)).unwrap();
    repo::write(folder.path(), "functions/src/bin/long.rs", &"//! Long.\n".repeat(MAX_BINARY_LINES + 1)).unwrap();
    repo::write(folder.path(), "src/bare.rs", "fn main() {}\n").unwrap();
    repo::write(folder.path(), "src/later.rs", concat!("//! Soon.\n// TO", "DO: all\n")).unwrap();
    repo::write(folder.path(), "notes.md", concat!("see /ro", "ot/notes\n")).unwrap();
    assert_eq!(problems(folder.path()).len(), 5, "{:?}", problems(folder.path()));
}

/// The problems of all files of a repository.
pub(super) fn problems(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for path in repo::files(root, "").unwrap() {
        let Ok(text) = repo::read(root, &path) else { continue };
        if path.ends_with("Cargo.lock") || path == "LICENSE" {
            continue;
        }
        if path.ends_with(".rs") {
            problems.extend(source(&path, &text));
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = BANNED.iter().find(|word| line.contains(**word)) {
                problems.push(format!("{path}:{}: remove {word:?}", number + 1));
            }
        }
    }
    problems
}

fn source(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let most = if path.starts_with("functions/src/bin/") { MAX_BINARY_LINES } else { MAX_LINES };
    if lines > most {
        return Some(format!("{path} has {lines} lines, and at most {most} are allowed; split it"));
    }
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    (!is_test && !text.starts_with("//!")).then(|| format!("{path} must begin with a module comment: //! …"))
}

/// Paths of machines, hosts of registries, and open tasks. Each is concatenated, so that this file does not contain it.
const BANNED: [&str; 8] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/tmp", "/"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("index.crates", ".io"),
    concat!("pypi", ".org"),
];
