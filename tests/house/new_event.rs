//! `cargo xtask new` on a copy of the house: what it writes builds and holds the rules.
//! The copy has its own sources and shares what is built of other people's crates.

use std::path::{Path, PathBuf};

use causeway::Kind;
use xtask::{new::Wanted, place};

use super::{
    functions_agree,
    page::{self, Line},
    protection, sources,
};

const OUR_VERSION: &str = "version = \"0.0.0\"";
const COPY_VERSION: &str = "version = \"0.0.1\"";

#[test]
fn a_new_event_with_its_function_builds_and_holds_the_rules() {
    let house = copy();
    // The second command builds the tool once for both: it writes the catalogue of all there is.
    let heard =
        Wanted { context: "order".to_owned(), message: "OrderMislaid".to_owned(), hears: Some("inventory".to_owned()) };
    xtask::new::write(&house, &heard).unwrap();
    cargo(&house, &["run", "--offline", "--package", "xtask", "--", "new", "order", "OrderGiftWrapped"]);
    cargo(&house, &["run", "--offline", "--package", "xtask", "--", "events", "--check"]);
    cargo(&house, &["check", "--offline", "--workspace"]);
    let mut lines = page::lines();
    lines.push(line("order", "OrderGiftWrapped"));
    lines.push(line("inventory", "OrderMislaid"));
    assert_eq!(functions_agree::problems(&house, &lines), Vec::<String>::new());
    assert_eq!(protection::problems(&house, &lines), Vec::<String>::new());
    assert_eq!(sources::problems(&house), sources::problems(&place::root()), "nothing bad is added");
    let without: Vec<_> = functions_agree::problems(&house, &page::lines());
    assert_eq!(without.len(), 6, "each new function is seen in three places: {without:?}");
}

fn line(context: &str, message: &str) -> Line {
    let (context, message, owner) = (context.to_owned(), message.to_owned(), "order".to_owned());
    Line { context, message, owner, claimed: false, kind: Kind::Event }
}

/// A copy of all sources, always in the same place, so that cargo knows again what it built of it.
fn copy() -> PathBuf {
    let root = place::root();
    let house = root.join("target/new-event");
    let wanted = place::files(&root, "").unwrap();
    if house.exists() {
        for path in place::files(&house, "").unwrap() {
            if !wanted.contains(&path) {
                std::fs::remove_file(house.join(path)).unwrap();
            }
        }
    }
    for path in wanted {
        if let Ok(text) = place::read(&root, &path) {
            // Cargo tells packages apart by name, version and place in the workspace, so without a version of its own
            // the copy's crates would be taken for ours in the folder of builds that both share.
            let text = if path == "Cargo.toml" { text.replacen(OUR_VERSION, COPY_VERSION, 1) } else { text };
            place::write(&house, &path, &text).unwrap();
        }
    }
    assert!(place::read(&house, "Cargo.toml").unwrap().contains(COPY_VERSION), "the copy has no version of its own");
    house
}

fn cargo(house: &Path, arguments: &[&str]) {
    let mut command = place::cargo(house);
    command.args(arguments);
    command.env("CARGO_BUILD_BUILD_DIR", place::root().join("target")).env("CARGO_TARGET_DIR", house.join("target"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {} in the copy:\n{said}\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn a_name_that_is_taken_or_no_name_is_refused() {
    let refused = |context: &str, message: &str| {
        let wanted = Wanted { context: context.to_owned(), message: message.to_owned(), hears: None };
        xtask::new::write(&place::root(), &wanted).unwrap_err().to_string()
    };
    assert!(refused("order", "OrderPlaced").starts_with("OrderPlaced is taken"));
    assert!(refused("order", "order_lost").contains("PascalCase"));
    assert!(refused("bakery", "BreadBaked").contains("no context \"bakery\""));
}
