//! `cargo xtask new` on a copy of the repository: what it writes builds, passes its tests and keeps the rules.
//! The copy has its own sources and shares the build directory.

use std::path::{Path, PathBuf};

use xtask::{
    new::{Member, New},
    repo,
};

use super::sources;

const OUR_VERSION: &str = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
const COPY_VERSION: &str = concat!("version = \"", env!("CARGO_PKG_VERSION"), "+copy\"");

#[test]
fn a_new_context_with_a_command_an_event_and_a_view_builds_and_passes_its_tests() {
    let copy = copy();
    let new = [
        New::Context { name: "gift-card".to_owned() },
        New::Event(member("GiftCardSpent", "gift-card")),
        New::View(member("GiftCards", "gift-card")),
        New::View(member("OrderCount", "order")),
    ];
    for new in &new {
        xtask::new::write(&copy, new).unwrap();
    }
    // The command generates what follows from all of them.
    let xtask = ["run", "--offline", "--package", "xtask", "--"];
    cargo(&copy, &[&xtask[..], &["new", "command", "SpendGiftCard", "--context", "gift-card"]].concat());
    cargo(&copy, &[&xtask[..], &["generate", "--check"]].concat());
    let binaries = ["order-on-order-placed", "gift-card-on-spend-gift-card", "gift-card-on-gift-card-spent"];
    let binaries = binaries.iter().flat_map(|binary| ["--bin", binary]);
    cargo(&copy, &["check", "--offline", "--package", "functions"].into_iter().chain(binaries).collect::<Vec<_>>());
    cargo(&copy, &["test", "--offline", "--package", "domain", "--package", "functions", "--lib"]);
    let generated = [
        "functions/src/bin/gift-card-on-open-gift-card.rs",
        "functions/src/bin/gift-card-on-spend-gift-card.rs",
        "functions/src/bin/gift-card-on-gift-card-spent.rs",
        "infra/stacks/gift-card.yaml",
        "events/gift-card/GiftCardSpent.v1.schema.json",
    ];
    for path in generated {
        assert!(copy.join(path).exists(), "{path} is not generated");
    }
    let order = repo::read(&copy, "functions/src/bin/order-on-order-placed.rs").unwrap();
    assert!(order.contains("(OrderSummary, OrderDetails, OrderCount)"), "{order}");
    assert_eq!(sources::problems(&copy), sources::problems(&repo::root()), "no rule is broken");
}

fn member(name: &str, context: &str) -> Member {
    Member { name: name.to_owned(), context: context.to_owned() }
}

/// A copy of all sources, always at the same path, so that cargo reuses its builds.
fn copy() -> PathBuf {
    let root = repo::root();
    let copy = root.join("target/xtask-new");
    let expected = repo::files(&root, "").unwrap();
    if copy.exists() {
        for path in repo::files(&copy, "").unwrap() {
            if !expected.contains(&path) {
                std::fs::remove_file(copy.join(path)).unwrap();
            }
        }
    }
    for path in expected {
        if let Ok(text) = repo::read(&root, &path) {
            // Cargo tells packages apart by name, version and place in the workspace, so without a version of its own
            // the copy's crates would be confused with ours in the shared build folder.
            let text = if path == "Cargo.toml" { text.replacen(OUR_VERSION, COPY_VERSION, 1) } else { text };
            repo::write(&copy, &path, &text).unwrap();
        }
    }
    assert!(repo::read(&copy, "Cargo.toml").unwrap().contains(COPY_VERSION), "the copy has no version of its own");
    copy
}

fn cargo(copy: &Path, arguments: &[&str]) {
    let mut command = repo::cargo(copy);
    command.args(arguments);
    command.env("CARGO_BUILD_BUILD_DIR", repo::root().join("target")).env("CARGO_TARGET_DIR", copy.join("target"));
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {} in the copy:\n{printed}\n{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn an_existing_or_invalid_name_is_rejected() {
    let rejected = |new: New| xtask::new::write(&repo::root(), &new).unwrap_err().to_string();
    assert!(rejected(New::Event(member("OrderPlaced", "order"))).starts_with("OrderPlaced exists already"));
    assert!(rejected(New::View(member("OrderSummary", "order"))).starts_with("OrderSummary exists already"));
    assert!(rejected(New::Command(member("lose_order", "order"))).contains("PascalCase"));
    assert!(rejected(New::Event(member("BreadBaked", "bakery"))).contains("no context \"bakery\""));
    assert!(rejected(New::Context { name: "order".to_owned() }).contains("the context order exists"));
    assert!(rejected(New::Context { name: "GiftCard".to_owned() }).contains("kebab-case"));
    let missing = rejected(New::Command(member("SendEmail", "notification")));
    assert!(missing.contains("declares no commands to"), "{missing}");
}
