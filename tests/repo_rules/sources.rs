//! Small files that say their idea first, binaries of a few lines, and nothing of the machine a file was written on.

use std::path::Path;

use xtask::repo;

use super::nothing_wrong;

/// The most lines of a source file.
const LONGEST: usize = 500;

/// The most lines of a binary.
const LONGEST_BINARY: usize = 8;

#[test]
fn files_are_small_say_their_idea_first_and_name_no_machine() {
    let sources = repo::files(&repo::root(), "").unwrap().into_iter().filter(|path| path.ends_with(".rs")).count();
    assert!(sources > 100, "only {sources} sources were found");
    nothing_wrong(problems(&repo::root()));
}

#[test]
fn a_bad_file_is_seen() {
    let house = tempfile::tempdir().unwrap();
    repo::write(house.path(), "src/long.rs", &"//! Long.\n".repeat(501)).unwrap();
    repo::write(house.path(), "functions/src/bin/long.rs", &"//! Long.\n".repeat(9)).unwrap();
    repo::write(house.path(), "src/mute.rs", "fn main() {}\n").unwrap();
    repo::write(house.path(), "src/later.rs", concat!("//! Soon.\n// TO", "DO: all\n")).unwrap();
    repo::write(house.path(), "notes.md", concat!("see /ro", "ot/notes\n")).unwrap();
    assert_eq!(problems(house.path()).len(), 5, "{:?}", problems(house.path()));
}

/// What is wrong with the files of this house.
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
                problems.push(format!("{path}:{}: take {word:?} away", number + 1));
            }
        }
    }
    problems
}

fn source(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let most = if path.starts_with("functions/src/bin/") { LONGEST_BINARY } else { LONGEST };
    if lines > most {
        return Some(format!("{path} has {lines} lines of at most {most}; give its second idea a file"));
    }
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    (!is_test && !text.starts_with("//!")).then(|| format!("{path} must begin with its idea: //! …"))
}

/// Paths of machines, hosts of registries, and promises for later. Each is put together here, so that this file
/// does not hold it.
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
