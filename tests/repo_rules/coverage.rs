//! The page `docs/coverage.md` names existing files and tests, and each system has both or says what is missing.

use std::path::Path;

use xtask::repo;

use super::assert_none;

/// The page with a row for each system.
const PAGE: &str = "docs/coverage.md";

/// What a row says before it names what is missing.
const MISSING: &str = "**not yet**";

#[test]
fn the_coverage_page_names_existing_files_and_tests_for_every_system() {
    let root = repo::root();
    let page = repo::read(&root, PAGE).unwrap();
    let rows = rows(&page).count();
    assert!(rows >= 37, "only {rows} systems were found in {PAGE}");
    assert_none(problems(&root, &page));
}

#[test]
fn an_unknown_file_an_unknown_test_and_a_system_without_either_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    repo::write(folder.path(), "lamp.rs", "fn lit() {}\n\n#[test]\nfn a_lamp_is_lit() {}\n").unwrap();
    let reported = |here: &str, file: &str, test: &str| {
        let page = format!("| system | here | file | test |\n|---|---|---|---|\n| lamp | {here} | {file} | {test} |\n");
        problems(folder.path(), &page).len()
    };
    assert_eq!(reported("`Lamp`", "`lamp.rs`", "`lamp.rs::a_lamp_is_lit`"), 0);
    assert_eq!(reported("`Lamp`", "`lantern.rs`", "`lamp.rs::a_lamp_is_lit`"), 1);
    assert_eq!(reported("`Lamp`", "`lamp.rs`", "`lamp.rs::a_lamp_is_dim`"), 1);
    assert_eq!(reported("`Lamp`", "`lamp.rs`", "`lamp.rs::lit`"), 1, "not every function is a test");
    assert_eq!(reported("`Lamp`", "`lamp.rs`", "–"), 1);
    assert_eq!(reported("`Lamp`", "–", "`lamp.rs::a_lamp_is_lit`"), 1);
    assert_eq!(reported("**not yet**: a lamp", "–", "–"), 0);
    assert_eq!(reported("**not yet**: a lamp", "`lantern.rs`", "–"), 1);
    assert_eq!(reported("`Lamp`", "`lamp.rs`", "`lamp.rs::a_lamp_is_lit` | one cell more"), 1);
}

fn problems(root: &Path, page: &str) -> Vec<String> {
    let wrong = page.lines().flat_map(names).filter_map(|name| name_problem(root, name));
    wrong.chain(rows(page).filter_map(row_problem)).collect()
}

/// The rows of the table, without its head.
fn rows(page: &str) -> impl Iterator<Item = &str> {
    page.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'))
}

/// The names between backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What is wrong with a path (`file.rs`) or with a test (`file.rs::test`); other names are not checked here.
fn name_problem(root: &Path, name: &str) -> Option<String> {
    let (file, test) = match name.split_once(".rs::") {
        Some((file, test)) => (format!("{file}.rs"), Some(test)),
        None if name.ends_with(".rs") => (name.to_owned(), None),
        None => return None,
    };
    match (repo::read(root, &file), test) {
        (Err(_), _) => Some(format!("{PAGE}: {file} does not exist")),
        (Ok(source), Some(test)) if !has_test(&source, test) => Some(format!("{PAGE}: {file} has no test {test}")),
        (Ok(_), _) => None,
    }
}

/// Whether the source declares this function under a test attribute.
fn has_test(source: &str, test: &str) -> bool {
    let declaration = format!("fn {test}(");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_test = |line: &str| line.starts_with("#[test") || line.starts_with("#[tokio::test");
    lines.windows(2).any(|pair| is_test(pair[0]) && pair[1].contains(&declaration))
}

fn row_problem(row: &str) -> Option<String> {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [_, system, here, file, test, _] = cells.as_slice() else {
        return Some(format!("{PAGE}: a row has four cells: {row}"));
    };
    let has_file = names(file).any(|name| name.ends_with(".rs"));
    let has_test = names(test).any(|name| name.contains(".rs::"));
    let is_complete = (has_file && has_test) || here.contains(MISSING);
    (!is_complete).then(|| format!("{PAGE}: {system} needs a file and a test, or {MISSING} with what is missing"))
}
