//! The same shop where every function is a process of its own.

use std::path::PathBuf;

use causeway_cli::up::Running;
use domain::order::{OrderDetails, OrderStatus};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{now, say, standing, two_mugs, walk};

/// Where `cargo xtask test --only binaries` puts a program for each function, beside the folder of this test.
fn folder() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("functions")
}

/// The shop with every function as a process; nothing where they are not built.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(super) async fn standing_as_processes() -> Option<Running> {
    let folder = folder().display().to_string();
    match standing(&["--binaries", &folder]).await {
        Ok(running) => Some(running),
        Err(error) if error.to_string().contains("cargo build -p functions") => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_see_the_clock_of_the_cloud_also_after_it_was_moved() {
    let Some(running) = standing_as_processes().await else { return };
    let mut feed = running.cloud.feed();
    // A day on, no process that reads its machine's clock says the right time.
    walk(&running, SignedDuration::from_hours(24)).await;
    let placed = now(&running);
    say(&running, "ReceiveStock", json!({ "sku": "mug", "quantity": 10 })).await;
    say(&running, "PlaceOrder", two_mugs("by-processes")).await;
    walk(&running, SignedDuration::from_hours(1)).await;
    let app = running.apps.app("order-on-order-confirmed").unwrap();
    let order = app.row::<OrderDetails>("by-processes").await.unwrap().unwrap();
    assert_eq!(order.status, OrderStatus::Shipped);
    assert_eq!(order.history.iter().map(|entry| entry.at).collect::<Vec<_>>(), [placed; 4]);
    let mut logged = 0;
    while let Ok(news) = feed.try_recv() {
        let news: Value = serde_json::from_str(&news).unwrap();
        assert!(news["kind"] != "invoke" || news["outcome"] == "done", "{news}");
        logged += usize::from(news["kind"] == "log");
    }
    assert!(logged > 0, "no function wrote a line");
    running.cloud.stop().await;
}

#[tokio::test]
async fn binaries_that_are_missing_are_named_all_at_once_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let Err(error) = standing(&["--binaries", &path]).await else { panic!("it has started without any binary") };
    let printed = error.to_string();
    assert!(printed.contains("build them with `cargo build -p functions`"), "{printed}");
    for binary in ["relay of Relay", "order-on-place-order of Order.OrderOnPlaceOrder"] {
        assert!(printed.contains(&format!("\n  {binary}")), "{binary} is not in {printed}");
    }
}

#[tokio::test]
async fn a_speed_that_is_none_is_refused_by_its_name() {
    for speed in ["0", "-1", "fast", "inf"] {
        let error = standing(&["--speed", speed]).await.err().unwrap().to_string();
        assert!(error.contains("--speed") && error.contains("must be a positive number"), "{error}");
    }
}
