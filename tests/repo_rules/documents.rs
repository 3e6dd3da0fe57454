//! What the documents promise is in the code: the search words of CONTRIBUTING.md find their files, and the glossary names
//! existing items, among them everything that the library exports.

use std::{collections::BTreeSet, path::Path};

use xtask::repo;

use super::assert_none;

/// The paths that are searched, in the order in which `git grep` lists their files.
const SEARCHED: [&str; 4] = ["functions/", "infra/stacks/", "infra/template.yaml", "shared/"];

/// The number of files that a reader looks through.
const FIRST_HITS: usize = 8;

/// The keywords before the name of an item.
const ITEMS: [&str; 8] = ["struct", "enum", "trait", "fn", "const", "type", "mod", "macro_rules"];

#[test]
fn every_search_word_of_contributing_finds_its_file_among_the_first_hits() {
    let root = repo::root();
    let page = repo::read(&root, "CONTRIBUTING.md").unwrap();
    let table = page.lines().skip_while(|line| !line.contains("| search for |")).skip(2);
    let rows: Vec<(&str, &str)> = table.take_while(|line| line.starts_with('|')).map(word_and_file).collect();
    assert!(rows.len() >= 15, "only {} rows were found under \"search for\"", rows.len());
    assert_none(rows.iter().filter_map(|(word, file)| search_problem(&root, word, file)).collect());
}

#[test]
fn a_search_word_that_finds_another_file_is_reported() {
    let root = repo::root();
    assert!(search_problem(&root, "put_events", "shared/kernel/src/app.rs").is_some());
    assert!(search_problem(&root, "two words", "shared/aws/src/eventbridge.rs").is_some());
}

#[test]
fn the_glossary_names_existing_items_and_everything_that_the_library_exports() {
    let root = repo::root();
    let page = repo::read(&root, "docs/glossary.md").unwrap();
    let listed: BTreeSet<&str> = page.lines().filter_map(|line| line.rsplit('|').nth(1)).flat_map(names).collect();
    assert!(listed.len() > 80, "only {} names were found in docs/glossary.md", listed.len());
    let mut items = BTreeSet::new();
    for path in sources(&root, |path| path.ends_with(".rs")) {
        items.extend(items_of(&repo::read(&root, &path).unwrap()));
    }
    let unknown = listed.iter().filter(|name| **name != "RawValue" && !items.contains(**name));
    let unknown = unknown.map(|name| format!("docs/glossary.md: {name} is no item of the code"));
    let exports = repo::read(&root, "shared/kernel/src/lib.rs").unwrap();
    let exports = exports.split("pub use ").skip(1).filter_map(|statement| statement.split(';').next());
    let exported: Vec<String> = exports.flat_map(|statement| words(statement).map(str::to_owned)).collect();
    let mentioned: BTreeSet<&str> = names(&page).collect();
    let missing = exported.iter().filter(|name| items.contains(*name) && !mentioned.contains(name.as_str()));
    let missing = missing.filter(|name| name.starts_with(char::is_uppercase));
    assert_none(unknown.chain(missing.map(|name| format!("docs/glossary.md: {name} is missing"))).collect());
}

/// The second and the third cell of a row.
fn word_and_file(row: &str) -> (&str, &str) {
    let mut cells = row.split('|').skip(2).map(|cell| cell.trim().trim_matches('`'));
    (cells.next().unwrap(), cells.next().unwrap())
}

fn search_problem(root: &Path, word: &str, file: &str) -> Option<String> {
    let searched = |path: &str| SEARCHED.iter().any(|start| path.starts_with(start)) && !path.contains("tests");
    let has_word = |path: &String| repo::read(root, path).is_ok_and(|text| words(&text).any(|found| found == word));
    let hits: Vec<String> = sources(root, searched).into_iter().filter(has_word).take(FIRST_HITS).collect();
    let found = hits.iter().any(|hit| hit == file);
    (!found).then(|| format!("CONTRIBUTING.md: {word:?} finds {hits:?}, but not {file}; name another word or file"))
}

fn sources(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    repo::files(root, "").unwrap().into_iter().filter(|path| wanted(path)).collect()
}

/// The names between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('!'))
}

/// The names of the items that a source file declares.
fn items_of(source: &str) -> Vec<String> {
    let words: Vec<&str> = words(source).collect();
    words.windows(2).filter(|pair| ITEMS.contains(&pair[0])).map(|pair| pair[1].to_owned()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}
