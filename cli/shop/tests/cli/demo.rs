//! The demo: its output with and without faults, its findings when an order does not end, and its data after a restart.

use std::{process::Command, time::Duration};

use aws_sdk_eventbridge::Client;
use causeway_cli::{
    output::Output,
    up::{Running, Up},
};
use causeway_shop_cli::{
    demo::{self, Show, Summary, Timeouts},
    start,
};
use domain::order::{OrderStatus, OrderSummary};
use serde_json::Value;

use crate::stage::{TEMPLATE, up, up_in};

/// How the demo went, and what it showed, in colours.
async fn played(running: &Running, timeouts: &Timeouts) -> (Summary, String) {
    let mut out = Vec::new();
    let mut show = Show::new(Output::new(false, &mut out).with_colours(true));
    let played = demo::play(running, timeouts, &mut show).await;
    let shown = String::from_utf8(out).expect("a text");
    match played {
        Ok(summary) => (summary, shown),
        Err(error) => panic!("{error:#}\n{shown}"),
    }
}

/// The same, for a demo that must end as expected.
async fn run_demo(running: &Running) -> (Summary, String) {
    let (summary, shown) = played(running, &Timeouts::of(running)).await;
    assert!(summary.is_as_expected(), "{}\n{shown}", summary.missing());
    (summary, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_stories_end_as_expected_and_what_happens_is_seen() {
    let running = start(&up(&["--memory"])).await.expect("the cloud starts");
    let (summary, shown) = run_demo(&running).await;
    assert_eq!(summary.scenarios.iter().map(|played| played.scenario).collect::<Vec<_>>(), [1, 2, 3, 6, 7]);
    for played in &summary.scenarios {
        assert_eq!((played.tally.given_up, played.dead_letters), (0, 0), "{shown}");
        // Fifty buyers of one lamp may conflict so often that an invocation is retried.
        assert!(played.tally.retries == 0 || played.scenario == 7, "{shown}");
        assert!(played.tally.events >= 13 && played.tally.invokes >= 13, "{played:?}");
    }
    for line in [
        "\u{1b}[1mScenario 3: the second line is out of stock\u{1b}[0m",
        "PlaceOrder → OrderPlaced",
        "ReleaseStock → StockReleased",
        "StockReservationFailed → FulfilmentCompensating",
        "placed 50 · reserved  1 · rejected 49 · confirmed  1 · cancelled 49 · mails 5",
        "0 available, 1 shipped, and never fewer than 0 available",
        "50 buyers have one mail each",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stories_end_as_expected_while_messages_are_lost_doubled_late_and_refused() {
    let fault = vec!["duplicate=0.2,delay=0.1,drop=0.1,throttle=0.02,error@dynamodb=0.02,partial=0.1".to_owned()];
    let faulty = Up { fault, seed: Some(3), speed: Some(30.0), ..up(&["--memory"]) };
    let running = start(&faulty).await.expect("the cloud starts");
    let (summary, shown) = run_demo(&running).await;
    assert!(summary.scenarios.iter().all(|played| played.tally.faults > 0), "{shown}");
    assert!(shown.contains("FAULT    duplicate: "), "{shown}");
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_cannot_end_says_where_its_order_stands_and_what_was_expected() {
    let running = start(&up(&["--memory"])).await.expect("the cloud starts");
    let client = Client::new(running.apps.sdk());
    let rules = client.list_rules().event_bus_name("causeway").send().await.expect("rules");
    let disabled = rules.rules().iter().filter_map(|rule| rule.name()).find(|name| name.contains("CompleteOrder"));
    let disabled = disabled.expect("a rule matches CompleteOrder");
    client.disable_rule().event_bus_name("causeway").name(disabled).send().await.expect("it is disabled");

    let brief = Duration::from_secs(2);
    let (summary, shown) = played(&running, &Timeouts { orders: brief, views: brief }).await;
    let first = &summary.scenarios[0];
    assert!(!summary.is_as_expected() && !first.as_expected, "{shown}");
    let missing = summary.missing();
    assert!(
        missing.starts_with("scenario 1 did not end as expected: timed out: waited 2 seconds; order demo-1-"),
        "{missing}"
    );
    assert!(missing.contains("is delivered, its fulfilment is running; expected: completed"), "{missing}");
    assert!(shown.contains("✗ NOT AS EXPECTED:"), "{shown}");
    assert!(summary.to_string().contains("NOT AS EXPECTED"), "{summary}");
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_with_the_same_folder_knows_what_the_first_one_did_and_plays_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = start(&up_in(folder.path())).await.expect("the cloud starts");
    let (summary, _) = run_demo(&first).await;
    let order = summary.scenarios[0].orders[0].clone();
    let twice = start(&up_in(folder.path())).await.err().expect("one folder has one cloud");
    assert!(format!("{twice:#}").contains("in use by another process"), "{twice:#}");
    let next = summary.next(&up_in(folder.path()));
    assert!(next.contains(&format!("causeway up --data {}", folder.path().display())), "{next}");
    assert!(next.contains(&format!("causeway trace order/{}", summary.scenarios[2].orders[0])), "{next}");
    first.cloud.stop().await;
    drop(first.apps);

    let second = start(&up_in(folder.path())).await.expect("the cloud starts again");
    let app = second.apps.app("order-on-order-confirmed").expect("the template has it");
    let row = app.row::<OrderSummary>(&order).await.expect("the views answer");
    assert_eq!(row.map(|row| row.status), Some(OrderStatus::Completed));
    let (again, _) = run_demo(&second).await;
    assert_ne!(again.scenarios[0].orders, summary.scenarios[0].orders);
    second.cloud.stop().await;
}

#[test]
fn the_program_plays_the_demo_for_machines_and_ends_well() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_causeway"));
    program.args(["up", "--demo", "--json", "--memory", "--port", "0", "--template"]).arg(TEMPLATE);
    let ended = program.output().expect("the program runs");
    let printed = String::from_utf8(ended.stdout).expect("a text");
    assert!(ended.status.success(), "{printed}\n{}", String::from_utf8_lossy(&ended.stderr));
    let lines: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?} is no JSON")))
        .collect();
    assert_eq!(lines[0]["kind"], "ready");
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((of("scenario"), of("summary")), (5, 1));
    assert!(
        lines.iter().any(|line| line["kind"] == "happened" && line["event"]["event"]["detail-type"] == "EmailSent")
    );
    assert!(lines.iter().filter(|line| line["kind"] == "read").all(|line| line["holds"] == true));
    let summary = lines.last().expect("a last line");
    assert_eq!((&summary["kind"], &summary["asExpected"]), (&Value::from("summary"), &Value::from(true)));
    assert_eq!(summary["scenarios"][4]["orders"].as_array().map(Vec::len), Some(50));
    assert_eq!(summary["scenarios"][0]["deadLetters"], 0);
}
