//! No modules of a crate import each other in a loop. A module is a file; it imports what its `use` declarations and its
//! paths beginning with `crate`, `super`, `self` or a child module name. A re-export of a child (`pub use child::X`) is
//! no import of its parent, and a name that is re-exported is an import of the module that defines it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use xtask::repo;

use super::assert_none;

/// The folders whose crates are checked.
const FOLDERS: [&str; 6] = ["shared/kernel", "shared/domain", "shared/aws", "functions", "cli", "xtask"];

/// The crates whose loops are still to be removed.
const KNOWN: [&str; 0] = [];

#[test]
fn no_modules_import_each_other_in_a_loop() {
    let root = repo::root();
    let crates: Vec<String> = FOLDERS.iter().flat_map(|folder| crates(&root, folder)).collect();
    assert!(crates.len() >= FOLDERS.len(), "only {crates:?} were found");
    let mut found = Vec::new();
    for source in &crates {
        for one in loops(&root, source) {
            match KNOWN.contains(&source.as_str()) {
                true => println!("known: {source}: {one}"),
                false => found.push(format!("{source}: {one}; move what they share into a module of its own")),
            }
        }
    }
    assert_none(found);
}

/// The modules of a planted crate: path and text.
type Sources = &'static [(&'static str, &'static str)];

#[test]
fn a_planted_loop_is_found() {
    let cases: [(&str, Sources, &str); 7] = [
        ("direct", &[("a", "use crate::b::B;"), ("b", "use crate::a::A;")], "a -> b -> a"),
        (
            "through a third module",
            &[("a", "use crate::b::B;"), ("b", "use crate::{c::C};"), ("c", "use crate::{std, a::{A, X}};")],
            "a -> b -> c -> a",
        ),
        ("through super", &[("a", "mod child;\nuse child::C;"), ("a/child", "use super::A;")], "a -> a::child -> a"),
        ("inline paths", &[("a", "fn f() { crate::b::f() }"), ("b", "fn f() -> super::a::A {}")], "a -> b -> a"),
        (
            "a child's path",
            &[("a", "fn f() { child::f() }"), ("a/child", "use super::{self, A};")],
            "a -> a::child -> a",
        ),
        (
            "through a re-export",
            &[("a", "pub use child::C;"), ("a/child", "use crate::b::B;"), ("b", "use crate::a::C;")],
            "a::child -> b -> a::child",
        ),
        ("a glob", &[("a", "use crate::b::*;"), ("b", "use super::a as other;")], "a -> b -> a"),
    ];
    for (name, files, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        files
            .iter()
            .for_each(|(path, text)| assert!(repo::write(folder.path(), &format!("src/{path}.rs"), text).unwrap()));
        assert_eq!(loops(folder.path(), "src"), [expected], "{name}");
    }
}

#[test]
fn imports_in_one_direction_are_no_loop() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("lib", "pub mod a; pub mod b; pub use a::A; pub use b::B;"),
        ("a", "mod child; mod leaf; pub(crate) use child::C; /* use crate::b::B; */ const T: &str = \"crate::b::B\";"),
        ("a/child", "use super::leaf::L; // use super::A;\nmod inner { use super::super::A; }"),
        ("a/leaf", "macro_rules! m { () => { $crate::b::B } } fn f<'a>(_: &'a str) { ';' }"),
        ("a/tests", "use super::A; use crate::b::B;"),
        ("b", "use crate::{A, a::C}; mod tests { use super::*; }"),
    ] {
        repo::write(folder.path(), &format!("src/{path}.rs"), text).unwrap();
    }
    assert_eq!(loops(folder.path(), "src"), Vec::<String>::new());
}

/// A module's path in its crate; the root's is empty.
type ModulePath = Vec<String>;

/// An import: its path from the crate's root, and whether it is a re-export.
struct Import {
    path: ModulePath,
    alias: String,
    is_public: bool,
}

/// The source folders of the crates in a folder.
fn crates(root: &Path, folder: &str) -> Vec<String> {
    let files = repo::files(root, folder).unwrap().into_iter();
    files.filter_map(|path| path.strip_suffix("Cargo.toml").map(|folder| format!("{folder}src"))).collect()
}

/// One loop of each group of modules that import each other.
fn loops(root: &Path, source: &str) -> Vec<String> {
    let mut modules: BTreeMap<ModulePath, Vec<String>> = BTreeMap::new();
    for path in repo::files(root, source).unwrap() {
        let Some(name) = path.strip_prefix(source).and_then(|path| path.strip_suffix(".rs")) else { continue };
        let mut module: ModulePath = name.split('/').skip(1).map(str::to_owned).collect();
        if module[0] == "bin" || module[0] == "main" || module.iter().any(|part| part == "tests") {
            continue;
        }
        if module == ["lib"] || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        modules.insert(module, tokens(&repo::read(root, &path).unwrap()));
    }
    let imports: BTreeMap<&ModulePath, Vec<Import>> =
        modules.iter().map(|(module, tokens)| (module, imports(module, tokens, &modules))).collect();
    let edges: BTreeMap<&ModulePath, BTreeSet<&ModulePath>> = imports
        .iter()
        .map(|(module, list)| {
            let resolved = list.iter().filter_map(|import| {
                let target = resolve(&import.path, &imports, 0)?;
                let is_reexport = import.is_public && target.starts_with(module);
                (target != *module && !is_reexport).then_some(target)
            });
            (*module, resolved.collect())
        })
        .collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for start in edges.keys() {
        if let Some(cycle) = shortest_cycle(start, &edges)
            && cycle.iter().all(|module| !seen.contains(module))
        {
            let names: Vec<String> = cycle.iter().chain([&cycle[0]]).map(|module| name(module)).collect();
            found.push(names.join(" -> "));
            seen.extend(cycle);
        }
    }
    found
}

fn name(module: &[String]) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

fn shortest_cycle<'a>(
    start: &'a ModulePath,
    edges: &BTreeMap<&'a ModulePath, BTreeSet<&'a ModulePath>>,
) -> Option<Vec<&'a ModulePath>> {
    let mut paths = vec![vec![start]];
    let mut seen = BTreeSet::from([start]);
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        for target in &edges[path[path.len() - 1]] {
            if *target == start {
                return Some(path);
            }
            if seen.insert(*target) {
                paths.push([path.as_slice(), &[*target]].concat());
            }
        }
        next += 1;
    }
    None
}

/// The module that defines what a path names: follows modules and re-exports.
fn resolve<'a>(
    path: &[String],
    imports: &BTreeMap<&'a ModulePath, Vec<Import>>,
    depth: usize,
) -> Option<&'a ModulePath> {
    let mut length = 0;
    while length < path.len() && imports.keys().any(|module| module.as_slice() == &path[..=length]) {
        length += 1;
    }
    let (module, list) = imports.get_key_value(&path[..length].to_vec())?;
    let Some(item) = path.get(length) else { return Some(module) };
    let exported = list.iter().find(|import| import.alias == *item && import.path != path);
    match exported {
        Some(import) if depth < 8 => resolve(&[&import.path, &path[length + 1..]].concat(), imports, depth + 1),
        _ => Some(module),
    }
}

/// The imports of a module.
fn imports(module: &ModulePath, tokens: &[String], modules: &BTreeMap<ModulePath, Vec<String>>) -> Vec<Import> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = if at == 0 { "" } else { tokens[at - 1].as_str() };
        if tokens[at] == "use" {
            let is_public =
                before == "pub" || (before == ")" && tokens[..at].iter().rev().take(6).any(|it| it == "pub"));
            let mut leaves = Vec::new();
            at = use_tree(tokens, at + 1, &[], &mut leaves);
            for (path, alias) in leaves {
                found.extend(absolute(module, &path, modules).map(|path| Import { path, alias, is_public }));
            }
        } else if !["::", "$", "."].contains(&before) && tokens.get(at + 1).is_some_and(|next| next == "::") {
            let mut path = vec![tokens[at].clone()];
            while tokens.get(at + 1).is_some_and(|next| next == "::")
                && tokens.get(at + 2).is_some_and(|it| is_word(it))
            {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
            let absolute = absolute(module, &path, modules);
            found.extend(absolute.map(|path| Import { path, alias: String::new(), is_public: false }));
        }
        at += 1;
    }
    found
}

/// Reads a tree of a `use` declaration from this token on: each leaf with its name here. Returns the token after it.
fn use_tree(tokens: &[String], mut at: usize, prefix: &[String], leaves: &mut Vec<(Vec<String>, String)>) -> usize {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = use_tree(tokens, at, &path, leaves);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            "*" => {
                leaves.push((path, String::new()));
                return at + 1;
            }
            word if is_word(word) => {
                if word != "self" || path.is_empty() {
                    path.push(word.to_owned());
                }
                at += 1;
                let is_leaf = tokens.get(at).is_none_or(|next| next != "::");
                if is_leaf {
                    let renamed = tokens.get(at).is_some_and(|next| next == "as");
                    let alias = if renamed { tokens.get(at + 1) } else { path.last() };
                    leaves.push((path.clone(), alias.cloned().unwrap_or_default()));
                    return if renamed { at + 2 } else { at };
                }
            }
            _ => return at,
        }
    }
    at
}

/// The path from the root of the crate; none for a path of another crate.
fn absolute(module: &ModulePath, path: &[String], modules: &BTreeMap<ModulePath, Vec<String>>) -> Option<ModulePath> {
    let mut base = module.clone();
    let rest = match path[0].as_str() {
        "crate" => {
            base.clear();
            &path[1..]
        }
        "self" => &path[1..],
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            base.truncate(base.len().checked_sub(ups)?);
            &path[ups..]
        }
        child => {
            base.push(child.to_owned());
            if !modules.contains_key(&base) {
                return None;
            }
            &path[1..]
        }
    };
    Some([base.as_slice(), rest].concat())
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// The words and signs of a source, without comments, strings and inline modules.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#\"") => {
                let end = if rest.starts_with("r#") { "\"#" } else { "\"" };
                let from = rest.find('"').unwrap_or_default() + 1;
                rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len())
            }
            '"' => quoted(rest),
            '\'' => match rest.chars().nth(1) {
                Some('\\') => 4 + rest[3..].find('\'').unwrap_or_default(),
                Some(inner) if rest[1 + inner.len_utf8()..].starts_with('\'') => 2 + inner.len_utf8(),
                _ => 1,
            },
            _ => {
                let word = rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
                let length = if word > 0 {
                    word
                } else if rest.starts_with("::") {
                    2
                } else {
                    first.len_utf8()
                };
                if !first.is_whitespace() {
                    tokens.push(rest[..length].to_owned());
                }
                length
            }
        };
        rest = &rest[length..];
    }
    without_inline_modules(tokens)
}

/// The length of the string literal at the beginning.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, it)| {
        let ends = *it == '"' && !escaped;
        escaped = *it == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn without_inline_modules(tokens: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "mod" && tokens.get(at + 2).is_some_and(|open| open == "{") {
            let mut depth = 0;
            at += 2;
            while at < tokens.len() {
                depth += i32::from(tokens[at] == "{") - i32::from(tokens[at] == "}");
                at += 1;
                if depth == 0 {
                    break;
                }
            }
            continue;
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}
